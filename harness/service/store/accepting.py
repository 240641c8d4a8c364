"""Takes submissions in: row, bytes and job of each are one transaction, so that there is never one alone.

Many that come at once are taken in together, with as many statements as one: those are most of the cost.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from harness.errors import DoutError
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database, new_rows
from harness.service.ids import new_id
from harness.service.many_rows import among, as_rows, insert_rows
from harness.service.schema import blob, submission, user
from harness.service.store.attempts import Key, Known, Standing, attempts_before
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
#: Rows of learners: what is handed in is not there yet. Who adds a row that names one of them need not wait.
_LOCKED = sa.select(user.c.id).where(among(user.c.id, "users")).order_by(user.c.id).with_for_update(key_share=True)
#: Keeps bytes that are not there yet. At PostgreSQL all in one go: row by row its driver takes half as long again for
#: all of accepting.
_KEPT_ONE = new_rows(blob, is_sqlite=True)
_GIVEN = (
    sa.func.unnest(*(sa.bindparam(one.name, type_=sa.ARRAY(one.type)) for one in (blob.c.sha256, blob.c.data)))
    .table_valued("sha256", "data")
    .render_derived()
)
_KEPT_ALL = new_rows(blob, is_sqlite=False).from_select(["sha256", "data"], sa.select(_GIVEN.c.sha256, _GIVEN.c.data))
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


def accept_all(
    database: Database, jobs: Jobs, connection: sa.Connection, incoming: Sequence[Incoming]
) -> list[Accepted | Refused]:
    """Take submissions in, in the transaction of ``connection``. Nothing is accepted until that is committed.

    Returns:
        What came of each, as if they had come one after the other.
    """
    if not incoming:
        return []
    current = newest_revisions(connection, {one.assignment_id for one in incoming})
    _lock(database, connection, incoming)
    keys = [Key(one.user_id, one.assignment_id, one.idempotency_key) for one in incoming]
    now, standings, known = attempts_before(database, connection, keys)
    results: list[Accepted | Refused] = []
    blobs: dict[str, bytes] = {}
    rows: list[dict[str, Any]] = []
    queued: list[Job] = []
    for key, one in zip(keys, incoming, strict=True):
        sha256 = hashlib.sha256(one.data).hexdigest()
        try:
            revision = current.get(one.assignment_id)
            if revision is None:
                raise Refused("no-assignment", Sentence("there is no such assignment"))
            if (same := known.get(key)) is not None:
                results.append(_again(same, sha256))
                continue
            standing = standings[one.user_id, one.assignment_id]
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
        known[key] = Known(accepted.id, accepted.number, is_late, sha256)
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
        _keep(database, connection, blobs)
        connection.execute(_added(database.is_sqlite), {"now": now, **as_rows(rows)})
        jobs.enqueue_new(connection, queued)
    return results


def _lock(database: Database, connection: sa.Connection, incoming: Sequence[Incoming]) -> None:
    """Have two submissions of one learner at once decided one after the other. (SQLite has one writer anyway.)"""
    if not database.is_sqlite:
        connection.execute(_LOCKED, {"users": {one.user_id for one in incoming}})


def _keep(database: Database, connection: sa.Connection, blobs: Mapping[str, bytes]) -> None:
    # In one sequence everywhere: two processes that send the same files do not wait for each other in a circle.
    ordered = sorted(blobs.items())
    if database.is_sqlite:
        connection.execute(_KEPT_ONE, [{"sha256": sha256, "data": data} for sha256, data in ordered])
    else:
        hashes, texts = zip(*ordered, strict=True)
        connection.execute(_KEPT_ALL, {"sha256": [*hashes], "data": [*texts]})


def _again(before: Known, sha256: str) -> Accepted:
    if before.sha256 != sha256:
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


def _check_quota(current: sa.RowMapping, before: Standing, now: float) -> None:
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
