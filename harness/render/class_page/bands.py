"""The heat map of a class that is too large for a row per learner: bands of learners with neighbouring scores."""

from collections.abc import Iterable, Iterator
from html import escape

from harness.class_records import ClassRow
from harness.language import Language
from harness.records import Record, Verdict
from harness.render.class_page.figures import Figures, percent, score_of
from harness.render.class_page.heat_map import check_heads
from harness.render.class_page.order import graded
from harness.render.numbers import points

__all__ = ["BEYOND", "Band", "bands", "bands_map"]

#: Learners up to which each has a row of the heat map only.
BEYOND = 500
#: As many rows as a screen holds.
_BANDS = 40
#: Shades of a cell, from few passed to nearly all.
_SHADES = 5
_DASH = "\N{EN DASH}"


class Band(Record, frozen=True):
    """Learners whose scores are next to each other."""

    count: int
    low: float
    high: float
    #: How many of them passed each check, in the assignment's order.
    passed: list[int]


def bands(rows: Iterable[ClassRow], found: Figures) -> list[Band]:
    """Return bands of equal size, give or take one learner, the lowest scores first.

    A learner's place in the order follows from the counts of the scores: nothing has to be sorted, so that memory does
    not grow with the class. Equal scores stay in the order of ``rows``.
    """
    counts = [0] * _BANDS
    passed = [[0] * len(found.checks) for _ in range(_BANDS)]
    scores: list[list[float]] = [[] for _ in range(_BANDS)]
    following, place = {}, 0
    for score, count in found.scores.items():
        following[score] = place
        place += count
    for row in graded(rows):
        score = score_of(row)
        number = following[score] * _BANDS // found.graded
        following[score] += 1
        counts[number] += 1
        ends = scores[number]
        scores[number] = [min(ends[0], score), max(ends[1], score)] if ends else [score, score]
        for check, verdict in enumerate(row.verdicts):
            passed[number][check] += verdict is Verdict.PASSED
    return [Band(counts[n], *scores[n], passed[n]) for n in range(_BANDS) if counts[n]]


def bands_map(drawn: list[Band], found: Figures, language: Language) -> Iterator[str]:
    """Yield the section: each cell is the share that passed, as a number and as a shade."""
    text = language.text
    sizes = sorted({band.count for band in drawn})
    size = _DASH.join(map(str, sizes))
    yield f'<section aria-labelledby="bands"><h2 id="bands">{escape(text("The whole class by checks"))}</h2>'
    yield "<p>"
    yield escape(
        text(
            "Each row stands for {count} learners with neighbouring scores, the lowest first. The numbers are the "
            "percentage of them who passed a check; the check that most passed comes first.",
            count=size,
        )
    )
    label = escape(text("The whole class by checks"))
    yield f'</p><div class="wide" tabindex="0" role="region" aria-label="{label}"><table class="map">'
    yield (
        f'<thead><tr><th scope="col" class="who">{escape(text("points"))}</th>'
        f'<th scope="col" class="number">{escape(text("learners"))}</th>{check_heads(found, language)}</tr></thead><tbody>'
    )
    for band in drawn:
        ends = dict.fromkeys((points(band.low), points(band.high)))
        cells = "".join(_cell(band.passed[place], band.count) for place in found.easiest_first)
        yield (
            f'<tr><th scope="row" class="who">{_DASH.join(ends)}</th>'
            f'<td class="number">{band.count}</td>{cells}</tr>'
        )
    yield "</tbody></table></div></section>"


def _cell(passed: int, count: int) -> str:
    share = percent(passed, count)
    return f'<td class="t{min(_SHADES - 1, share * _SHADES // 100)}">{share}</td>'
