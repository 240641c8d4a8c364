"""Takes a roster over into a course: who has an account is enrolled, the others are invited. Nothing is guessed."""

from collections import Counter

import sqlalchemy as sa

from harness.errors import UsageError
from harness.intake.found import fold
from harness.intake.roster import Row, roster_rows
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.schema import LEARNER, enrolment, user
from harness.service.store.invitations import invite, open_invitations
from harness.service.store.people import checked_email, enrol

__all__ = ["Imported", "Invited", "import_roster"]


class Invited(Record, frozen=True, kw_only=True):
    """Somebody who gets a link."""

    name: str
    email: str
    external_id: str
    #: Of the link; shown once.
    secret: str


class Imported(Record, frozen=True, kw_only=True):
    """What became of the rows of a roster."""

    #: Names of those who have an account, and are in the course now.
    enrolled: list[str]
    invited: list[Invited]
    #: Rows of people who are in the course, or invited, already.
    unchanged: int
    #: What nobody was enrolled or invited for, each with its line.
    problems: list[Sentence]


#: What people are told apart by.
_TELLING = ("id", "email")


class _Unclear(Exception):  # noqa: N818 - what nothing is done about, and told in a list
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def import_roster(
    database: Database, connection: sa.Connection, data: bytes, shown: str, *, course_id: str, by: str
) -> Imported:
    """Enrol or invite the learners of a CSV file. The same file a second time changes nothing.

    People are told apart by e-mail and by the course's own id for them, never by name. Nobody leaves the course.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        data: The file.
        shown: Its name in messages.
        course_id: Where to.
        by: Who does it.

    Raises:
        UsageError: the file is no roster, with the line where there is one.
    """
    rows = list(roster_rows(data, shown))
    if not rows:
        raise UsageError(
            Sentence("{file} has no learner in it", file=shown),
            Sentence("a header line comes first, then a line for each learner"),
        )
    work = _Import(database, connection, course_id, by)
    seen = Counter((field, row.values[field]) for row in rows for field in _TELLING if field in row.values)
    for row in rows:
        try:
            for field in _TELLING:
                if seen[field, row.values.get(field, "")] > 1:
                    raise _Unclear(Sentence("{value} is in more than one line", value=row.values[field]))
            work.take(row)
        except _Unclear as unclear:
            place = f"{shown}:{row.line}"
            work.problems.append(Sentence("{place}: {problem}", place=place, problem=unclear.sentence))
    return Imported(enrolled=work.enrolled, invited=work.invited, unchanged=work.unchanged, problems=work.problems)


class _Import:
    """One import: who is known when it begins, and what became of the rows so far."""

    def __init__(self, database: Database, connection: sa.Connection, course_id: str, by: str) -> None:
        self._database, self._connection, self._course, self._by = database, connection, course_id, by
        here = sa.select(enrolment.c.user_id, enrolment.c.role, enrolment.c.external_id)
        rows = connection.execute(here.where(enrolment.c.course_id == course_id)).all()
        self._enrolled = {row.user_id: row for row in rows}
        #: Folded, as the roster's values are.
        self._by_id = {fold(row.external_id): row.user_id for row in rows if row.external_id}
        waiting = open_invitations(database, connection, course_id)
        self._invited = {fold(value) for row in waiting for value in (row["email"], row["external_id"]) if value}
        self.enrolled: list[str] = []
        self.invited: list[Invited] = []
        self.unchanged = 0
        self.problems: list[Sentence] = []

    def take(self, row: Row) -> None:
        """Enrol or invite one learner.

        Raises:
            _Unclear: nothing says for certain who is meant.
        """
        email, external_id = _telling(row)
        user_id = self._user(email, external_id)
        if user_id is None:
            self._invite(row, email, external_id)
            return
        known = self._enrolled.get(user_id)
        changed = enrol(
            self._database,
            self._connection,
            course_id=self._course,
            user_id=user_id,
            # Who is more than a learner stays so.
            role=known.role if known is not None else LEARNER,
            by=self._by,
            external_id=external_id,
        )
        if changed:
            self.enrolled.append(row.learner.name or row.learner.key)
        else:
            self.unchanged += 1

    def _user(self, email: str | None, external_id: str | None) -> str | None:
        by_id = self._by_id.get(fold(external_id)) if external_id else None
        by_email = None
        if email:
            found = self._connection.execute(sa.select(user.c.id).where(user.c.email == email)).first()
            by_email = found.id if found is not None else None
        if by_id is not None and email and by_id != by_email:
            raise _Unclear(Sentence("the id {id} is somebody else's in this course", id=external_id))
        known = self._enrolled.get(by_email)
        if known is not None and external_id and known.external_id and fold(known.external_id) != fold(external_id):
            raise _Unclear(Sentence("{email} has another id in this course: {id}", email=email, id=known.external_id))
        return by_email or by_id

    def _invite(self, row: Row, email: str | None, external_id: str | None) -> None:
        if self._invited & {fold(value) for value in (email, external_id) if value}:
            self.unchanged += 1
            return
        name = row.learner.name[:200]
        secret = invite(
            self._database,
            self._connection,
            role=LEARNER,
            course_id=self._course,
            by=self._by,
            email=email,
            name=name or None,
            external_id=external_id,
        )
        self.invited.append(Invited(name=name, email=email or "", external_id=external_id or "", secret=secret))


def _telling(row: Row) -> tuple[str | None, str | None]:
    """Return the e-mail address and the course's own id of a row."""
    external_id = row.learner.id[:200] or None
    if not row.learner.email:
        if external_id is None:
            raise _Unclear(Sentence("there is neither an e-mail address nor an id"))
        return None, external_id
    try:
        return checked_email(row.learner.email), external_id
    except UsageError as error:
        raise _Unclear(error.message) from None
