"""What is waiting, who works on it, and how a class stands: for whoever waits, teaches or runs the service."""

from collections.abc import Sequence

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.schema import IS_OPEN, assignment, attempt, course, grade, submission, worker

__all__ = [
    "Pace",
    "alive_workers",
    "class_mark",
    "courses_waiting",
    "failures",
    "pace",
    "places",
    "states",
    "workers",
]

#: Submissions of a course in front of somebody that are counted; after that a place in the queue means nothing.
_MOST_WAITING = 5000
#: Finished attempts that say how long one takes.
_RECENT = 50


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


def alive_workers(database: Database, connection: sa.Connection, dead_after_s: float) -> int:
    """Return how many workers gave a sign of life in the last ``dead_after_s`` seconds."""
    seen = worker.c.seen_at >= database.clock - dead_after_s
    return connection.execute(sa.select(sa.func.count()).select_from(worker).where(seen)).scalar_one()


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


def class_mark(connection: sa.Connection, assignment_id: str) -> tuple[int, float]:
    """Return what changes whenever a grade of the assignment is made: how many there are, and when the last was."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(grade.c.at), 0.0))
        .join(submission, submission.c.id == grade.c.submission_id)
        .where(submission.c.assignment_id == assignment_id)
    ).one()
    return int(row[0]), float(row[1])
