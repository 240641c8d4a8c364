"""The distribution of scores: a bar for each tenth of the points, and one for full marks."""

from collections.abc import Iterator
from html import escape

from harness.language import Language
from harness.records import Record
from harness.render.class_page.figures import Figures, percent
from harness.render.numbers import points

__all__ = ["Bin", "bins", "distribution"]

_BINS = 10
# Pixels.
_WIDTH, _GAP, _HEIGHT = 52, 4, 160
_LEFT, _TOP, _BOTTOM = 8, 24, 28


class Bin(Record, frozen=True):
    """Scores from ``low`` to below ``high``; full marks where both are the same."""

    low: float
    high: float
    count: int

    def words(self, language: Language) -> str:
        """Return which scores it holds."""
        if self.low == self.high:
            return language.text("full marks, {points}", points=points(self.low))
        return language.text("{low} to below {high}", low=points(self.low), high=points(self.high))


def bins(scores: dict[float, int], most: float) -> list[Bin]:
    """Return ten equally wide bins and one for full marks.

    Args:
        scores: How many learners reached each score.
        most: The most that can be reached, more than 0. What is above counts as full marks, what is below 0 as 0.
    """
    counts = [0] * (_BINS + 1)
    for score, count in scores.items():
        counts[max(0, min(_BINS, int(score * _BINS / most)))] += count
    edges = [most * number / _BINS for number in range(_BINS + 1)]
    return [Bin(low, high, count) for low, high, count in zip(edges, [*edges[1:], most], counts, strict=True)]


def distribution(found: Figures, most: float, language: Language) -> Iterator[str]:
    """Yield the section: a drawing, and the same as a table."""
    text = language.text
    yield f'<section><h2 id="scores">{escape(text("Scores"))}</h2>'
    if most <= 0:
        yield f"<p>{escape(text('The assignment has no points.'))}</p></section>"
        return
    drawn = bins(found.scores, most)
    label = escape(text("Distribution of scores"))
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
    yield from _drawing(drawn, label, language)
    yield "</div>"
    yield f"<details><summary>{escape(text('The same as a table'))}</summary><table>"
    yield (
        f'<thead><tr><th scope="col">{escape(text("points"))}</th>'
        f'<th scope="col" class="number">{escape(text("learners"))}</th>'
        f'<th scope="col" class="number">%</th></tr></thead><tbody>'
    )
    for one in drawn:
        yield (
            f'<tr><th scope="row">{escape(one.words(language))}</th><td class="number">{one.count}</td>'
            f'<td class="number">{percent(one.count, found.graded)}</td></tr>'
        )
    yield "</tbody></table></details></section>"


def _drawing(drawn: list[Bin], label: str, language: Language) -> Iterator[str]:
    # The bar of full marks stands apart: it is no range.
    width, height = _LEFT * 2 + _WIDTH * len(drawn) + _WIDTH // 2, _TOP + _HEIGHT + _BOTTOM
    most = max((one.count for one in drawn), default=0) or 1
    base = _TOP + _HEIGHT
    told = " ".join(f"{one.words(language)}: {one.count}." for one in drawn)
    yield (
        f'<svg class="histogram" role="img" aria-labelledby="histogram-title histogram-text" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">'
    )
    yield f'<title id="histogram-title">{label}</title><desc id="histogram-text">{escape(told)}</desc>'
    for place, one in enumerate(drawn):
        full = one.low == one.high
        left = _LEFT + place * _WIDTH + (_WIDTH // 2 if full else 0)
        tall = round(_HEIGHT * one.count / most, 1)
        middle = left + _WIDTH // 2
        yield f"<g><title>{escape(one.words(language))}: {one.count}</title>"
        yield (
            f'<rect class="bar{" full" * full}" x="{left + _GAP / 2:g}" y="{base - tall:g}" '
            f'width="{_WIDTH - _GAP}" height="{tall:g}"/>'
        )
        if one.count:
            yield f'<text class="count" x="{middle}" y="{base - tall - 6:g}">{one.count}</text>'
        yield "</g>"
        # An edge is written below the line between two bars; the bar of full marks has its points below it.
        yield f'<text class="edge" x="{middle if full else left}" y="{base + 18}">{points(one.low)}</text>'
    end = _LEFT + _BINS * _WIDTH
    yield f'<text class="edge" x="{end}" y="{base + 18}">{points(drawn[-1].low)}</text>'
    yield f'<path class="axis" d="M {_LEFT} {base} H {end} M {end + _WIDTH // 2} {base} h {_WIDTH}"/></svg>'
