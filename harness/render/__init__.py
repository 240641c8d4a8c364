"""Pure functions from a report to text, one module per format."""

from collections.abc import Callable

from harness.records import Report
from harness.render.json import render_json
from harness.render.text import render_text

__all__ = ["FORMATS"]

#: Format names, as every front takes them.
FORMATS: dict[str, Callable[[Report], str]] = {"text": render_text, "json": render_json}
