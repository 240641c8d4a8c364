"""Takes a submission in: its row, its bytes and its job are one transaction, so that there is never one alone."""

import hashlib
import math
from typing import Any, Protocol

import sqlalchemy as sa

from harness.errors import DoutError
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import blob, enrolment, submission
from harness.service.store.revisions import newest_revision
from harness.service.tracing import continued

__all__ = ["Accepted", "Incoming", "Jobs", "Refused", "accept"]

#: Waiting submissions of one learner that still make a difference to whose turn it is.
_MOST_PRIORITY = 1000


class Jobs(Protocol):
    """Where accepted work waits."""

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


def accept(database: Database, jobs: Jobs, connection: sa.Connection, incoming: Incoming) -> Accepted:
    """Take a submission in, in the transaction of ``connection``. Nothing is accepted until that is committed.

    Raises:
        Refused: it may not be handed in, or not now.
    """
    sha256 = hashlib.sha256(incoming.data).hexdigest()
    # Two submissions of one learner at once are decided one after the other. (SQLite has one writer anyway.)
    current = newest_revision(connection, incoming.assignment_id)
    if current is None:
        raise Refused("no-assignment", Sentence("there is no such assignment"))
    connection.execute(
        sa.select(enrolment.c.user_id)
        .where(enrolment.c.user_id == incoming.user_id, enrolment.c.course_id == current["course_id"])
        .with_for_update()
    )
    mine = sa.and_(submission.c.user_id == incoming.user_id, submission.c.assignment_id == incoming.assignment_id)
    known = connection.execute(
        sa.select(submission.c.id, submission.c.number, submission.c.is_late, submission.c.blob_sha256).where(
            mine, submission.c.idempotency_key == incoming.idempotency_key
        )
    ).first()
    if known is not None:
        if known.blob_sha256 != sha256:
            raise Refused(
                "key-reused",
                Sentence("another file was handed in under the same key"),
                Sentence("use a new Idempotency-Key for each file"),
            )
        return Accepted(id=known.id, number=known.number, is_late=known.is_late, is_new=False)
    now = database.now(connection)
    _check_time(current, now)
    before = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.max(submission.c.number), 0).label("number"),
            sa.func.coalesce(sa.func.sum(sa.case((submission.c.counts, 1), else_=0)), 0).label("counting"),
            sa.func.max(submission.c.received_at).label("last"),
            sa.func.coalesce(
                sa.func.sum(sa.case((submission.c.status.in_(("queued", "running")), 1), else_=0)), 0
            ).label("waiting"),
        ).where(mine)
    ).one()
    _check_quota(current, before, now)
    row = {
        "id": new_id(),
        "assignment_id": incoming.assignment_id,
        "revision": current["number"],
        "user_id": incoming.user_id,
        "number": before.number + 1,
        "idempotency_key": incoming.idempotency_key,
        "name": incoming.name,
        "blob_sha256": sha256,
        "status": "queued",
        "gen": 0,
        "is_late": current["due_at"] is not None and now > current["due_at"],
        "counts": True,
        "received_at": now,
    }
    connection.execute(database.insert_new(blob, {"sha256": sha256, "data": incoming.data}))
    connection.execute(sa.insert(submission).values(row))
    # A learner's first submission goes before anyone's second.
    priority = min(int(before.waiting), _MOST_PRIORITY) + 1
    with continued(incoming.parent):
        jobs.enqueue(connection, row["id"], 0, course_id=current["course_id"], priority=priority)
    return Accepted(id=row["id"], number=row["number"], is_late=row["is_late"], is_new=True)


def _check_time(current: sa.RowMapping, now: float) -> None:
    if current["open_at"] is not None and now < current["open_at"]:
        raise Refused(
            "not-open", Sentence("this assignment is not open yet"), retry_after=math.ceil(current["open_at"] - now)
        )
    if current["close_at"] is not None and now > current["close_at"]:
        raise Refused("closed", Sentence("this assignment is closed"), Sentence("ask your instructor"))


def _check_quota(current: sa.RowMapping, before: Any, now: float) -> None:
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
