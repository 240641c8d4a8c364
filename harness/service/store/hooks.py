"""Webhooks of a course: who is told of its grades, and by what secret they know that it is us."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from harness.errors import UsageError
from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id, new_secret
from harness.service.outgoing import Forbidden, target_of
from harness.service.schema import outbox, webhook
from harness.service.store.auditing import note
from harness.service.store.telling import WEBHOOK

__all__ = ["Deliveries", "Delivery", "deliveries", "drop_webhook", "make_webhook", "webhook_by_id", "webhooks_of"]

#: Of one course: each is told of every grade.
_MOST = 20
#: Characters of an address, as many as its column has.
_LONGEST_URL = 2000
#: Deliveries of each webhook that are shown: enough to see whether it works.
_LAST = 5


class Delivery(Record, frozen=True, kw_only=True):
    """What came of telling a webhook of one grade."""

    submission_id: str
    #: As in the message: ``grade.changed`` or ``submission.failed``.
    type: str
    #: Seconds since 1970: when it came to an end, or is tried again.
    at: float
    tries: int
    #: "" for what was delivered.
    error: str


class Deliveries(Record, frozen=True, kw_only=True):
    """How a webhook does."""

    waiting: int
    #: The message that the others wait for, if it was tried in vain.
    trying: Delivery | None
    #: Those that came to an end, the newest first. What was delivered is forgotten after some days.
    last: tuple[Delivery, ...]


def make_webhook(
    database: Database,
    connection: sa.Connection,
    *,
    course_id: str,
    url: str,
    private: bool,
    by: str,
    address: str | None = None,
) -> tuple[sa.RowMapping, str]:
    """Have ``url`` told of every grade of a course from now on; return the webhook, and its secret to be shown once.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        course_id: Whose grades.
        url: Who is told.
        private: Whether that may be an address of our own network.
        by: Who wants it.
        address: The client's network address.

    Raises:
        UsageError: nothing is sent to such an address, or the course has many webhooks already.
    """
    try:
        if len(url) > _LONGEST_URL:
            raise Forbidden("it is too long")
        target_of(url, private=private)
    except Forbidden as error:
        raise UsageError(
            Sentence("nothing is sent to this address: {reason}", reason=error),
            Sentence("write the https address of a host that everybody can reach"),
        ) from None
    # Two at once are counted one after the other.
    known = connection.execute(sa.select(webhook.c.id).where(webhook.c.course_id == course_id).with_for_update()).all()
    if len(known) >= _MOST:
        raise UsageError(
            Sentence("this course has {count} webhooks already", count=len(known)),
            Sentence("delete one that is not needed any more"),
        )
    secret = new_secret("dout_hook")
    row = connection.execute(
        sa.insert(webhook)
        .values(id=new_id(), course_id=course_id, url=url, secret=secret, created_at=database.clock)
        .returning(webhook)
    ).mappings().one()  # fmt: skip
    what = f"webhook:{row['id']}"
    note(database, connection, by, "webhook.make", what, course_id=course_id, address=address, host=_host(url))
    return row, secret


def webhooks_of(connection: sa.Connection, course_id: str) -> Sequence[sa.RowMapping]:
    """Return the webhooks of a course, the oldest first."""
    query = sa.select(webhook).where(webhook.c.course_id == course_id).order_by(webhook.c.id)
    return connection.execute(query).mappings().all()


def webhook_by_id(connection: sa.Connection, webhook_id: str) -> sa.RowMapping | None:
    """Return a webhook; None when there is none."""
    return connection.execute(sa.select(webhook).where(webhook.c.id == webhook_id)).mappings().first()


def deliveries(connection: sa.Connection, webhook_id: str) -> Deliveries:
    """Return how a webhook does."""
    of_hook = outbox.c.target == f"{WEBHOOK}:{webhook_id}"
    waiting = sa.and_(of_hook, outbox.c.done_at.is_(None))
    ended = sa.and_(of_hook, outbox.c.done_at.is_not(None))
    # By the index of target and end: a class may have thousands of either.
    count = connection.execute(sa.select(sa.func.count()).where(waiting)).scalar_one()
    tried = sa.select(outbox).where(waiting, outbox.c.tries > 0).limit(1)
    last = sa.select(outbox).where(ended).order_by(outbox.c.done_at.desc(), outbox.c.id.desc()).limit(_LAST)
    trying = connection.execute(tried).mappings().first()
    return Deliveries(
        waiting=count,
        trying=None if trying is None else _delivery(trying, trying["next_at"]),
        last=tuple(_delivery(row, row["done_at"]) for row in connection.execute(last).mappings()),
    )


def _delivery(row: sa.RowMapping, at: float) -> Delivery:
    event = msgspec.json.decode(row["payload"])["event"]
    return Delivery(
        submission_id=event["submission"], type=event["type"], at=at, tries=row["tries"], error=row["error"] or ""
    )


def drop_webhook(
    database: Database, connection: sa.Connection, found: sa.RowMapping, *, by: str, address: str | None = None
) -> None:
    """Tell a webhook nothing any more, not even what waits to be told."""
    target = f"{WEBHOOK}:{found['id']}"
    connection.execute(sa.delete(outbox).where(outbox.c.target == target, outbox.c.done_at.is_(None)))
    gone = connection.execute(sa.delete(webhook).where(webhook.c.id == found["id"]).returning(webhook.c.id)).first()
    if gone is not None:
        what, course_id = f"webhook:{found['id']}", found["course_id"]
        note(
            database,
            connection,
            by,
            "webhook.drop",
            what,
            course_id=course_id,
            address=address,
            host=_host(found["url"]),
        )


def _host(url: str) -> str:
    # The rest of the address may be a secret of the receiver's.
    return urlsplit(url).hostname or ""
