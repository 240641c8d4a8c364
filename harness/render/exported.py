"""Fills marks into the gradebook that Canvas, Moodle or Blackboard exported, and keeps all else that is in it."""

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from harness.errors import UsageError
from harness.records import Record
from harness.render.gradebook import Mark, csv_text, score_cell
from harness.render.numbers import points
from harness.sentence import Sentence, listed, marked

__all__ = ["FILLED", "Filled", "exported_text", "filled_blackboard", "filled_canvas", "filled_moodle"]

_BOM = "\ufeff"
_DELIMITERS = ",;\t"
#: How Canvas and an English Blackboard name the columns by which a learner is found.
_CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID")
_BLACKBOARD_KEYS = ("Username", "Student ID")
#: In which column the platform's own number of a learner is.
_CANVAS_NUMBER = "ID"
#: How an English and a Korean Moodle name the columns of a worksheet (mod/assign/gradingtable.php, and the language
#: packs of 2026): what is reached, what can be, the platform's own number of a learner, and by what else one is found.
_MOODLE_GRADE = ("Grade", "성적")
_MOODLE_MAXIMUM = ("Maximum grade", "최대 성적")
_MOODLE_NUMBER = ("Identifier", "식별자")
_MOODLE_KEYS = (
    *("Username", "Email address", "ID number"),
    *("사용자 아이디", "이메일 주소", "id 번호"),
    *_MOODLE_NUMBER,
)
#: What Moodle writes before that number, in the language of the site: "Participant 71", "참가자 71".
_BEFORE_NUMBER = re.compile(r"^\D+(?=\d)")
#: What Canvas writes behind an assignment's name.
_CANVAS_ID = re.compile(r" \(\d+\)$")
#: The same of Blackboard: ``[Total Pts: 100 Score] |92376``. "up to" stands in a column that it calculates itself.
_BLACKBOARD_ID = re.compile(r" \[Total Pts: (?P<calculated>up to )?(?P<points>[\d.,]+)[^\]]*\](?: \|\d+)?$")


class Filled(Record, frozen=True):
    """An exported file with marks in it."""

    text: str
    #: Learners with a mark for whom the file has no row: nothing of theirs was written.
    missing: list[str]


class _Table(Record, frozen=True):
    """A file as it was read: its rows, and what it takes to write it in the same way."""

    rows: list[list[str]]
    delimiter: str
    line_end: str
    mark: str
    #: Whether each cell is in quotes, also one that does not need it: Blackboard asks for that.
    is_quoted: bool

    def text(self) -> str:
        form = {"delimiter": self.delimiter, "line_end": self.line_end}
        return self.mark + csv_text(self.rows, quote_all=self.is_quoted, **form)


def filled_canvas(exported: str, marks: Sequence[Mark], assignment: str) -> Filled:
    """Return the gradebook that Canvas exported with the scores in the column of ``assignment``.

    Args:
        exported: The file's text, with the id of each learner and of each assignment.
        marks: A learner is found by ``number`` in Canvas's own column, by ``learner`` or ``email`` in the columns of
            ids and logins. Where the score is None, the cell stays as it is.
        assignment: Name of its column, with or without the number that Canvas puts behind it.

    Raises:
        UsageError: It is not such a file, the column is not there or has other points, or a learner is there twice.
    """
    table = _read(exported, (("Student",), ("ID",)), "Canvas")
    head = table.rows[0]
    columns = [n for n, name in enumerate(head) if assignment in (name, _CANVAS_ID.sub("", name))]
    column = _only(columns, assignment, head)
    for row in table.rows[1:3]:
        if row and "Points Possible" in row[0] and column < len(row):
            if "read only" in row[column]:
                raise _calculated("Canvas", head[column])
            _same_points(row[column], marks, head[column])
    return _filled(table, marks, column, _places(head, _CANVAS_KEYS), _places(head, [_CANVAS_NUMBER]))


def filled_moodle(
    exported: str,
    marks: Sequence[Mark],
    *,
    grade: Sequence[str] = _MOODLE_GRADE,
    maximum: Sequence[str] = _MOODLE_MAXIMUM,
    keys: Sequence[str] = _MOODLE_KEYS,
) -> Filled:
    """Return the grading worksheet of a Moodle assignment with the scores in its column of grades.

    Args:
        exported: The worksheet's text.
        marks: A learner is found by ``number``, which the worksheet has as "Participant 71", by ``learner`` or
            ``email``. Where the score is None, the cell stays as it is.
        grade: What the column of grades may be called: Moodle writes it in the teacher's language.
        maximum: What the column with the most that can be reached may be called.
        keys: Names of the columns by which a learner is found.

    Raises:
        UsageError: It is not such a file, the assignment has other points, or a learner is there twice.
    """
    table = _read(exported, (grade,), "Moodle")
    head = table.rows[0]
    column = _only(_places(head, grade), grade[0], head)
    known = _places(head, keys)
    if not known:
        raise UsageError(
            Sentence("the worksheet has no column by which a learner is known: {columns}", columns=", ".join(keys)),
            Sentence("download the worksheet again, with names, or give the names of its columns"),
        )
    for most in _places(head, maximum):
        for text in {row[most] for row in table.rows[1:] if most < len(row)}:
            _same_points(text, marks, head[column])
    return _filled(table, marks, column, known, _places(head, _MOODLE_NUMBER))


def filled_blackboard(exported: str, marks: Sequence[Mark], assignment: str) -> Filled:
    """Return the file that Blackboard's Grade Center exported with the scores in the column of ``assignment``.

    Args:
        exported: The file's text, with the id of each column.
        marks: A learner is found by ``learner`` or ``email`` in the columns of logins and ids. Where the score is None,
            the cell stays as it is.
        assignment: Name of its column, with or without the points and the number that Blackboard puts behind it.

    Raises:
        UsageError: as of :func:`filled_canvas`.
    """
    table = _read(exported, (("Last Name",), ("First Name",), ("Username",)), "Blackboard")
    head = table.rows[0]
    columns = [n for n, name in enumerate(head) if assignment in (name, _BLACKBOARD_ID.sub("", name))]
    column = _only(columns, assignment, head)
    if about := _BLACKBOARD_ID.search(head[column]):
        if about["calculated"]:
            raise _calculated("Blackboard", head[column])
        # A comma is between thousands there.
        _same_points(about["points"].replace(",", ""), marks, head[column])
    return _filled(table, marks, column, _places(head, _BLACKBOARD_KEYS))


def _calculated(platform: str, column: str) -> UsageError:
    return UsageError(
        Sentence("{platform} calculates the column {column} itself", platform=platform, column=repr(column)),
        Sentence("choose an assignment's column"),
    )


def _read(text: str, wanted: Sequence[Sequence[str]], platform: str) -> _Table:
    """Return the table in ``text``, whose first line has each ``wanted`` column, by one of its names."""
    mark = _BOM if text.startswith(_BOM) else ""
    body = text.removeprefix(_BOM)
    first = body.partition("\n")[0]
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        if rows and all(_places(rows[0], names) for names in wanted):
            line_end = "\r\n" if first.endswith("\r") else "\n"
            quoted = csv_text(rows[:1], delimiter=delimiter, line_end=line_end, quote_all=True)
            return _Table(rows, delimiter, line_end, mark, body.startswith(quoted))
    raise UsageError(
        Sentence(
            "this is no file that {platform} exported: its first line does not name the columns {columns}",
            platform=platform,
            columns=", ".join(names[0] for names in wanted),
        ),
        Sentence("export the file from {platform} again, and leave its first line as it is", platform=platform),
    )


def _places(head: Sequence[str], names: Collection[str]) -> list[int]:
    # Moodle 4 writes "Maximum grade", Moodle 3 "Maximum Grade".
    wanted = {name.casefold() for name in names}
    return [place for place, name in enumerate(head) if name.strip().casefold() in wanted]


def _only(places: Sequence[int], name: str, head: Sequence[str]) -> int:
    if len(places) != 1:
        none = marked("the file has no column {column}; it has: {columns}")
        several = marked("the file has more than one column {column}; it has: {columns}")
        raise UsageError(
            Sentence(several if places else none, column=repr(name), columns=", ".join(head)),
            Sentence("name one of them, to the letter (dout class: with --column)"),
        )
    return places[0]


def _same_points(text: str, marks: Sequence[Mark], column: str) -> None:
    """Refuse a score out of 100 in a column of 10 points: Moodle would drop it, and Canvas make 1000 percent of it."""
    try:
        most = float(text.replace(",", "."))
    except ValueError:
        return
    for mark in marks:
        if mark.score is not None and mark.max_score != most:
            raise UsageError(
                Sentence(
                    "the column {column} has {points} points, and the assignment {most}",
                    column=repr(column),
                    points=points(most),
                    most=points(mark.max_score),
                ),
                Sentence("give the assignment {most} points there, and export it again", most=points(mark.max_score)),
            )


def _filled(
    table: _Table, marks: Sequence[Mark], column: int, keys: Sequence[int], numbered: Sequence[int] = ()
) -> Filled:
    rows = [list(row) for row in table.rows]
    found = _found(rows, keys)
    numbers = _found(rows, numbered, lambda cell: _BEFORE_NUMBER.sub("", cell))
    taken: dict[int, str] = {}
    missing = []
    for mark in marks:
        at = {place for name in (mark.login, mark.email) if name for place in found.get(name.casefold(), ())}
        at |= numbers.get(mark.number, set())
        if len(at) > 1 or at & taken.keys():
            meant = [mark.learner, *(taken[place] for place in at & taken.keys())]
            raise UsageError(
                Sentence(
                    "the rows {rows} can be that of {learners}",
                    rows=", ".join(str(place + 1) for place in sorted(at)),
                    learners=listed(meant, marked("{first} and of {rest}")),
                ),
                Sentence("give each learner the login that the file has"),
            )
        if not at:
            missing.append(mark.learner)
            continue
        (place,) = at
        taken[place] = mark.learner
        if mark.score is not None:
            row = rows[place]
            row += [""] * (column + 1 - len(row))
            row[column] = score_cell(mark)
    return Filled(msgspec.structs.replace(table, rows=rows).text(), missing)


def _found(
    rows: Sequence[Sequence[str]], keys: Sequence[int], said: Callable[[str], str] = str.casefold
) -> Mapping[str, set[int]]:
    """Return the rows by what is said in their cells of ids and logins."""
    found: dict[str, set[int]] = {}
    for place, row in enumerate(rows[1:], 1):
        for key in keys:
            if key < len(row) and row[key].strip():
                found.setdefault(said(row[key].strip()), set()).add(place)
    return found


#: What fills in the exported file of a platform, of its text, the marks, and the assignment's name there.
FILLED: Mapping[str, Callable[[str, Sequence[Mark], str], Filled]] = {
    "canvas": filled_canvas,
    # The worksheet of an assignment has one column of grades.
    "moodle": lambda exported, marks, _: filled_moodle(exported, marks),
    "blackboard": filled_blackboard,
}


def exported_text(platform: str, data: bytes, shown: str) -> str:
    """Return the text of a file that ``platform`` exported, called ``shown`` in messages.

    Raises:
        UsageError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Blackboard's other kind of file, for Excel, is in UTF-16.
        hint = (
            Sentence("download it again with the delimiter Comma")
            if platform == "blackboard"
            else Sentence("name the file that {platform} exported, as it is", platform=platform)
        )
        raise UsageError(Sentence("{file} is not UTF-8 text", file=shown), hint) from None
