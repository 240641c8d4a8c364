"""Pure functions from a report to text, one module per format."""

from importlib import import_module
from typing import TYPE_CHECKING

from harness.language import ENGLISH, Language
from harness.records import Report

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMATS", "ONE_REPORT", "render"]

#: Format names, as every front takes them, and what writes each; imported when it is asked for.
FORMATS = {
    "text": "harness.render.text:render_text",
    "json": "harness.render.json:render_json",
    "html": "harness.render.html:render_html",
    "markdown": "harness.render.markdown:render_markdown",
    "svg": "harness.render.svg:render_svg",
    "github": "harness.render.annotations:render_annotations",
}
#: Formats whose files hold one report.
ONE_REPORT = frozenset({"html", "svg"})


def render(report: Report, format_name: str, language: Language = ENGLISH) -> str:
    """Return ``report`` in one of ``FORMATS``."""
    module, _, function = FORMATS[format_name].partition(":")
    written: Callable[[Report, Language], str] = getattr(import_module(module), function)
    return written(report, language)
