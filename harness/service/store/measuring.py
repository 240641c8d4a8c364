"""What workers did, and what is the case now, in figures: the truth of the whole service, whichever process asks."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.schema import IS_GIVEN_UP, attempt, audit, grade, outbox, submission, worker

__all__ = [
    "GRADING_SECONDS",
    "WAIT_SECONDS",
    "Spread",
    "Work",
    "failed",
    "messages",
    "reaped",
    "worked",
    "workers_by_state",
]

#: Upper bounds. A grading takes 15 ms of a processor, and at most some limits of 10 s each; a wait is a second at a
#: quiet time, and an evening at the worst deadline.
GRADING_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
WAIT_SECONDS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 3600.0, 21600.0)
#: Failed submissions that are counted: beyond, the figure says "very many" anyway.
_MOST_FAILED = 10_000


class Spread(Record, frozen=True, kw_only=True):
    """How durations are spread."""

    #: How many were at most as long as each bound.
    within: Sequence[int]
    count: int
    #: All of them together, seconds.
    seconds: float


class Work(Record, frozen=True, kw_only=True):
    """Attempts of one kind that ended in some time."""

    state: str
    #: Whether it was not the first of its generation.
    is_again: bool
    #: Of the grade that it made; None when it made none.
    outcome: str | None
    grading: Spread
    #: From the moment of accepting to the grade. Not of regrades.
    wait: Spread


def worked(connection: sa.Connection, since: float, until: float) -> list[Work]:
    """Return what ended after ``since`` and up to ``until``, by the database's clock.

    The work is that of those attempts: they are found by an index, and each of them is one row of three tables.
    """
    took = attempt.c.ended_at - attempt.c.started_at
    is_first = sa.and_(attempt.c.gen == 0, grade.c.attempt_n.is_not(None))
    waited = sa.case((is_first, attempt.c.ended_at - submission.c.received_at))
    columns = [*_spread(took, GRADING_SECONDS), *_spread(waited, WAIT_SECONDS)]
    kind = (attempt.c.state, (attempt.c.n > 1).label("is_again"), grade.c.outcome)
    mine = sa.and_(
        grade.c.submission_id == attempt.c.submission_id,
        grade.c.gen == attempt.c.gen,
        grade.c.attempt_n == attempt.c.n,
    )
    rows = connection.execute(
        sa.select(*kind, *columns)
        .select_from(attempt.join(submission, submission.c.id == attempt.c.submission_id).outerjoin(grade, mine))
        .where(attempt.c.ended_at > since, attempt.c.ended_at <= until)
        .group_by(*kind)
    )
    middle = 3 + len(GRADING_SECONDS) + 2
    return [
        Work(
            state=row.state,
            is_again=bool(row.is_again),
            outcome=row.outcome,
            grading=_read_spread(row[3:middle]),
            wait=_read_spread(row[middle:]),
        )
        for row in rows
    ]


def _spread(seconds: sa.ColumnElement[Any], bounds: Sequence[float]) -> list[sa.ColumnElement[Any]]:
    within = [sa.func.sum(sa.case((seconds <= bound, 1), else_=0)) for bound in bounds]
    return [*within, sa.func.count(seconds), sa.func.coalesce(sa.func.sum(seconds), 0.0)]


def _read_spread(values: Sequence[Any]) -> Spread:
    *within, count, seconds = values
    return Spread(within=[int(value) for value in within], count=int(count), seconds=float(seconds))


def messages(connection: sa.Connection) -> dict[str, int]:
    """Return how many messages to other systems there are: ``waiting``, and ``given_up``."""
    counted = sa.select(sa.func.count()).select_from(outbox)
    waiting = counted.where(outbox.c.done_at.is_(None)).scalar_subquery()
    lost = counted.where(IS_GIVEN_UP).scalar_subquery()
    row = connection.execute(sa.select(waiting.label("waiting"), lost.label("given_up"))).one()
    return {"waiting": int(row.waiting), "given_up": int(row.given_up)}


def reaped(connection: sa.Connection, since: float, until: float) -> int:
    """Return how many workers were taken for dead in that time. In the life of a service those are few."""
    query = sa.select(sa.func.count()).where(audit.c.action == "worker.reaped", audit.c.at > since, audit.c.at <= until)
    return int(connection.execute(query).scalar_one())


def failed(connection: sa.Connection) -> dict[str, int]:
    """Return how many submissions are failed now, by the reason; of the newest 10,000."""
    newest = (
        sa.select(submission.c.reason)
        .where(submission.c.status == "failed")
        .order_by(submission.c.received_at.desc())
        .limit(_MOST_FAILED)
        .subquery()
    )
    rows = connection.execute(sa.select(newest.c.reason, sa.func.count()).group_by(newest.c.reason))
    return {reason or "": int(count) for reason, count in rows}


def workers_by_state(database: Database, connection: sa.Connection, dead_after_s: float) -> dict[str, tuple[int, int]]:
    """Return how many workers are ``working``, ``draining`` and ``silent``, each with their slots together."""
    state = sa.case(
        (worker.c.seen_at < database.clock - dead_after_s, "silent"),
        (worker.c.is_draining, "draining"),
        else_="working",
    ).label("state")
    # Grouped by the name: the expression has parameters, which are others each time that it is written.
    rows = connection.execute(
        sa.select(state, sa.func.count(), sa.func.sum(worker.c.slots)).group_by(sa.literal_column("state"))
    )
    return {name: (int(count), int(slots)) for name, count, slots in rows}
