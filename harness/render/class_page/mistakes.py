"""The commonest mistakes of a class by their names, each with a report that shows it."""

from collections.abc import Iterator
from html import escape

from harness.escape import plain
from harness.language import Language
from harness.render.class_page.figures import Figures, percent
from harness.render.class_page.order import code, linked, shown

__all__ = ["mistakes", "told"]

#: Rows: what a class needs to hear is among the first; a list of all is no help.
_SHOWN = 15


class _Blanks(dict[str, object]):
    """Stands for the values of a message, which differ from report to report: {layer} is LAYER."""

    def __missing__(self, name: str) -> str:
        return name.upper()


def told(code: str, language: Language) -> str:
    """Return in one line what a mistake is, whoever makes it; empty for one that only a later version knows."""
    entry = language.entry(code)
    return entry.title or entry.message_for(_Blanks()) if entry is not None else ""


def mistakes(found: Figures, language: Language, *, anonymous: bool) -> Iterator[str]:
    """Yield the section; nothing where nobody made a mistake that has a name.

    An example is a link to a report, whose path and page may name the learner: an anonymous page has none.
    """
    if not found.mistakes:
        return
    text = language.text
    yield f'<section><h2 id="mistakes">{escape(text("Commonest mistakes"))}</h2>'
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(text("Commonest mistakes"))}">'
    example = "" if anonymous else f'<th scope="col">{escape(text("example"))}</th>'
    yield (
        f'<table><thead><tr><th scope="col">{escape(text("mistake"))}</th>'
        f'<th scope="col" class="number">{escape(text("learners"))}</th><th scope="col" class="number">%</th>'
        f"{example}</tr></thead><tbody>"
    )
    for one in found.mistakes[:_SHOWN]:
        name = shown(one.example.name or one.example.learner)
        last = "" if anonymous else f"<td>{linked(one.example, name)}</td>"
        words = told(one.code, language)
        head = f'{escape(words)}<span class="about">{code(one.code)}</span>' if words else code(one.code)
        yield (
            f'<tr><th scope="row">{head}</th>'
            f'<td class="number">{one.count}</td><td class="number">{percent(one.count, found.graded)}</td>{last}</tr>'
        )
    yield "</tbody></table></div>"
    if more := found.mistakes[_SHOWN:]:
        rest = ", ".join(f"{plain(one.code)} ({one.count})" for one in more)
        yield f"<p>{escape(text('Rarer mistakes: {codes}', codes=rest))}</p>"
    yield "</section>"
