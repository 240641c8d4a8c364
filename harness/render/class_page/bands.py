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
#: Rows: no more than twice as many as this, which a screen holds.
_BANDS = 20
#: Shades of a cell, from few passed to nearly all.
_SHADES = 5
_DASH = "\N{EN DASH}"


class Band(Record, frozen=True):
    """Learners whose scores are next to each other."""

    low: float
    high: float
    count: int
    #: How many of them passed each check, in the assignment's order.
    passed: list[int]


def bands(rows: Iterable[ClassRow], found: Figures) -> list[Band]:
    """Return bands of whole scores, the lowest first: equal scores are never in two bands.

    Scores are put together until they are one twentieth of the class; a score that many learners have stays alone.
    """
    ranges = list(_ranges(found.scores, found.graded / _BANDS))
    band_of = {score: number for number, scores in enumerate(ranges) for score in scores}
    passed = [[0] * len(found.checks) for _ in ranges]
    for row in graded(rows):
        own = passed[band_of[score_of(row)]]
        for place, verdict in enumerate(row.verdicts):
            own[place] += verdict is Verdict.PASSED
    return [
        Band(scores[0], scores[-1], sum(found.scores[score] for score in scores), own)
        for scores, own in zip(ranges, passed, strict=True)
    ]


def _ranges(scores: dict[float, int], enough: float) -> Iterator[list[float]]:
    taken: list[float] = []
    count = 0
    for score, here in scores.items():
        if taken and (count >= enough or here >= enough):
            yield taken
            taken, count = [], 0
        taken.append(score)
        count += here
    if taken:
        yield taken


def bands_map(drawn: list[Band], found: Figures, language: Language) -> Iterator[str]:
    """Yield the section: each cell is the share that passed, as a number and as a shade."""
    text = language.text
    yield f'<section><h2 id="bands">{escape(text("The whole class by checks"))}</h2>'
    yield "<p>"
    yield escape(
        text(
            "Each row stands for all learners with these points, the lowest first. The numbers are the percentage of "
            "them who passed a check, the easiest check first."
        )
    )
    label = escape(text("The whole class by checks"))
    yield f'</p><div class="wide" tabindex="0" role="region" aria-label="{label}"><table class="map">'
    yield (
        f'<thead><tr><th scope="col" class="who">{escape(text("points"))}</th>'
        f'<th scope="col" class="number">{escape(text("learners"))}</th>{check_heads(found, language)}'
        "</tr></thead><tbody>"
    )
    for band in drawn:
        ends = dict.fromkeys((points(band.low), points(band.high)))
        cells = "".join(_cell(band.passed[place], band.count) for place in found.easiest_first)
        yield (
            f'<tr><th scope="row" class="who">{_DASH.join(ends)}</th><td class="number">{band.count}</td>{cells}</tr>'
        )
    yield "</tbody></table></div></section>"


def _cell(passed: int, count: int) -> str:
    share = percent(passed, count)
    return f'<td class="t{min(_SHADES - 1, share * _SHADES // 100)}">{share}</td>'
