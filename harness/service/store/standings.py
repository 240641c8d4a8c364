"""How the learners of a class stand in an assignment: each with the submission that counts."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.service.schema import LEARNER, enrolment, grade, override, submission, user
from harness.service.store.counting import counting, standing_override
from harness.service.store.looking import Grade, grade_in

__all__ = ["Equal", "Standing", "equal_answers", "standing", "standings"]


class Standing(Record, frozen=True, kw_only=True):
    """A learner and the submission that counts; without one that has a grade, only the learner."""

    user_id: str
    name: str
    external_id: str | None
    email: str | None
    submission_id: str = ""
    file: str = ""
    sha256: str = ""
    number: int | None = None
    is_late: bool = False
    #: Of the newest submission, whether it has a grade or not; empty without one.
    status: str = ""
    grade: Grade | None = None
    #: Of the report: see :mod:`harness.service.store.summing`.
    summary: str = ""

    @property
    def login(self) -> str:
        """What gradebooks know the learner by: two may have one name, and one no number."""
        return self.external_id or self.email or self.user_id


class Equal(Record, frozen=True, kw_only=True):
    """Learners with equal answers, or some of them."""

    count: int
    #: Ids of submissions and names of learners, by name.
    some: list[tuple[str, str]]
    #: Of one of them, as graded.
    score: float
    max_score: float


def standings(connection: sa.Connection, course_id: str, assignment_id: str) -> Iterator[Standing]:
    """Yield the learners of a course by id."""
    return _of(connection, _people(course_id).where(enrolment.c.role == LEARNER), counting(assignment_id))


def standing(connection: sa.Connection, course_id: str, assignment_id: str, user_id: str) -> Standing | None:
    """Return how one person stands in an assignment, whatever their role; None when they are not in the course."""
    who = _people(course_id).where(user.c.id == user_id)
    return next(_of(connection, who, counting(assignment_id, [user_id])), None)


def _people(course_id: str) -> "sa.Select[Any]":
    return (
        sa.select(user.c.id, user.c.name, user.c.email, enrolment.c.external_id)
        .join(enrolment, enrolment.c.user_id == user.c.id)
        .where(enrolment.c.course_id == course_id)
        .order_by(user.c.id)
    )


def _of(connection: sa.Connection, people: "sa.Select[Any]", counted: sa.Subquery) -> Iterator[Standing]:
    # SQLite has no good plan for one query: it looks through all that counts for each learner.
    by = user.alias()
    handed_in = connection.execute(
        sa.select(
            counted.c.user_id,
            counted.c.last_status,
            submission.c.id,
            *(submission.c[name] for name in ("number", "is_late", "blob_sha256")),
            submission.c.name.label("file"),
            *(grade.c[name] for name in ("gen", "revision", "outcome", "score", "max_score", "report_id", "at")),
            grade.c.summary,
            override.c.score.label("given_score"),
            override.c.reason,
            by.c.name.label("given_by"),
        )
        .select_from(counted)
        .join(submission, submission.c.id == counted.c.id)
        .outerjoin(grade, sa.and_(grade.c.submission_id == submission.c.id, grade.c.gen == counted.c.gen))
        .outerjoin(
            override, sa.and_(override.c.id == standing_override(submission.c.id), override.c.score.is_not(None))
        )
        .outerjoin(by, by.c.id == override.c.by)
    )
    work = {row.user_id: row for row in handed_in}
    for one in connection.execute(people):
        yield _standing(one, work.get(one.id))


def _standing(one: Any, row: Any) -> Standing:
    about = {"user_id": one.id, "name": one.name, "external_id": one.external_id, "email": one.email}
    if row is None or row.gen is None:
        return Standing(**about, status="" if row is None else row.last_status)
    return Standing(
        **about,
        submission_id=row.id,
        file=row.file,
        sha256=row.blob_sha256,
        number=row.number,
        is_late=row.is_late,
        status=row.last_status,
        grade=grade_in(row, row.given_score, row.reason or "", row.given_by or ""),
        summary=row.summary,
    )


def equal_answers(
    connection: sa.Connection, course_id: str, assignment_id: str, *, groups: int, each: int
) -> tuple[int, int, Sequence[Equal]]:
    """Return how many submissions that count could be compared, how many groups are equal, and the largest of these.

    Args:
        connection: Where to look.
        course_id: Whose learners.
        assignment_id: What they handed in for.
        groups: How many groups are returned.
        each: How many learners of each.
    """
    counted = counting(assignment_id)
    compared = (
        sa.select(
            submission.c.id, user.c.name, grade.c.shape, grade.c.score, grade.c.max_score,
            sa.func.count().over(partition_by=grade.c.shape).label("learners"),
            sa.func.row_number()
            .over(partition_by=grade.c.shape, order_by=(user.c.name, submission.c.id))
            .label("position"),
        )
        .select_from(enrolment)
        .join(user, user.c.id == enrolment.c.user_id)
        .join(counted, counted.c.user_id == user.c.id)
        .join(submission, submission.c.id == counted.c.id)
        .join(grade, sa.and_(grade.c.submission_id == submission.c.id, grade.c.gen == counted.c.gen))
        .where(enrolment.c.course_id == course_id, enrolment.c.role == LEARNER, grade.c.shape != "")
        .cte("compared")
    )  # fmt: skip
    is_equal = sa.and_(compared.c.learners > 1, compared.c.position == 1)
    total, equal = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((is_equal, 1), else_=0)), 0)).select_from(
            compared
        )
    ).one()
    largest = (
        sa.select(compared.c.shape, compared.c.learners)
        .where(is_equal)
        .order_by(compared.c.learners.desc(), compared.c.shape)
        .limit(groups)
        .subquery()
    )
    rows = connection.execute(
        sa.select(compared)
        .join(largest, largest.c.shape == compared.c.shape)
        .where(compared.c.position <= each)
        .order_by(compared.c.learners.desc(), compared.c.shape, compared.c.position)
    )
    found: dict[str, Equal] = {}
    for row in rows:
        made = found.setdefault(row.shape, Equal(count=row.learners, some=[], score=row.score, max_score=row.max_score))
        made.some.append((row.id, row.name))
    return int(total), int(equal), [*found.values()]
