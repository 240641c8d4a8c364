"""Webhooks of a course: who is told of its grades, and by what secret they know that it is us."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id, new_secret
from harness.service.schema import outbox, webhook
from harness.service.store.auditing import note
from harness.service.store.telling import WEBHOOK

__all__ = ["drop_webhook", "make_webhook", "webhook_by_id", "webhooks_of"]

#: Of one course: each is told of every grade.
_MOST = 20


def make_webhook(
    database: Database, connection: sa.Connection, *, course_id: str, url: str, by: str, address: str | None = None
) -> tuple[sa.RowMapping, str]:
    """Have ``url`` told of every grade of a course from now on; return the webhook, and its secret to be shown once.

    Raises:
        UsageError: the course has many already.
    """
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
