"""Puts submissions that no queue knows back into it, and asks for a new grade of those that have one."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.faults import reach
from harness.service.schema import assignment, submission
from harness.service.store.accepting import Jobs
from harness.service.store.auditing import note
from harness.service.store.personal import ERASED_TEXT

__all__ = ["REGRADE_PRIORITY", "Regraded", "Requeues", "regrade", "regrade_some", "requeue", "waiting_after"]

#: A regrade comes after whatever learners wait for.
REGRADE_PRIORITY = 10_000
#: Submissions that are asked for again in one transaction: others write in between.
_AT_ONCE = 200


class Regraded(Record, frozen=True, kw_only=True):
    """What came of asking for some of an assignment again."""

    #: How many will be graded again: those that wait for a grade anyway are not asked for twice.
    count: int
    #: The last one that was looked at, to go on after; None when there is no other.
    after: str | None


class Requeues(Jobs, Protocol):
    """A queue from which jobs can be taken out as well."""

    def forget(self, jobs: Sequence[tuple[str, int]]) -> None:
        """Delete what the queue knows of the jobs of these submissions and generations."""


def waiting_after(connection: sa.Connection, after: str, before: float, most: int) -> Sequence["sa.Row[str, int]"]:
    """Return (id, generation) of submissions that wait or run, by id.

    Args:
        connection: Where to look.
        after: The last id of the page before, or "".
        before: Only those that were accepted before this moment.
        most: How many.
    """
    return connection.execute(
        sa.select(submission.c.id, submission.c.gen)
        .where(
            submission.c.status.in_(("queued", "running")), submission.c.id > after, submission.c.received_at < before
        )
        .order_by(submission.c.id)
        .limit(most)
    ).all()


def requeue(database: Database, jobs: Requeues, submission_id: str, gen: int) -> None:
    """Put a submission into the queue again whose job is over, or is not known there."""
    jobs.forget([(submission_id, gen)])
    reach("requeue.between")
    with database.writing() as connection:
        course_id = connection.execute(
            sa.select(assignment.c.course_id)
            .join(submission, submission.c.assignment_id == assignment.c.id)
            .where(submission.c.id == submission_id)
        ).scalar_one()
        jobs.enqueue(connection, submission_id, gen, course_id=course_id, priority=1)


def regrade(database: Database, jobs: Jobs, connection: sa.Connection, submission_id: str, actor: str) -> int | None:
    """Ask for a new grade; the one that there is stands until then.

    Returns:
        The new generation, or None when the submission waits for a grade anyway, or its text was erased.
    """
    row = connection.execute(
        sa.select(submission.c.gen, submission.c.status, submission.c.blob_sha256, assignment.c.course_id)
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .where(submission.c.id == submission_id)
        .with_for_update(of=submission)
    ).first()
    # Of an erased person nothing is left to grade, and the grade that was kept is to stay.
    if row is None or row.status in ("queued", "running") or row.blob_sha256 == ERASED_TEXT:
        return None
    gen = int(row.gen) + 1
    connection.execute(
        sa.update(submission).where(submission.c.id == submission_id).values(gen=gen, status="queued", reason=None)
    )
    jobs.enqueue(connection, submission_id, gen, course_id=row.course_id, priority=REGRADE_PRIORITY)
    what = f"submission:{submission_id}"
    note(database, connection, actor, "submission.regrade", what, course_id=row.course_id, gen=gen)
    return gen


def regrade_some(
    database: Database, jobs: Jobs, connection: sa.Connection, assignment_id: str, after: str, actor: str
) -> Regraded:
    """Ask for new grades of some submissions of an assignment, by id.

    Args:
        database: Whose clock counts.
        jobs: The queue.
        connection: The transaction.
        assignment_id: Whose submissions.
        after: Where the call before ended, or "".
        actor: Who asks.
    """
    ids = connection.scalars(
        sa.select(submission.c.id)
        .where(submission.c.assignment_id == assignment_id, submission.c.id > after)
        .order_by(submission.c.id)
        .limit(_AT_ONCE)
    ).all()
    asked = [regrade(database, jobs, connection, one, actor) for one in ids]
    return Regraded(count=sum(gen is not None for gen in asked), after=ids[-1] if len(ids) == _AT_ONCE else None)
