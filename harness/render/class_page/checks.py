"""The checks of a class, the hardest first: how many passed, and how well each tells learners apart."""

from collections.abc import Iterator
from html import escape

from harness.class_records import ClassCheck
from harness.language import Language, marked
from harness.render.class_page.discrimination import chance_bound
from harness.render.class_page.figures import CheckFigures, Figures, percent
from harness.render.visible import HIDDEN

__all__ = ["checks", "correlation", "title"]

#: Below this a check is called weak: Ebel, "Essentials of educational measurement" (1972), has items below .20 revised.
_WEAK = 0.2
# Pixels.
_BAR, _TALL = 160, 14


def title(check: ClassCheck, language: Language) -> str:
    """Return what a check wants, in the reader's language where the assignment has it."""
    return check.titles.get(language.code, check.title)


def correlation(value: float) -> str:
    """Return a correlation with its sign and two decimals; one that rounds to nothing has no sign."""
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.005 else "0.00"


def checks(found: Figures, language: Language) -> Iterator[str]:
    """Yield the section."""
    text = language.text
    yield f'<section><h2 id="checks">{escape(text("Checks, the hardest first"))}</h2>'
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(text("Checks, the hardest first"))}">'
    heads = (
        (marked("check"), ""),
        (marked("passed"), ' colspan="2"'),
        (marked("failed"), ' class="number"'),
        (marked("waiting"), ' class="number"'),
        (marked("discrimination"), ' class="number"'),
    )
    cells = "".join(f'<th scope="col"{kind}>{escape(text(words))}</th>' for words, kind in heads)
    yield f"<table><thead><tr>{cells}</tr></thead><tbody>"
    # From behind: of checks that are as hard, the first of the assignment comes first.
    for place in sorted(range(len(found.checks)), key=lambda place: found.checks[place].passed):
        yield _row(found.checks[place], language)
    yield "</tbody></table></div>"
    yield f"<p>{escape(' '.join(_explained(found, language)))}</p></section>"


def _explained(found: Figures, language: Language) -> Iterator[str]:
    text = language.text
    if any(one.blocked for one in found.checks):
        yield text("A check that waits for another counts as not passed.")
    yield text(
        "Discrimination is the correlation of passing a check with the points of all other checks (point-biserial): "
        "near zero or negative, learners who did well elsewhere did no better here, so read the check and some reports."
    )
    if found.graded > 2:
        bound = f"{chance_bound(found.graded):.2f}"
        yield text(
            "With {count} learners, anything between \N{MINUS SIGN}{bound} and +{bound} can be chance.",
            count=found.graded,
            bound=bound,
        )


def _row(one: CheckFigures, language: Language) -> str:
    text, check = language.text, one.check
    hidden = f" <strong>{escape(text('hidden'))}</strong>" if check.visibility == HIDDEN else ""
    return (
        f'<tr><th scope="row"><code>{escape(check.id)}</code>{hidden}'
        f'<span class="about">{escape(title(check, language))}</span></th>'
        f'<td class="number">{percent(one.passed, one.count)}%</td><td>{_bar(one)}</td>'
        f'<td class="number">{one.failed}</td><td class="number">{one.blocked}</td>'
        f'<td class="number">{_discrimination(one, language)}</td></tr>'
    )


def _bar(one: CheckFigures) -> str:
    """Return passed, failed and waiting as a bar, from the left; the numbers beside it say the same."""
    passed, failed = (round(_BAR * part / one.count, 1) for part in (one.passed, one.failed))
    return (
        f'<svg class="share" aria-hidden="true" width="{_BAR}" height="{_TALL}" viewBox="0 0 {_BAR} {_TALL}">'
        f'<rect class="all" width="{_BAR}" height="{_TALL}"/><rect class="passed" width="{passed:g}" height="{_TALL}"/>'
        f'<rect class="failed" x="{passed:g}" width="{failed:g}" height="{_TALL}"/></svg>'
    )


def _discrimination(one: CheckFigures, language: Language) -> str:
    value, text = one.discrimination, language.text
    if value is None:
        return f'\N{EM DASH} <span class="about">{escape(text(one.why_none))}</span>'
    weak = ""
    if value < 0:
        weak = f' <strong class="about">{escape(text("negative"))}</strong>'
    elif value < _WEAK:
        weak = f' <span class="about">{escape(text("weak"))}</span>'
    return f"{correlation(value)}{weak}"
