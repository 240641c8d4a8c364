"""Reads a roster: a CSV file with a learner a row, as LMSs export it or as a person keeps it."""

import codecs
import csv
import io
import os
import re
import sys
from array import array
from collections.abc import Iterable, Iterator

from harness.archive import CONTAINER_LIMIT, read_file
from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.intake.found import Learner, displayed, fold
from harness.records import Record
from harness.sentence import Sentence, marked

__all__ = ["Roster", "Row", "read_roster", "roster_from_bytes", "roster_rows"]

# What a column is, by its header without spaces, punctuation and case. Canvas: SIS User ID, SIS Login ID, Student.
# Moodle: ID number, Identifier, Full name, Email address. Gradescope: SID. GitHub Classroom: identifier,
# github_username; its github_id is a number of GitHub's that no submission shows.
_HEADERS = {
    "id": (
        "id",
        "studentid",
        "studentnumber",
        "studentno",
        "sid",
        "sisuserid",
        "idnumber",
        "학번",
        "학생번호",
        "학생id",
    ),
    "email": ("email", "emailaddress", "mail", "studentemail", "이메일", "이메일주소", "전자우편", "메일", "메일주소"),
    "name": ("name", "fullname", "student", "studentname", "displayname", "이름", "성명", "학생", "학생이름", "학생명"),
    "given": ("firstname", "givenname", "forename"),
    "family": ("lastname", "surname", "familyname", "성"),
    "section": ("section", "class", "group", "sections", "분반", "반", "조"),
    "github": (
        "github",
        "githubuser",
        "githubusername",
        "githublogin",
        "githubhandle",
        "깃허브",
        "깃허브아이디",
        "깃허브사용자",
    ),
    "login": ("login", "loginid", "sisloginid", "username", "userid", "아이디", "사용자이름", "사용자명"),
    "number": ("canvasid", "canvasuserid", "participant", "participantnumber", "participantid", "참가자번호"),
    "identifier": ("identifier", "식별자"),
}
_FIELDS = {header: field for field, headers in _HEADERS.items() for header in headers}
#: Any one of these columns is enough.
_NAMING = ("id", "email", "login", "github", "number", "identifier", "name", "family", "given")
# One value of these belongs to one learner.
_UNIQUE = ("id", "email", "login", "github", "number")
#: What a message calls them, and what the learner is known by where there is none of them.
_NAMES_ONE = {
    "id": marked("id"),
    "email": marked("email"),
    "login": marked("login"),
    "github": "github",
    "number": marked("platform's number"),
    "key": marked("name"),
}
# Moodle's grading worksheet says "Participant 123", with the word in the site's language.
_PARTICIPANT = re.compile(r"\S+ ([0-9]{1,18})")


class Row(Record, frozen=True, gc=False):
    """One learner of the roster. Beside ``learner``, which is for display, all text is folded for comparing."""

    learner: Learner
    #: 1-based, where the row begins.
    line: int
    #: Values by field: ``id``, ``email``, ``login``, ``github``, ``number``. Empty ones are left out.
    values: dict[str, str]
    #: The name as it is written, and from two columns in each order in which they are written together.
    names: tuple[str, ...] = ()


class Roster:
    """The learners, found by everything that can name them.

    A school has many: each is kept as one record, and each name as one string.

    Args:
        rows: As they are written.
        shown: The file's path in messages.

    Raises:
        UsageError: two rows are one learner, or there is none.
    """

    def __init__(self, rows: Iterable[Row], shown: str) -> None:
        #: In the order of the file.
        self.learners: list[Learner] = []
        #: By what it is, and then by value: the place of the learner, or of those who share it.
        self._found: dict[str, dict[str, int | tuple[int, ...]]] = {}
        self._lines = array("L")
        for row in rows:
            self._add(row, shown)
        if not self.learners:
            raise UsageError(
                Sentence("{file} has no learner in it", file=shown),
                Sentence("a header line comes first, then a line for each learner"),
            )

    def _add(self, row: Row, shown: str) -> None:
        place = len(self.learners)
        for field, value in [*row.values.items(), ("key", _once(fold(row.learner.key), *row.values.values()))]:
            known = self._found.setdefault(field, {})
            if value in known:
                raise UsageError(
                    Sentence(
                        "{file}:{line}: the {what} {value} is in line {other} too",
                        file=shown,
                        line=row.line,
                        what=Sentence(_NAMES_ONE[field]),
                        value=plain(value, 100),
                        other=self._lines[self.places(field, value)[0]],
                    ),
                    Sentence("give each learner one row, and an id of their own"),
                )
            known[value] = place
        for name in row.names:
            self._note("name", name, place)
            if (short := squeezed(name)) not in {name, ""}:
                self._note("squeezed", short, place)
        self.learners.append(row.learner)
        self._lines.append(row.line)

    def _note(self, field: str, value: str, place: int) -> None:
        known = self._found.setdefault(field, {})
        before = known.get(value, ())
        places = (before,) if isinstance(before, int) else before
        if place not in places:
            known[value] = (*places, place) if places else place

    def places(self, field: str, value: str) -> tuple[int, ...]:
        """Return the places of the learners whose ``field`` is ``value``, which is folded.

        ``squeezed`` is a name without anything but letters and digits.
        """
        found = self._found.get(field, {}).get(value, ())
        places = (found,) if isinstance(found, int) else found
        if field == "squeezed" and squeezed(value) == value:
            places += self.places("name", value)
        return places


def squeezed(name: str) -> str:
    """Return a name as Canvas writes it into the names of files."""
    # Canvas, lib/content_zipper.rb: without an underscored number, in small letters, and letters and digits only.
    return re.sub(r"[^\w]", "", re.sub(r"_([0-9]+)_", r"\1", name))


def _once(text: str, *others: str) -> str:
    """Return ``text``, as one of ``others`` where they are equal."""
    return next((other for other in others if other == text), text)


def read_roster(path: str) -> Roster:
    """Return the learners of the CSV file ``path``.

    Raises:
        UsageError: It cannot be read or understood, no column says who is meant, or two rows are one learner;
            the message begins with ``path:line`` where there is a line.
    """
    hint = Sentence("name a CSV file with a learner a row")
    if os.path.isdir(path):
        raise UsageError(Sentence("{file} is a folder", file=plain(path)), hint)
    try:
        data = read_file(path, CONTAINER_LIMIT)
    except SubmissionError as exc:
        raise UsageError(exc.message, hint) from None
    return roster_from_bytes(data, plain(path))


def roster_from_bytes(data: bytes, shown: str) -> Roster:
    """Return the learners of a CSV file.

    Args:
        data: UTF-8 or UTF-16 by its byte order mark; else UTF-8, else cp949 (Excel on Korean Windows).
        shown: Its path in messages.

    Raises:
        UsageError: As for ``read_roster``.
    """
    return Roster(roster_rows(data, shown), shown)


def roster_rows(data: bytes, shown: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, each by itself.

    Raises:
        UsageError: As for ``read_roster``, but for rows that are one learner.
    """
    lines = _lines(_decoded(data, shown), shown)
    _, header = next(lines, (0, []))
    fields = _columns(header, shown)
    for line, cells in lines:
        if any(cell.strip() for cell in cells[len(header) :]):
            raise UsageError(
                Sentence(
                    "{file}:{line}: this row has {count} cells, but the header has {expected}",
                    file=shown,
                    line=line,
                    count=len(cells),
                    expected=len(header),
                ),
                Sentence("put a cell in double quotes if there is a comma in it"),
            )
        row = _row(zip(fields, cells, strict=False), line)
        if row is None:
            raise UsageError(
                Sentence("{file}:{line}: this row names nobody", file=shown, line=line),
                Sentence("fill in the learner's id, or delete the row"),
            )
        if fold(row.learner.name).startswith("points possible"):  # the second row of a gradebook of Canvas
            continue
        yield row


def _decoded(data: bytes, shown: str) -> str:
    encodings = ["utf-8-sig", "cp949"]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    at = 0
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as exc:
            at = at or exc.start
            continue
        if "\0" in text:
            break
        return text
    line = 1 + data.count(b"\n", 0, at)
    raise UsageError(
        Sentence("{file}:{line}: this is not text in UTF-8, UTF-16 or cp949", file=shown, line=line),
        Sentence("save the roster as CSV in UTF-8; an Excel workbook (.xlsx) is not read"),
    )


def _lines(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line where it begins."""
    found = re.search(r"[^\r\n]*\S[^\r\n]*", text)
    first = found[0] if found else ""
    outside = re.sub(r'"[^"]*"', "", first)
    delimiter = max(",;\t", key=outside.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise UsageError(
                Sentence(
                    "{file}:{line}: this row is no CSV ({error})", file=shown, line=line, error=plain(str(exc), 100)
                ),
                Sentence("look for a double quote that is not closed"),
            ) from None
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _columns(header: list[str], shown: str) -> list[str]:
    """The field of each column; empty for a column that is not used."""
    names = [re.sub(r"[\W_]", "", fold(cell)) for cell in header]
    # In a gradebook of Canvas the bare "ID" is Canvas's own number, beside the school's.
    of_canvas = bool({"sisuserid", "sisloginid"}.intersection(names))
    fields = ["number" if of_canvas and name == "id" else _FIELDS.get(name, "") for name in names]
    if "family" in fields:  # then 이름 or "name" beside it is the other half
        fields = ["given" if field == "name" and "given" not in fields else field for field in fields]
    for field in _NAMING:
        same = [cell for cell, one in zip(header, fields, strict=True) if one == field]
        if len(same) > 1:
            raise UsageError(
                Sentence(
                    "{file}: two columns say the same: {columns}",
                    file=shown,
                    columns=", ".join(plain(cell, 50) for cell in same),
                ),
                Sentence("keep the one that the submissions are named by, and rename the other"),
            )
    if not set(_NAMING).intersection(fields):
        shown_header = ", ".join(plain(cell.strip(), 50) for cell in header[:10]) or Sentence("nothing")
        raise UsageError(
            Sentence(
                "{file}: no column says who is meant; the first line has: {columns}", file=shown, columns=shown_header
            ),
            Sentence("name a column id, email, name, login or github in the first line"),
        )
    return fields


def _row(cells: Iterable[tuple[str, str]], line: int) -> Row | None:
    text = {field: shown for field, cell in cells if field and (shown := displayed(cell))}
    identifier = text.pop("identifier", "")
    if match := _PARTICIPANT.fullmatch(identifier):
        text.setdefault("number", match[1])
    elif identifier:
        text.setdefault("email" if "@" in identifier else "id", identifier)
    given, family = text.get("given", ""), text.get("family", "")
    name = text.get("name") or " ".join(filter(None, (given, family)))
    names = [name]
    if given and family:
        if re.search("[가-힣]", family):  # written family name first, without a space
            name = family + given
        names += [f"{family}, {given}", f"{family} {given}", f"{family}{given}"]
    values = {field: _once(fold(text[field]), text[field]) for field in _UNIQUE if field in text}
    key = next((text[field] for field in _UNIQUE if field in text), name)
    if not key:
        return None
    learner = Learner(
        key=key,
        name=name,
        id=text.get("id", ""),
        email=text.get("email", ""),
        # A section has many learners.
        section=sys.intern(text.get("section", "")),
        github=text.get("github", ""),
    )
    return Row(
        learner=learner,
        line=line,
        values=values,
        names=tuple(dict.fromkeys(_once(fold(one), name) for one in names if one)),
    )
