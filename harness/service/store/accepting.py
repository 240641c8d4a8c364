"""Takes submissions in: row, bytes and job of each are one transaction, so that there is never one alone.

Many that come at once are taken in together, with as many statements as one: those are most of the cost.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from harness.errors import DoutError
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.many_rows import among, as_rows, insert_rows
from harness.service.schema import blob, enrolment, submission
from harness.service.store.revisions import newest_revisions

__all__ = ["Accepted", "Incoming", "Job", "Jobs", "Refused", "accept_all"]

#: Waiting submissions of one learner that still make a difference to whose turn it is.
_MOST_PRIORITY = 1000


class Job(NamedTuple):
    """A submission that was just accepted, and waits for its first grade."""

    submission_id: str
    #: Courses take turns.
    course_id: str
    #: Within a course, from 1; the lowest number first.
    priority: int
    #: The trace that it came in (:func:`harness.service.tracing.carried`).
    parent: str


class Jobs(Protocol):
    """Where accepted work waits."""

    def enqueue_new(self, connection: sa.Connection, jobs: Sequence[Job]) -> None:
        """Have all of these graded, which nobody has asked for before; in the transaction of ``connection``."""

    def enqueue(
        self, connection: sa.Connection, submission_id: str, gen: int, *, course_id: str, priority: int
    ) -> None:
        """Have generation ``gen`` of a submission graded; in the transaction of ``connection``."""


class Incoming(Record, frozen=True, kw_only=True):
    """What somebody hands in."""

    assignment_id: str
    user_id: str
    #: Of the file, as the learner called it.
    name: str
    data: bytes
    #: What the client calls this submission: sending it twice is sending it once.
    idempotency_key: str
    #: The trace that it came in (:func:`harness.service.tracing.carried`).
    parent: str = ""


class Accepted(Record, frozen=True, kw_only=True):
    """What was taken in."""

    id: str
    #: The learner's own, from 1.
    number: int
    is_late: bool
    #: False when the same was accepted before.
    is_new: bool


class Refused(DoutError):  # noqa: N818 - the client is refused; nothing went wrong here
    """It was not taken in, and nothing was changed.

    ``code`` is one of ``no-assignment``, ``not-open``, ``closed``, ``no-attempts-left``, ``too-soon``, ``key-reused``.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message, hint)
        self.code = code
        #: Seconds until it may be tried again; None when time alone changes nothing.
        self.retry_after = retry_after


# Made once: to build one takes several times as long as to run it.
_LOCKED = (
    sa.select(enrolment.c.user_id)
    .where(among(enrolment.c.user_id, "users"), among(enrolment.c.course_id, "courses"))
    .order_by(enrolment.c.user_id, enrolment.c.course_id)
    .with_for_update()
)
#: That a submission is of one of these learners, and for one of these assignments.
_OF_THESE = sa.and_(among(submission.c.user_id, "users"), among(submission.c.assignment_id, "assignments"))
_KNOWN = sa.select(
    submission.c.user_id,
    submission.c.assignment_id,
    submission.c.idempotency_key,
    submission.c.id,
    submission.c.number,
    submission.c.is_late,
    submission.c.blob_sha256,
).where(_OF_THESE, among(submission.c.idempotency_key, "keys"))
_STANDINGS = (
    sa.select(
        submission.c.user_id,
        submission.c.assignment_id,
        sa.func.max(submission.c.number),
        sa.func.sum(sa.case((submission.c.counts, 1), else_=0)),
        sa.func.sum(sa.case((submission.c.status.in_(("queued", "running")), 1), else_=0)),
        sa.func.max(submission.c.received_at),
    )
    .where(_OF_THESE)
    .group_by(submission.c.user_id, submission.c.assignment_id)
)


_EACH = ("id", "assignment_id", "revision", "user_id", "number", "idempotency_key", "name", "blob_sha256", "is_late")


@cache
def _added(is_sqlite: bool) -> sa.Insert:
    return insert_rows(
        submission,
        _EACH,
        is_sqlite=is_sqlite,
        status=sa.literal("queued"),
        gen=sa.literal(0),
        counts=sa.true(),
        received_at=sa.bindparam("now", type_=sa.Float()),
    )


@dataclass
class _Standing:
    """What one learner has handed in to one assignment."""

    number: int = 0
    counting: int = 0
    waiting: int = 0
    last: float | None = None


_Pair = tuple[str, str]


def accept_all(
    database: Database, jobs: Jobs, connection: sa.Connection, incoming: Sequence[Incoming]
) -> list[Accepted | Refused]:
    """Take submissions in, in the transaction of ``connection``. Nothing is accepted until that is committed.

    Returns:
        What came of each, as if they had come one after the other.
    """
    current = newest_revisions(connection, {one.assignment_id for one in incoming})
    _lock(
        connection,
        {(one.user_id, current[one.assignment_id]["course_id"]) for one in incoming if one.assignment_id in current},
    )
    known = _known(connection, incoming)
    standings = _standings(connection, incoming)
    now = database.now(connection)
    results: list[Accepted | Refused] = []
    blobs: dict[str, bytes] = {}
    rows: list[dict[str, Any]] = []
    queued: list[Job] = []
    for one in incoming:
        sha256 = hashlib.sha256(one.data).hexdigest()
        pair = (one.user_id, one.assignment_id)
        try:
            revision = current.get(one.assignment_id)
            if revision is None:
                raise Refused("no-assignment", Sentence("there is no such assignment"))
            if (before := known.get((*pair, one.idempotency_key))) is not None:
                results.append(_again(*before, sha256))
                continue
            standing = standings.setdefault(pair, _Standing())
            _check_time(revision, now)
            _check_quota(revision, standing, now)
        except Refused as refused:
            results.append(refused)
            continue
        # A learner's first submission goes before anyone's second.
        priority = min(standing.waiting, _MOST_PRIORITY) + 1
        standing.number, standing.counting, standing.waiting = (
            standing.number + 1,
            standing.counting + 1,
            standing.waiting + 1,
        )
        standing.last = now
        is_late = revision["due_at"] is not None and now > revision["due_at"]
        accepted = Accepted(id=new_id(), number=standing.number, is_late=is_late, is_new=True)
        results.append(accepted)
        known[*pair, one.idempotency_key] = (accepted, sha256)
        blobs[sha256] = one.data
        rows.append(
            {
                "id": accepted.id,
                "assignment_id": one.assignment_id,
                "revision": revision["number"],
                "user_id": one.user_id,
                "number": accepted.number,
                "idempotency_key": one.idempotency_key,
                "name": one.name,
                "blob_sha256": sha256,
                "is_late": is_late,
            }
        )
        queued.append(Job(accepted.id, revision["course_id"], priority, one.parent))
    if rows:
        # In one sequence everywhere: two processes that send the same files do not wait for each other in a circle.
        ordered = [{"sha256": sha256, "data": data} for sha256, data in sorted(blobs.items())]
        connection.execute(database.insert_new(blob), ordered)
        connection.execute(_added(database.is_sqlite), {"now": now, **as_rows(rows)})
        jobs.enqueue_new(connection, queued)
    return results


def _lock(connection: sa.Connection, members: set[_Pair]) -> None:
    """Have two submissions of one learner at once decided one after the other. (SQLite has one writer anyway.)"""
    if connection.dialect.name != "sqlite":
        users, courses = zip(*members, strict=True) if members else ((), ())
        connection.execute(_LOCKED, {"users": {*users}, "courses": {*courses}})


def _of(incoming: Sequence[Incoming]) -> dict[str, set[str]]:
    """Return what ``_OF_THESE`` is to know."""
    return {"users": {one.user_id for one in incoming}, "assignments": {one.assignment_id for one in incoming}}


def _known(connection: sa.Connection, incoming: Sequence[Incoming]) -> dict[tuple[str, str, str], tuple[Accepted, str]]:
    """Return what was accepted before under the same keys, and the hash of its bytes."""
    found = connection.execute(_KNOWN, {**_of(incoming), "keys": {one.idempotency_key for one in incoming}})
    return {
        (user, assignment, key): (Accepted(id=id_, number=number, is_late=is_late, is_new=False), sha256)
        for user, assignment, key, id_, number, is_late, sha256 in found
    }


def _standings(connection: sa.Connection, incoming: Sequence[Incoming]) -> dict[_Pair, _Standing]:
    found = connection.execute(_STANDINGS, _of(incoming))
    return {(user, assignment): _Standing(*counted) for user, assignment, *counted in found}


def _again(before: Accepted, was: str, sha256: str) -> Accepted:
    if was != sha256:
        raise Refused(
            "key-reused",
            Sentence("another file was handed in under the same key"),
            Sentence("use a new Idempotency-Key for each file"),
        )
    return Accepted(id=before.id, number=before.number, is_late=before.is_late, is_new=False)


def _check_time(current: sa.RowMapping, now: float) -> None:
    if current["open_at"] is not None and now < current["open_at"]:
        raise Refused(
            "not-open", Sentence("this assignment is not open yet"), retry_after=math.ceil(current["open_at"] - now)
        )
    if current["close_at"] is not None and now > current["close_at"]:
        raise Refused("closed", Sentence("this assignment is closed"), Sentence("ask your instructor"))


def _check_quota(current: sa.RowMapping, before: _Standing, now: float) -> None:
    most = current["max_attempts"]
    if most is not None and before.counting >= most:
        raise Refused(
            "no-attempts-left",
            Sentence("all {count} submissions are used", count=most),
            Sentence("what could not be graded is not counted; ask your instructor for one more"),
        )
    if before.last is not None and now < before.last + current["cooldown_s"]:
        wait = math.ceil(before.last + current["cooldown_s"] - now)
        raise Refused(
            "too-soon",
            Sentence("the next submission is possible in {seconds} s", seconds=wait),
            retry_after=wait,
        )
