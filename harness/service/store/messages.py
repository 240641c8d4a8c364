"""The table ``outbox``: which messages to other systems are due, and what came of trying to deliver them.

What fails for a reason that may pass is tried again, :data:`MOST_TRIES` times in a little more than two days. What
fails for good, or that often, is given up: the row stays, with its error, and can be tried again by hand.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.schema import IS_GIVEN_UP, outbox, webhook
from harness.service.store.telling import WEBHOOK

__all__ = [
    "LONGEST_WAIT_S",
    "MOST_TRIES",
    "SWITCHED_OFF",
    "Result",
    "due",
    "forget_delivered",
    "given_up",
    "settle",
    "try_again",
    "undelivered",
    "wait_after",
]

#: 10 s doubled ten times, and then twelve times four hours: an LMS that is down on Saturday has its scores on Monday.
MOST_TRIES = 24
_FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 4 * 3600.0
#: Messages that are tried at once: each to another target, and most of them wait for an answer.
_MOST = 50
SWITCHED_OFF = Sentence("the webhook is switched off")


class Result(Record, frozen=True, kw_only=True):
    """What came of one try."""

    #: Empty when it was delivered.
    error: str = ""
    #: Whether it is no use to try again.
    is_final: bool = False
    #: Seconds that the other side asks us to wait.
    wait_s: float = 0.0
    #: When the message says that it was made; seconds since 1970.
    at: float = 0.0


def wait_after(tries: int, chance: float) -> float:
    """Return the seconds to wait after the try number ``tries``, from 1.

    Args:
        tries: How often it was tried.
        chance: From 0 to 1, so that not all who wait for one target come back at once.
    """
    return min(_FIRST_WAIT_S * 2.0 ** min(tries - 1, 30), LONGEST_WAIT_S) * (0.75 + 0.5 * chance)


def due(connection: sa.Connection, now: float, most: int = _MOST) -> Sequence[sa.RowMapping]:
    """Return what is to be tried now: the oldest message of each target, unless that has to wait."""
    older = outbox.alias("older")
    is_first = ~sa.exists().where(
        older.c.target == outbox.c.target,
        older.c.done_at.is_(None),
        sa.or_(
            older.c.created_at < outbox.c.created_at,
            sa.and_(older.c.created_at == outbox.c.created_at, older.c.id < outbox.c.id),
        ),
    )
    query = (
        sa.select(outbox)
        .where(outbox.c.done_at.is_(None), outbox.c.next_at <= now, is_first)
        .order_by(outbox.c.next_at)
        .limit(most)
    )
    return connection.execute(query).mappings().all()


def settle(connection: sa.Connection, row: sa.RowMapping, result: Result, now: float, chance: float) -> None:
    """Write down what came of a try of ``row``; nothing, when somebody else did meanwhile."""
    tries = row["tries"] + 1
    gives_up = bool(result.error) and (result.is_final or tries >= MOST_TRIES)
    values: dict[str, Any] = {"tries": tries, "error": result.error or None}
    if not result.error or gives_up:
        values["done_at"] = max(now, result.at)
    else:
        values["next_at"] = now + max(wait_after(tries, chance), result.wait_s)
    same = sa.and_(outbox.c.id == row["id"], outbox.c.done_at.is_(None), outbox.c.tries == row["tries"])
    changed = connection.execute(sa.update(outbox).where(same).values(values).returning(outbox.c.id)).first()
    if changed is not None and gives_up and not result.is_final and row["kind"] == WEBHOOK:
        _switch_off(connection, row["target"], now)


def _switch_off(connection: sa.Connection, target: str, now: float) -> None:
    # Nobody was there for two days: what waits behind would take two more each.
    connection.execute(
        sa.update(webhook).where(webhook.c.id == target.removeprefix(f"{WEBHOOK}:")).values(disabled_at=now)
    )
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.target == target, outbox.c.done_at.is_(None))
        .values(done_at=now, error=SWITCHED_OFF)
    )


def undelivered(connection: sa.Connection) -> tuple[int, int]:
    """Return how many messages wait, and how many of those were tried in vain."""
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((outbox.c.tries > 0, 1), else_=0)), 0),
        ).where(outbox.c.done_at.is_(None))
    ).one()
    return int(row[0]), int(row[1])


def given_up(connection: sa.Connection, most: int = 100) -> Sequence[sa.RowMapping]:
    """Return the messages that were given up, newest first."""
    query = sa.select(outbox).where(IS_GIVEN_UP).order_by(outbox.c.done_at.desc(), outbox.c.id).limit(most)
    return connection.execute(query).mappings().all()


def try_again(database: Database, connection: sa.Connection, message_id: str) -> bool:
    """Have a message that was given up tried again; return False when there is no such one."""
    changed = connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == message_id, IS_GIVEN_UP)
        .values(done_at=None, error=None, tries=0, next_at=database.clock)
        .returning(outbox.c.id)
    ).first()
    return changed is not None


def forget_delivered(connection: sa.Connection, before: float) -> None:
    """Delete what was delivered before a moment. What was given up stays until somebody has seen to it."""
    connection.execute(sa.delete(outbox).where(outbox.c.done_at < before, outbox.c.error.is_(None)))
