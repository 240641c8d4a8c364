"""The marks of a class as CSV: plain, or for the gradebook of Canvas, Moodle or Blackboard.

New files are written from rows; the files that they export are given back with one column filled in
(:mod:`harness.render.exported`). A learner without a score was not graded: the cell is empty, never 0.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.records import Record
from harness.render.numbers import points

__all__ = [
    "NEW_GRADEBOOKS",
    "Mark",
    "blackboard_csv",
    "canvas_csv",
    "csv_text",
    "moodle_csv",
    "plain_csv",
    "plain_lines",
    "safe_cell",
    "score_cell",
]

#: A spreadsheet takes a cell that begins with one of these for a formula
#: (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


_LATE = {True: "yes", False: "no", None: ""}


class Mark(Record, frozen=True, kw_only=True):
    """What one learner reached."""

    #: As the platform knows the learner: the login name.
    learner: str
    name: str = ""
    email: str = ""
    #: The platform's own number of the learner: Canvas's user, Moodle's participant. Empty where it is not known.
    number: str = ""
    #: None when nothing was graded.
    score: float | None
    max_score: float
    #: None where nothing says it.
    late: bool | None = None
    note: str = ""

    @property
    def login(self) -> str:
        """What ``learner`` is on the platform; empty where nothing but the platform's number is known."""
        return "" if self.learner == self.number else self.learner

    @property
    def called(self) -> str:
        """Who it is, for a reader."""
        return self.learner if self.name in {"", self.learner} else f"{self.name} ({self.learner})"


def safe_cell(text: str) -> str:
    """Return ``text`` with an apostrophe before it where a spreadsheet would calculate it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def score_cell(mark: Mark) -> str:
    """Return the score with a decimal point, or nothing for a learner who was not graded."""
    return "" if mark.score is None else points(mark.score)


def csv_text(
    rows: Iterable[Sequence[str]], *, delimiter: str = ",", line_end: str = "\r\n", quote_all: bool = False
) -> str:
    """Return ``rows`` as CSV (RFC 4180), each cell as it is."""
    buffer = io.StringIO()
    csv.writer(
        buffer,
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    ).writerows(rows)
    return buffer.getvalue()


def _safe(rows: Iterable[Sequence[str]], *, quote_all: bool = False) -> str:
    return csv_text(([safe_cell(cell) for cell in row] for row in rows), quote_all=quote_all)


def plain_csv(marks: Iterable[Mark]) -> str:
    """Return everything that is known, a line for each learner."""
    return "".join(plain_lines(marks))


def plain_lines(marks: Iterable[Mark]) -> Iterator[str]:
    """Yield the lines of :func:`plain_csv`, each with its end, so that a class may be of any size."""
    yield _safe([["learner", "name", "email", "score", "max_score", "late", "note"]])
    for one in marks:
        cells = [one.learner, one.name, one.email, score_cell(one), points(one.max_score), _LATE[one.late], one.note]
        yield _safe([cells])


def canvas_csv(marks: Sequence[Mark], assignment: str) -> str:
    """Return a gradebook for Canvas, in which ``assignment`` is a new assignment.

    Canvas knows a learner by its own number or the login, here ``learner``. To fill in an assignment that is there,
    export the gradebook.
    """
    most = points(max((one.max_score for one in marks), default=0.0))
    rows = [[one.name, one.number, "", one.login, "", score_cell(one)] for one in marks]
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    return _safe([head, ["    Points Possible", "", "", "", "", most], *rows])


def moodle_csv(marks: Sequence[Mark], assignment: str) -> str:
    """Return a file for Moodle's grade import, where the teacher says which column is which."""
    rows = [[one.login, one.name, one.email, score_cell(one), one.note] for one in marks]
    return _safe([["Username", "Full name", "Email address", assignment, f"{assignment} feedback"], *rows])


def blackboard_csv(marks: Sequence[Mark], assignment: str) -> str:
    """Return a file for Blackboard's Grade Center, in which ``assignment`` is a new column; every cell is quoted."""
    most = points(max((one.max_score for one in marks), default=0.0))
    head = ["Last Name", "First Name", "Username", f"{assignment} [Total Pts: {most} Score]"]
    rows = [[*_last_and_first(one.name), one.learner, score_cell(one)] for one in marks]
    return _safe([head, *rows], quote_all=True)


def _last_and_first(name: str) -> tuple[str, str]:
    """Return ``Last, First`` in two parts; another name stays whole, as nothing tells which part of it is which."""
    last, _, first = name.partition(",")
    return last.strip(), first.strip()


#: What writes a new file for a platform, of the marks and the assignment's name there.
NEW_GRADEBOOKS: Mapping[str, Callable[[Sequence[Mark], str], str]] = {
    "canvas": canvas_csv,
    "moodle": moodle_csv,
    "blackboard": blackboard_csv,
}
