"""What pages show of courses, submissions and grades. No query takes a whole table: long lists are paged by key."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.service.access import Actor
from harness.service.many_rows import among
from harness.service.schema import (
    assignment,
    blob,
    course,
    enrolment,
    grade,
    override,
    report,
    revision,
    submission,
    user,
)
from harness.service.store.revisions import is_newest

__all__ = [
    "PAGE",
    "Filter",
    "Grade",
    "Seen",
    "assignment_of",
    "assignments_by_id",
    "assignments_of",
    "courses_of",
    "grade_in",
    "grades_of",
    "history",
    "learner_of",
    "report_of",
    "submission_of",
    "submissions_by_id",
    "submissions_of",
    "text_of",
    "used_attempts",
]

#: Rows of a table on one page.
PAGE = 50
#: Courses on the first page: an administrator sees all of them.
_MOST_COURSES = 200


class Grade(Record, frozen=True, kw_only=True):
    """The grade that stands: of the newest generation that has one, and what a person put in its place."""

    gen: int
    revision: int
    outcome: str
    graded_score: float
    max_score: float
    report_id: str
    at: float
    override_score: float | None = None
    override_reason: str = ""
    override_by: str = ""

    @property
    def score(self) -> float:
        """Points that count."""
        return self.graded_score if self.override_score is None else self.override_score


class Seen(Record, frozen=True, kw_only=True):
    """A submission with all that lists and pages say of it."""

    id: str
    assignment_id: str
    course_id: str
    user_id: str
    learner: str
    external_id: str | None
    revision: int
    number: int
    name: str
    status: str
    reason: str | None
    gen: int
    is_late: bool
    counts: bool
    received_at: float
    blob_sha256: str
    grade: Grade | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a grade is still to come."""
        return self.status in ("queued", "running")


class Filter(Record, frozen=True, kw_only=True):
    """Which submissions of an assignment a table shows."""

    status: str = ""
    learner: str = ""
    only_late: bool = False


def courses_of(connection: sa.Connection, actor: Actor) -> Sequence[sa.RowMapping]:
    """Return the courses of somebody with their role in each; an administrator has all, with role None."""
    query = sa.select(course.c.id, course.c.slug, course.c.name, enrolment.c.role)
    mine = sa.and_(enrolment.c.course_id == course.c.id, enrolment.c.user_id == actor.user_id)
    joined = query.outerjoin(enrolment, mine) if actor.is_admin else query.join(enrolment, mine)
    return connection.execute(joined.order_by(course.c.name, course.c.id).limit(_MOST_COURSES)).mappings().all()


def assignments_of(connection: sa.Connection, course_ids: Iterable[str]) -> Sequence[sa.RowMapping]:
    """Return the assignments of courses, each with its newest revision."""
    query = _assignments().where(assignment.c.course_id.in_([*course_ids]))
    return connection.execute(query.order_by(revision.c.due_at, assignment.c.id)).mappings().all()


def assignment_of(connection: sa.Connection, assignment_id: str) -> sa.RowMapping | None:
    """Return an assignment with its newest revision and its course's name."""
    return assignments_by_id(None, connection, [assignment_id])[0]


def assignments_by_id(_: object, connection: sa.Connection, ids: Sequence[str]) -> list[sa.RowMapping | None]:
    """Return the same of each of several, in their sequence."""
    found = connection.execute(_assignments_by_id(), {"ids": [*{*ids}]}).mappings()
    by_id = {row["id"]: row for row in found}
    return [by_id.get(one) for one in ids]


# To build it takes longer than to run it.
@cache
def _assignments() -> "sa.Select[Any]":
    return (
        sa.select(
            assignment.c.id,
            assignment.c.course_id,
            assignment.c.slug,
            assignment.c.title,
            course.c.name.label("course"),
            revision.c.number.label("revision"),
            *(revision.c[name] for name in ("source", "feedback", "open_at", "due_at", "close_at")),
            *(revision.c[name] for name in ("late_factor", "max_attempts", "cooldown_s")),
        )
        .join(course, course.c.id == assignment.c.course_id)
        .join(revision, revision.c.assignment_id == assignment.c.id)
        .where(is_newest())
    )


@cache
def _assignments_by_id() -> "sa.Select[Any]":
    return _assignments().where(among(assignment.c.id, "ids"))


def used_attempts(connection: sa.Connection, assignment_id: str, user_id: str) -> int:
    """Return how many submissions of a learner count."""
    return connection.execute(
        sa.select(sa.func.count()).where(
            submission.c.assignment_id == assignment_id, submission.c.user_id == user_id, submission.c.counts
        )
    ).scalar_one()


def submission_of(connection: sa.Connection, submission_id: str) -> Seen | None:
    """Return one submission."""
    return submissions_by_id(connection, [submission_id]).get(submission_id)


def submissions_by_id(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Seen]:
    """Return several submissions by their ids."""
    found = _seen(connection, _submissions().where(submission.c.id.in_(sorted({*ids}))))
    return {one.id: one for one in found}


def history(
    connection: sa.Connection, assignment_id: str, user_id: str, before: int | None = None, most: int = PAGE
) -> list[Seen]:
    """Return a learner's submissions, the newest first, from below the number ``before``."""
    query = _submissions().where(submission.c.assignment_id == assignment_id, submission.c.user_id == user_id)
    if before is not None:
        query = query.where(submission.c.number < before)
    return _seen(connection, query.order_by(submission.c.number.desc()).limit(most))


def submissions_of(
    connection: sa.Connection, assignment_id: str, wanted: Filter, before: str = "", most: int = PAGE
) -> list[Seen]:
    """Return submissions of an assignment, the newest first, from before the id ``before``."""
    query = _submissions().where(submission.c.assignment_id == assignment_id)
    if before:
        query = query.where(submission.c.id < before)
    if wanted.status:
        query = query.where(submission.c.status == wanted.status)
    if wanted.only_late:
        query = query.where(submission.c.is_late)
    if wanted.learner:
        query = query.where(
            user.c.name.icontains(wanted.learner, autoescape=True)
            | enrolment.c.external_id.icontains(wanted.learner, autoescape=True)
        )
    return _seen(connection, query.order_by(submission.c.id.desc()).limit(most))


@cache
def _submissions() -> "sa.Select[Any]":
    names = [name for name in submission.c.keys() if name in Seen.__struct_fields__]  # noqa: SIM118 - of columns
    return (
        sa.select(
            *(submission.c[name] for name in names),
            assignment.c.course_id,
            user.c.name.label("learner"),
            enrolment.c.external_id,
        )
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .join(user, user.c.id == submission.c.user_id)
        .outerjoin(
            enrolment,
            sa.and_(enrolment.c.user_id == submission.c.user_id, enrolment.c.course_id == assignment.c.course_id),
        )
    )


def _seen(connection: sa.Connection, query: "sa.Select[Any]") -> list[Seen]:
    rows = connection.execute(query).mappings().all()
    grades = grades_of(connection, [row["id"] for row in rows])
    return [Seen(**row, grade=grades.get(row["id"])) for row in rows]


def grades_of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Grade]:
    """Return the grades that stand, by submission; ``ids`` are those of a page."""
    found: dict[str, Grade] = {}
    overrides = {}
    by = (
        sa.select(override.c.submission_id, override.c.score, override.c.reason, user.c.name)
        .join(user, user.c.id == override.c.by)
        .where(override.c.submission_id.in_(ids))
        .order_by(override.c.at, override.c.id)
    )
    for row in connection.execute(by):
        overrides[row.submission_id] = row
    for row in connection.execute(sa.select(grade).where(grade.c.submission_id.in_(ids)).order_by(grade.c.gen)):
        over = overrides.get(row.submission_id)
        # One without a score takes back what was given before.
        given = (None, "", "") if over is None or over.score is None else (over.score, over.reason, over.name)
        found[row.submission_id] = grade_in(row, *given)
    return found


def grade_in(row: Any, given: float | None, reason: str, by: str) -> Grade:
    """Return what a row of ``grade`` says, with the score that a person gave in its place, if any."""
    return Grade(
        gen=row.gen,
        revision=row.revision,
        outcome=row.outcome,
        graded_score=row.score,
        max_score=row.max_score,
        report_id=row.report_id,
        at=row.at,
        override_score=given,
        override_reason=reason,
        override_by=by,
    )


def report_of(connection: sa.Connection, report_id: str) -> bytes:
    """Return a report as it was written."""
    data: bytes = connection.execute(sa.select(report.c.json).where(report.c.id == report_id)).scalar_one()
    return data


def text_of(connection: sa.Connection, sha256: str) -> bytes:
    """Return the bytes that were handed in."""
    data: bytes = connection.execute(sa.select(blob.c.data).where(blob.c.sha256 == sha256)).scalar_one()
    return data


def learner_of(connection: sa.Connection, course_id: str, user_id: str) -> sa.RowMapping | None:
    """Return somebody in a course, with the course's own name for them."""
    query = (
        sa.select(user.c.id, user.c.name, enrolment.c.external_id, enrolment.c.role)
        .join(enrolment, enrolment.c.user_id == user.c.id)
        .where(enrolment.c.course_id == course_id, user.c.id == user_id)
    )
    return connection.execute(query).mappings().first()
