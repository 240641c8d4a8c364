"""Pure functions from a report to text, one module per format; other distributions can add formats of their own."""

from importlib import import_module
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.language import ENGLISH, Language
from harness.records import Report
from harness.sentence import Sentence, listed, marked

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    Writer = Callable[[Report, Language], str]

__all__ = ["FORMATS", "GROUP", "PLACED", "SEVERAL", "added_formats", "format_names", "is_format", "render"]

#: Format names, as every front takes them, and what writes each; imported when it is asked for.
FORMATS = {
    "text": "harness.render.text:render_text",
    "json": "harness.render.json:render_json",
    "html": "harness.render.html:render_html",
    "markdown": "harness.render.markdown:render_markdown",
    "svg": "harness.render.svg:render_svg",
    "github": "harness.render.annotations:render_annotations",
    "junit": "harness.render.junit:render_junit",
    "ctrf": "harness.render.ctrf:render_ctrf",
    "gradescope": "harness.render.gradescope:render_gradescope",
    "classroom50": "harness.render.classroom50:render_classroom50",
    "exercism": "harness.render.exercism:render_exercism",
    "prairielearn": "harness.render.prairielearn:render_prairielearn",
    "codequality": "harness.render.codequality:render_codequality",
}
#: Formats whose files can hold several reports.
SEVERAL = frozenset({"text", "json", "markdown", "github"})
#: Formats that point at lines of a repository: the file goes there by its path, not by its name alone.
PLACED = frozenset({"github", "codequality"})
#: Entry points of this group are formats of other distributions: a name, and a function like those in ``FORMATS``.
GROUP = "dout.formats"


def added_formats() -> "dict[str, list[EntryPoint]]":
    """Return what other distributions add, by name; a name of ``FORMATS`` is not theirs to take."""
    # Reading it opens a file of every installed distribution: only for a name that is not in FORMATS.
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if point.name not in FORMATS:
            found.setdefault(point.name, []).append(point)
    return found


def is_format(name: str) -> bool:
    """Tell whether there is a format of this name."""
    return name in FORMATS or name in added_formats()


def format_names() -> list[str]:
    """Return the names of all formats, those of other distributions at the end."""
    return [*FORMATS, *sorted(added_formats())]


def render(report: Report, format_name: str, language: Language = ENGLISH) -> str:
    """Return ``report`` in one of ``format_names()``.

    Raises:
        UsageError: The format is another distribution's and does not work, or it needs what is not there.
    """
    if format_name not in FORMATS:
        return _added(report, format_name, language)
    module, _, function = FORMATS[format_name].partition(":")
    writer: Writer = getattr(import_module(module), function)
    return writer(report, language)


def _added(report: Report, name: str, language: Language) -> str:
    points = added_formats()[name]
    owners = listed([point.dist.name if point.dist else point.value for point in points], marked("{first} and {rest}"))
    if len(points) > 1:
        raise UsageError(
            Sentence("the format {format} is in more than one package: {packages}", format=name, packages=owners),
            Sentence("uninstall all but one of them"),
        )
    try:
        text = points[0].load()(report, language)
        if not isinstance(text, str):
            raise TypeError(f"{points[0].value} returned {type(text).__name__}, not str")
    except Exception as error:  # noqa: BLE001 - it is other people's code
        raise UsageError(
            Sentence(
                "the format {format} of the package {package} does not work: {error}",
                format=name,
                package=owners,
                error=f"{type(error).__name__}: {error}",
            ),
            Sentence("update or uninstall that package"),
        ) from None
    return text
