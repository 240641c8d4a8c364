"""Courses, their assignments, and the revisions of these: what is graded by what, from when, and how often."""

import re

import msgspec
import sqlalchemy as sa

from harness.errors import UsageError
from harness.feedback import Feedback
from harness.intake.found import displayed
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.installed import Installed
from harness.service.schema import assignment, course, enrolment, revision
from harness.service.store.auditing import note
from harness.service.store.revisions import is_newest

__all__ = [
    "Revision",
    "assignment_by_slug",
    "assignments_of",
    "course_by_id",
    "course_by_slug",
    "courses",
    "create_assignment",
    "create_course",
    "rename_assignment",
    "rename_course",
    "revise",
]

#: In an address: small letters, digits and hyphens. "new" is a page.
_SLUG = re.compile(r"(?!new$)[a-z0-9][a-z0-9-]{0,99}")


class Revision(Record, frozen=True, kw_only=True):
    """What an instructor chooses of an assignment; the rest of a row of :data:`harness.service.schema.revision`."""

    #: A name of :meth:`harness.service.installed.Installed.names`.
    source: str
    seed: int = 0
    feedback: str = Feedback.FULL.value
    #: Seconds since 1970; None for no limit.
    open_at: float | None = None
    due_at: float | None = None
    close_at: float | None = None
    late_factor: float = 1.0
    max_attempts: int | None = None
    cooldown_s: float = 0.0


def create_course(database: Database, connection: sa.Connection, *, slug: str, name: str, by: str) -> str:
    """Make a course, and return its id.

    Raises:
        UsageError: there is one at this address, or it can be none.
    """
    _check_slug(slug)
    if course_by_slug(connection, slug) is not None:
        raise UsageError(Sentence("there is a course {slug}", slug=repr(slug)), Sentence("choose another short name"))
    course_id = new_id()
    connection.execute(
        sa.insert(course).values(id=course_id, slug=slug, name=_checked_title(name), created_at=database.clock)
    )
    note(database, connection, by, "course.create", f"course:{course_id}", course_id=course_id, slug=slug)
    return course_id


def course_by_slug(connection: sa.Connection, slug: str) -> sa.RowMapping | None:
    """Return the row of the course at an address."""
    return connection.execute(sa.select(course).where(course.c.slug == slug)).mappings().first()


def course_by_id(connection: sa.Connection, course_id: str) -> sa.RowMapping | None:
    """Return a course, or None."""
    return connection.execute(sa.select(course).where(course.c.id == course_id)).mappings().first()


def courses(connection: sa.Connection, *, of_user: str | None = None) -> list[sa.RowMapping]:
    """Return all courses by name, or those that somebody is in, with their ``role``."""
    query = sa.select(course)
    if of_user is not None:
        query = (
            sa.select(course, enrolment.c.role)
            .select_from(course.join(enrolment))
            .where(enrolment.c.user_id == of_user)
        )
    return list(connection.execute(query.order_by(course.c.name, course.c.id)).mappings())


def rename_course(database: Database, connection: sa.Connection, course_id: str, name: str, *, by: str) -> None:
    """Give a course another name. Its short name stays, by which addresses, LMSs and programs know it.

    Raises:
        UsageError: that can be no name.
    """
    _rename(database, connection, course, course.c.name, course_id, name, by)


def create_assignment(
    database: Database,
    connection: sa.Connection,
    installed: Installed,
    *,
    course_id: str,
    slug: str,
    title: str,
    first: Revision,
    by: str,
) -> str:
    """Make an assignment of a course with its first revision, and return its id.

    Raises:
        UsageError: there is one of this short name, or something of it cannot be.
        AssignmentError: its source is not installed, or makes no sense.
    """
    _check_slug(slug)
    if assignment_by_slug(connection, course_id, slug) is not None:
        raise UsageError(
            Sentence("there is an assignment {slug} in this course", slug=repr(slug)),
            Sentence("choose another short name"),
        )
    assignment_id = new_id()
    connection.execute(
        sa.insert(assignment).values(
            id=assignment_id, course_id=course_id, slug=slug, title=_checked_title(title), created_at=database.clock
        )
    )
    what = f"assignment:{assignment_id}"
    note(database, connection, by, "assignment.create", what, course_id=course_id, slug=slug)
    revise(database, connection, installed, assignment_id, first, by=by)
    return assignment_id


def rename_assignment(
    database: Database, connection: sa.Connection, assignment_id: str, title: str, *, by: str
) -> None:
    """Give an assignment another title, which is no new revision. Its short name stays, like that of a course.

    Raises:
        UsageError: that can be no title.
    """
    _rename(database, connection, assignment, assignment.c.title, assignment_id, title, by)


def revise(
    database: Database, connection: sa.Connection, installed: Installed, assignment_id: str, new: Revision, *, by: str
) -> int:
    """Add a revision of an assignment, which counts from now on, and return its number.

    It pins the installed assignment as it is now. What was graded stays as it is until it is regraded.

    Raises:
        UsageError: something of it cannot be.
        AssignmentError: the source is not installed, or makes no sense.
    """
    _check(new)
    sha256 = installed.get(new.source).sha256
    # Two who save at once get a number each: the row of the assignment is theirs one after the other.
    row = connection.execute(
        sa.select(assignment.c.course_id).where(assignment.c.id == assignment_id).with_for_update()
    ).one()
    last = connection.execute(
        sa.select(sa.func.max(revision.c.number)).where(revision.c.assignment_id == assignment_id)
    ).scalar_one()
    number = (last or 0) + 1
    values = msgspec.structs.asdict(new)
    connection.execute(
        sa.insert(revision).values(
            **values,
            assignment_id=assignment_id,
            number=number,
            source_sha256=sha256,
            created_at=database.clock,
            created_by=by,
        )
    )
    what = f"assignment:{assignment_id}"
    note(database, connection, by, "assignment.revise", what, course_id=row.course_id, number=number, **values)
    return number


def assignment_by_slug(connection: sa.Connection, course_id: str, slug: str) -> sa.RowMapping | None:
    """Return an assignment of a course with its newest revision: the columns of both."""
    query = _newest().where(assignment.c.course_id == course_id, assignment.c.slug == slug)
    return connection.execute(query).mappings().first()


def assignments_of(connection: sa.Connection, course_id: str) -> list[sa.RowMapping]:
    """Return the assignments of a course with their newest revisions, the one that is due first first."""
    query = _newest().where(assignment.c.course_id == course_id)
    return list(
        connection.execute(query.order_by(revision.c.due_at.is_(None), revision.c.due_at, assignment.c.id)).mappings()
    )


def _newest() -> sa.Select[tuple[object, ...]]:
    of_revision = [column for column in revision.c if column.name not in {"assignment_id", "created_at", "created_by"}]
    here = sa.and_(revision.c.assignment_id == assignment.c.id, is_newest())
    return sa.select(assignment, *of_revision).select_from(assignment.join(revision, here))


def _rename(
    database: Database,
    connection: sa.Connection,
    table: sa.Table,
    column: sa.ColumnElement[str],
    one: str,
    text: str,
    by: str,
) -> None:
    after = _checked_title(text)
    course_id = table.c.id if table is course else table.c.course_id
    # Of two who rename at once the second finds what the first wrote. Submissions, which only refer to the row, do not
    # wait for that.
    locked = sa.select(column, course_id).where(table.c.id == one).with_for_update(key_share=True)
    before, of_course = connection.execute(locked).one()
    if after == before:
        return
    connection.execute(sa.update(table).where(table.c.id == one).values({column: after}))
    what = f"{table.name}:{one}"
    note(database, connection, by, f"{table.name}.rename", what, course_id=of_course, before=before, after=after)


def _check(new: Revision) -> None:
    if new.feedback not in set(Feedback):
        raise UsageError(
            Sentence("there is no feedback {name}", name=repr(displayed(new.feedback))),
            Sentence("choose from: {known}", known=", ".join(Feedback)),
        )
    times = [time for time in (new.open_at, new.due_at, new.close_at) if time is not None]
    if times != sorted(times):
        raise UsageError(
            Sentence("an assignment opens, is due, and closes, in this order"), Sentence("look at the dates again")
        )
    if not 0 <= new.late_factor <= 1:
        raise UsageError(Sentence("a late submission keeps a part of its points from 0 to 1"))
    # The column has 32 bits.
    if not 0 <= new.seed < 1 << 31:
        raise UsageError(Sentence("a seed is a whole number from 0 to {most}", most=(1 << 31) - 1))
    if new.max_attempts is not None and not 1 <= new.max_attempts < 1 << 31:
        raise UsageError(Sentence("there is at least one submission, or no limit"))
    if not 0 <= new.cooldown_s < 1e9:
        raise UsageError(Sentence("the wait between two submissions is a number of seconds"))


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug):
        raise UsageError(
            Sentence("{slug} cannot be a short name", slug=repr(displayed(slug))),
            Sentence("use small letters, digits and hyphens, like {example}", example="deep-learning-2026"),
        )


def _checked_title(text: str) -> str:
    title = displayed(text)[:200]
    if not title:
        raise UsageError(Sentence("a title is missing"), Sentence("fill it in, and send the form again"))
    return title
