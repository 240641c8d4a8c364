"""What is waiting, who works on it, and how a class stands: for whoever waits, teaches or runs the service."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.schema import (
    IS_OPEN,
    LEARNER,
    assignment,
    attempt,
    course,
    enrolment,
    grade,
    submission,
    user,
    worker,
)
from harness.service.store.counting import counting_submissions
from harness.service.store.looking import Grade, grades_of

__all__ = [
    "Pace",
    "Standing",
    "class_mark",
    "courses_waiting",
    "failures",
    "pace",
    "places",
    "standing",
    "standings",
    "states",
    "workers",
]

#: Submissions of a course in front of somebody that are counted; after that a place in the queue means nothing.
_MOST_WAITING = 5000
#: Finished attempts that say how long one takes.
_RECENT = 50
#: Learners that are read at once.
_CHUNK = 200


class Pace(Record, frozen=True, kw_only=True):
    """How fast the service grades now."""

    #: Seconds of one grading; None when none was finished yet.
    each_s: float | None
    #: Gradings at once; 0 when no worker lives.
    slots: int


def states(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Return the status, generation and course of submissions that somebody looks at."""
    rows = connection.execute(
        sa.select(submission.c.id, submission.c.status, submission.c.gen, assignment.c.course_id)
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .where(submission.c.id.in_(ids))
    )
    return {row.id: (row.status, row.gen, row.course_id) for row in rows}


def places(connection: sa.Connection, course_id: str) -> dict[str, int]:
    """Return the place in the course's queue of what waits in it, from 1.

    A learner's first waiting submission goes before anybody's second, and regrades go last, as the queue does it.
    """
    rows = connection.execute(
        sa.select(submission.c.id, submission.c.user_id, submission.c.gen)
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .where(submission.c.status == "queued", assignment.c.course_id == course_id)
        .order_by(submission.c.received_at)
        .limit(_MOST_WAITING)
    )
    own: dict[str, int] = {}
    order = []
    for place, row in enumerate(rows):
        turn = own[row.user_id] = own.get(row.user_id, 0) + 1
        order.append((row.gen > 0, turn, place, row.id))
    return {one[-1]: number for number, one in enumerate(sorted(order), 1)}


def pace(database: Database, connection: sa.Connection, dead_after_s: float) -> Pace:
    """Return how long a grading takes at the moment, and how many are done at once."""
    recent = (
        sa.select((attempt.c.ended_at - attempt.c.started_at).label("s"))
        .where(attempt.c.state == "done")
        .order_by(attempt.c.submission_id.desc())
        .limit(_RECENT)
        .subquery()
    )
    each = connection.execute(sa.select(sa.func.avg(recent.c.s))).scalar()
    slots = connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(worker.c.slots), 0)).where(
            worker.c.seen_at > database.clock - dead_after_s, sa.not_(worker.c.is_draining)
        )
    ).scalar_one()
    return Pace(each_s=None if each is None else float(each), slots=int(slots))


def courses_waiting(database: Database, connection: sa.Connection) -> Sequence[sa.RowMapping]:
    """Return each course with work: how much waits and runs, and how long the oldest has waited, in seconds.

    A regrade is as old as its submission: it is counted, and its age is not. ``oldest_s`` is None where nothing else
    waits. It takes a tenth of a second with 200,000 waiting (tests/service/test_metrics.py).
    """
    of_this = sa.and_(submission.c.assignment_id == assignment.c.id, IS_OPEN)

    def counted(status: str) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).where(of_this, submission.c.status == status).scalar_subquery()

    first = sa.select(sa.func.min(submission.c.received_at)).where(of_this, submission.c.gen == 0).scalar_subquery()
    # Each assignment by itself: so both databases use the index of what waits, whatever they know of their tables.
    some = sa.select(
        assignment.c.course_id,
        counted("queued").label("queued"),
        counted("running").label("running"),
        first.label("first"),
    ).subquery()
    query = (
        sa.select(
            course.c.id,
            course.c.slug,
            course.c.name,
            sa.func.sum(some.c.queued).label("queued"),
            sa.func.sum(some.c.running).label("running"),
            (database.clock - sa.func.min(some.c.first)).label("oldest_s"),
        )
        .select_from(some.join(course, course.c.id == some.c.course_id))
        .group_by(course.c.id, course.c.slug, course.c.name)
        .order_by(sa.desc("oldest_s").nulls_last())
    )
    return [row for row in connection.execute(query).mappings() if row["queued"] or row["running"]]


def workers(database: Database, connection: sa.Connection) -> Sequence[sa.RowMapping]:
    """Return every worker with how long ago it was seen, and what it has at hand."""
    running = (
        sa.select(sa.func.count())
        .where(attempt.c.executor == worker.c.executor, attempt.c.state == "running")
        .scalar_subquery()
    )
    query = sa.select(worker, (database.clock - worker.c.seen_at).label("seen_s"), running.label("running"))
    return connection.execute(query.order_by(worker.c.host, worker.c.executor)).mappings().all()


def failures(connection: sa.Connection, most: int) -> Sequence[sa.RowMapping]:
    """Return the newest submissions that could not be graded."""
    query = (
        sa.select(submission.c.id, submission.c.reason, submission.c.received_at, assignment.c.title, course.c.name)
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .join(course, course.c.id == assignment.c.course_id)
        .where(submission.c.status == "failed")
        .order_by(submission.c.received_at.desc())
        .limit(most)
    )
    return connection.execute(query).mappings().all()


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

    @property
    def login(self) -> str:
        """What gradebooks know the learner by: two may have one name, and one no number."""
        return self.external_id or self.email or self.user_id


def standings(connection: sa.Connection, course_id: str, assignment_id: str) -> Iterator[list[Standing]]:
    """Yield the learners of a course, some at a time, by id."""
    after = ""
    while True:
        learners = connection.execute(
            sa.select(user.c.id, user.c.name, user.c.email, enrolment.c.external_id)
            .join(enrolment, enrolment.c.user_id == user.c.id)
            .where(enrolment.c.course_id == course_id, enrolment.c.role == LEARNER, user.c.id > after)
            .order_by(user.c.id)
            .limit(_CHUNK)
        ).all()
        if not learners:
            return
        after = learners[-1].id
        yield _of(connection, assignment_id, learners)


def standing(connection: sa.Connection, course_id: str, assignment_id: str, user_id: str) -> Standing | None:
    """Return where one learner stands in an assignment; None when they are not in the course."""
    learner = connection.execute(
        sa.select(user.c.id, user.c.name, user.c.email, enrolment.c.external_id)
        .join(enrolment, enrolment.c.user_id == user.c.id)
        .where(enrolment.c.course_id == course_id, user.c.id == user_id)
    ).first()
    return None if learner is None else _of(connection, assignment_id, [learner])[0]


def _of(connection: sa.Connection, assignment_id: str, learners: Sequence[Any]) -> list[Standing]:
    who = [one.id for one in learners]
    mine = sa.and_(submission.c.assignment_id == assignment_id, submission.c.user_id.in_(who))
    last = sa.select(submission.c.user_id, sa.func.max(submission.c.number)).where(mine).group_by(submission.c.user_id)
    newest = {
        row.user_id: row.status
        for row in connection.execute(
            sa.select(submission.c.user_id, submission.c.status).where(
                mine, sa.tuple_(submission.c.user_id, submission.c.number).in_(last)
            )
        )
    }
    counting = counting_submissions(connection, assignment_id, who)
    columns = [submission.c[name] for name in ("id", "user_id", "number", "name", "is_late", "blob_sha256")]
    rows = connection.execute(sa.select(*columns).where(submission.c.id.in_([*counting.values()])))
    graded = {row.user_id: row for row in rows}
    grades = grades_of(connection, [*counting.values()])
    found = []
    for one in learners:
        about = {"user_id": one.id, "name": one.name, "external_id": one.external_id, "email": one.email}
        counts = graded.get(one.id)
        if counts is None:
            found.append(Standing(**about, status=newest.get(one.id, "")))
            continue
        found.append(
            Standing(
                **about,
                submission_id=counts.id,
                file=counts.name,
                sha256=counts.blob_sha256,
                number=counts.number,
                is_late=counts.is_late,
                status=newest[one.id],
                grade=grades[counts.id],
            )
        )
    return found


def class_mark(connection: sa.Connection, assignment_id: str) -> tuple[int, float]:
    """Return what changes whenever a grade of the assignment is made: how many there are, and when the last was."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(grade.c.at), 0.0))
        .join(submission, submission.c.id == grade.c.submission_id)
        .where(submission.c.assignment_id == assignment_id)
    ).one()
    return int(row[0]), float(row[1])
