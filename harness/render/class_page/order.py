"""In which order learners stand, what each is called on the page, and how a report is linked."""

import heapq
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from harness.class_records import ClassRow
from harness.escape import plain
from harness.language import Language
from harness.records import Outcome
from harness.render.class_page.figures import score_of

__all__ = ["code", "graded", "learner", "linked", "lowest", "shown"]

#: Characters: as many as the intake keeps of a name.
_LIMIT = 255


def graded(rows: Iterable[ClassRow]) -> Iterator[ClassRow]:
    """Yield the rows that have verdicts."""
    return (row for row in rows if row.outcome is Outcome.GRADED)


def lowest(rows: Iterable[ClassRow], limit: int, *, anonymous: bool) -> list[ClassRow]:
    """Return at most ``limit`` of the learners who were graded, the lowest score first.

    Equal scores stay in the order of ``rows``. That may be the order of names: in an anonymous list only what the list
    itself shows decides, then the hash of the submission.
    """
    return heapq.nsmallest(limit, graded(rows), key=_blind if anonymous else score_of)


def _blind(row: ClassRow) -> tuple[float, list[str], list[str], str]:
    return score_of(row), [verdict.value for verdict in row.verdicts], row.codes, row.sha256


def shown(text: str) -> str:
    """Return text from outside as HTML that stays by itself: no markup, and its direction of writing is its own."""
    return f"<bdi>{escape(plain(text, _LIMIT))}</bdi>"


def code(name: str) -> str:
    """Return the name of a mistake or of a reason as HTML."""
    return f"<code>{escape(plain(name, _LIMIT))}</code>"


def learner(row: ClassRow, language: Language, number: int | None = None) -> str:
    """Return a learner as HTML, linked to the report: name, key, section and lateness; with ``number``, that only."""
    if number is not None:
        return escape(language.text("Learner {number}", number=number))
    about = [shown(one) for one in (row.learner if row.name else "", row.section) if one and one != row.name]
    if row.late:
        about.append(f"<strong>{escape(language.text('late'))}</strong>")
    name = linked(row, shown(row.name or row.learner))
    return name + (f' <span class="about">{" · ".join(about)}</span>' if about else "")


def linked(row: ClassRow, inner: str) -> str:
    """Return HTML with a link to the learner's report around it; without one where there is no page."""
    # A path of its own folder, whatever it begins with: neither a scheme nor a host.
    return f'<a href="./{quote(row.page.lstrip("/"))}">{inner}</a>' if row.page else inner
