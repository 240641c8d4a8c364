"""The dashboard of a graded class: one HTML file for the instructor, in which nothing runs and nothing is fetched."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from harness.class_records import ClassHead, ClassRow, LeftOut
from harness.escape import plain
from harness.language import Language
from harness.render.class_page.bands import BEYOND, bands, bands_map
from harness.render.class_page.checks import checks
from harness.render.class_page.distribution import distribution
from harness.render.class_page.figures import Figures, figures, percent
from harness.render.class_page.heat_map import LISTED, heat_map
from harness.render.class_page.mistakes import mistakes
from harness.render.class_page.order import lowest
from harness.render.class_page.style import STYLE
from harness.render.class_page.ungraded import ungraded
from harness.render.numbers import points
from harness.render.page import footer, page
from harness.render.phrases import graded_against

__all__ = ["content", "dashboard"]


def dashboard(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    left_out: Sequence[LeftOut],
    language: Language,
    *,
    anonymous: bool,
) -> Iterator[str]:
    """Yield the page in pieces. It holds a bounded number of rows at a time, however large the class is.

    Args:
        head: Of the class.
        rows: Called up to five times; iterates over the same rows in the same order each time.
        left_out: What was assigned to nobody.
        language: Of the words; names, and what learners wrote, stay as they are.
        anonymous: Hide who is who: learners are numbers in an order that follows from their results alone. There are
            no links, as the path of a report may hold the learner's name, and whom no score was given is only counted.
    """
    found = figures(head, rows())
    title = f"{plain(head.title)}: {language.text('class')}"
    yield from page(title, language, STYLE, _body(head, rows, found, left_out, language, anonymous=anonymous))


def _body(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    found: Figures,
    left_out: Sequence[LeftOut],
    language: Language,
    *,
    anonymous: bool,
) -> Iterator[str]:
    about = graded_against(head.assignment, head.seed, language)
    yield f"<header><h1>{escape(plain(head.title))}</h1><p>{escape(about)}</p></header>"
    yield from _contents(found, left_out, language)
    yield "<main>"
    yield from _sections(head, rows, found, left_out, language, anonymous=anonymous)
    yield "</main>"
    yield footer(head.versions, head.isolation, "", language)


def content(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    left_out: Sequence[LeftOut],
    language: Language,
) -> Iterator[str]:
    """Yield what the dashboard says, as lines of HTML for a page that has a title already: see :func:`dashboard`."""
    found = figures(head, rows())
    yield from _contents(found, left_out, language)
    yield from _sections(head, rows, found, left_out, language, anonymous=False)


def _sections(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    found: Figures,
    left_out: Sequence[LeftOut],
    language: Language,
    *,
    anonymous: bool,
) -> Iterator[str]:
    text = language.text
    yield from _headline(found, head.max_score, language)
    if not found.graded:
        yield f"<p>{escape(text('Nothing was graded.'))}</p>"
    else:
        yield from distribution(found, head.max_score, language)
        yield from mistakes(found, language, anonymous=anonymous)
        yield from checks(found, language)
    yield from ungraded(rows, found, left_out, language, anonymous=anonymous)
    if found.graded > BEYOND:
        yield from bands_map(bands(rows(), found), found, language)
    if found.graded:
        listed = lowest(rows(), LISTED, anonymous=anonymous)
        yield from heat_map(listed, found, language, anonymous=anonymous)


def _contents(found: Figures, left_out: Sequence[LeftOut], language: Language) -> Iterator[str]:
    """Yield links to the sections that there are."""
    text = language.text
    sections = (
        (found.graded, "scores", text("Scores")),
        (found.mistakes, "mistakes", text("Commonest mistakes")),
        (found.graded, "checks", text("Checks, the hardest first")),
        (found.faults, "faults", text("No score")),
        (found.not_gradable, "ungraded", text("Could not be graded")),
        (left_out, "left-out", text("Left out")),
        (found.graded > BEYOND, "bands", text("The whole class by checks")),
        (found.graded, "learners", text("Learners and checks")),
    )
    links = "".join(f'<li><a href="#{place}">{escape(name)}</a></li>' for there, place, name in sections if there)
    if links:
        yield f'<nav aria-label="{escape(text("Sections"))}"><ul>{links}</ul></nav>'


def _headline(found: Figures, most: float, language: Language) -> Iterator[str]:
    text = language.text
    out_of = text("of {most}", most=points(most))
    yield '<dl class="figures">'
    yield _figure(text("graded"), str(found.graded), text("of {most}", most=found.learners))
    if found.not_gradable:
        yield _figure(text("could not be graded"), str(sum(found.not_gradable.values())), alarm=True)
    if found.faults:
        yield _figure(text("no score"), str(found.faults), alarm=True)
    if found.median is not None and found.mean is not None:
        yield _figure(text("median"), points(round(found.median, 1)), out_of)
        yield _figure(text("mean"), points(round(found.mean, 1)), out_of)
        yield _figure(text("full marks"), str(found.full), f"{percent(found.full, found.graded)}%")
    yield "</dl>"


def _figure(name: str, value: str, more: str = "", *, alarm: bool = False) -> str:
    kind = ' class="alarm"' if alarm else ""
    small = f" <small>{escape(more)}</small>" if more else ""
    return f"<div{kind}><dt>{escape(name)}</dt><dd>{escape(value)}{small}</dd></div>"
