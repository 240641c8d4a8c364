"""The heat map: learners by checks, the lowest score first, each learner with a link to the report."""

from collections.abc import Iterator, Sequence
from html import escape

from harness.class_records import ClassRow
from harness.language import Language, marked
from harness.records import Verdict
from harness.render.class_page.checks import title
from harness.render.class_page.figures import Figures, score_of
from harness.render.class_page.order import code, learner
from harness.render.numbers import points
from harness.render.phrases import verdict_word

__all__ = ["LISTED", "check_heads", "heat_map"]

#: Learners in the table: more make a page that is slow to open and that nobody reads to its end.
LISTED = 1000
#: Classes of cells; each has a sign of its own, drawn by the style sheet, beside its colour.
_CELLS = {Verdict.PASSED: "p", Verdict.BLOCKED: "b", Verdict.WRONG: "f", Verdict.CONTRACT: "f", Verdict.RAISED: "f"}
_STOPPED = "s"
#: What the legend says of each class of cells.
_LEGEND = {
    "p": marked("passed"),
    "f": marked("failed"),
    "b": marked("waits for another check"),
    "s": marked("took too long, too much memory, or crashed"),
}


def check_heads(found: Figures, language: Language) -> str:
    """Return the heads of the columns of checks, the easiest first, written upwards."""
    return "".join(
        f'<th scope="col" class="check" title="{escape(title(one.check, language))}">'
        f"<span>{escape(one.check.id)}</span></th>"
        for one in (found.checks[place] for place in found.easiest_first)
    )


def heat_map(rows: Sequence[ClassRow], found: Figures, language: Language, *, anonymous: bool) -> Iterator[str]:
    """Yield the section.

    Args:
        rows: Those of :func:`harness.render.class_page.order.lowest`; no more than ``LISTED``.
        found: Of the whole class.
        language: Of the words.
        anonymous: A learner is a number, and nothing is linked: a path may hold the learner's name.
    """
    text = language.text
    yield f'<section><h2 id="learners">{escape(text("Learners and checks"))}</h2>'
    yield f"<p>{escape(text('Rows: the lowest score first. Columns: the easiest check first.'))}"
    if found.graded > len(rows):
        more = text(
            "These are the {count} of {all} learners with the lowest scores; grades.csv has all of them.",
            count=len(rows),
            all=found.graded,
        )
        yield escape(f" {more}")
    yield "</p>"
    signs = "".join(
        f'<li><span class="cell {kind}" aria-hidden="true"></span> {escape(text(words))}</li>'
        for kind, words in _LEGEND.items()
    )
    yield f'<ul class="legend">{signs}</ul>'
    label = escape(text("Learners and checks"))
    yield f'<div class="wide tall" tabindex="0" role="region" aria-label="{label}"><table class="map">'
    yield (
        f'<thead><tr><th scope="col" class="who">{escape(text("learner"))}</th>'
        f'<th scope="col" class="number">{escape(text("points"))}</th>'
        f'{check_heads(found, language)}<th scope="col" class="why">{escape(text("mistakes"))}</th></tr></thead><tbody>'
    )
    order = found.easiest_first
    words = {verdict: escape(verdict_word(verdict, language)) for verdict in Verdict}
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<td class="{_CELLS.get(row.verdicts[place], _STOPPED)}">{words[row.verdicts[place]]}</td>'
            for place in order
        )
        yield (
            f'<tr><th scope="row" class="who">{learner(row, language, number if anonymous else None)}</th>'
            f'<td class="number">{points(score_of(row))}</td>{cells}<td class="why">{_codes(row)}</td></tr>'
        )
    yield "</tbody></table></div></section>"


def _codes(row: ClassRow) -> str:
    """Return the first mistake, which is the one to begin with, and how many more there are."""
    codes = list(dict.fromkeys(row.codes))
    if not codes:
        return ""
    more = f" +{len(codes) - 1}" if len(codes) > 1 else ""
    return f"{code(codes[0])}{more}"
