"""Tells other systems what is noted in the table ``outbox``: at least once, to each target one after the other.

What fails for a reason that may pass is tried again, :data:`MOST_TRIES` times in a little more than two days. What
fails for good, or that often, is given up: the row stays, with its error, and can be tried again by hand. Grading
waits for none of this.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa
from joserfc.jwk import RSAKey

from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.lti.ags import Tokens, private_is_fine, score_of
from harness.service.outgoing import Answer, Forbidden, Resolve, Unreachable, new_client, resolve, send
from harness.service.schema import lti_link, lti_member, outbox, webhook
from harness.service.settings import Settings
from harness.service.store.standing import standing
from harness.service.store.telling import AGS, WEBHOOK
from harness.service.webhooks import SIGNATURE, signed

__all__ = ["MOST_TRIES", "Outbox", "Result", "due", "given_up", "judged", "settle", "try_again", "wait_after"]

#: 10 s doubled ten times, and then twelve times four hours: an LMS that is down on Saturday has its scores on Monday.
MOST_TRIES = 24
_FIRST_WAIT_S = 10.0
_LONGEST_WAIT_S = 4 * 3600.0
#: Messages that one call delivers, all at once.
_MOST = 20
#: Answers that say "not now" (RFC 9110, 6585 and 8470).
_PASSING = frozenset({408, 425, 429})


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


def judged(answer: Answer) -> Result:
    """Return what an answer means."""
    if 200 <= answer.status < 300:
        return Result()
    if answer.status >= 500 or answer.status in _PASSING:
        wait = answer.headers.get("retry-after", "")
        # A date is allowed as well, and is as good as our own waiting.
        asked = min(float(wait), _LONGEST_WAIT_S) if wait.isascii() and wait.isdigit() else 0.0
        return Result(error=Sentence("the answer was status {status}", status=answer.status), wait_s=asked)
    if 300 <= answer.status < 400:
        return Result(error=Sentence("the answer was a redirect, which is not followed"), is_final=True)
    return Result(error=Sentence("the answer was status {status}", status=answer.status), is_final=True)


def wait_after(tries: int, chance: float) -> float:
    """Return the seconds to wait after the try number ``tries``, from 1.

    Args:
        tries: How often it was tried.
        chance: From 0 to 1, so that not all who wait for one target come back at once.
    """
    return min(_FIRST_WAIT_S * 2.0 ** min(tries - 1, 30), _LONGEST_WAIT_S) * (0.75 + 0.5 * chance)


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
        sa.update(webhook).where(webhook.c.id == target.removeprefix("webhook:")).values(disabled_at=now)
    )
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.target == target, outbox.c.done_at.is_(None))
        .values(done_at=now, error=str(_SWITCHED_OFF))
    )


def given_up(connection: sa.Connection, most: int = 100) -> Sequence[sa.RowMapping]:
    """Return the messages that were given up, newest first: for the operator, and for an alarm."""
    query = (
        sa.select(outbox)
        .where(outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))
        .order_by(outbox.c.done_at.desc(), outbox.c.id)
        .limit(most)
    )
    return connection.execute(query).mappings().all()


def try_again(database: Database, connection: sa.Connection, message_id: str) -> bool:
    """Have a message that was given up tried again; return False when there is no such one."""
    changed = connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == message_id, outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))
        .values(done_at=None, error=None, tries=0, next_at=database.clock)
        .returning(outbox.c.id)
    ).first()
    return changed is not None


_SWITCHED_OFF = Sentence("the webhook is switched off")
_NO_PLACE = Sentence("the LMS is not registered any more, or its gradebook takes no scores from here")


class Outbox:
    """Delivers what is due.

    One at a time, under a lease: two at once would deliver twice, and a score's time would not only go forward.

    Args:
        database: Where the messages are.
        settings: For the platforms, and what is allowed.
        key: Our own, by which platforms know us.
        open_client: Makes a client as :func:`harness.service.outgoing.new_client` does.
        look_up: Gives the addresses of a host.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        key: RSAKey,
        *,
        open_client: Callable[[], httpx.AsyncClient] = new_client,
        look_up: Resolve = resolve,
    ) -> None:
        self._database = database
        self._settings = settings
        self._key = key
        self._open_client = open_client
        self._look_up = look_up
        self._granted: dict[str, tuple[str, float]] = {}

    def deliver_once(self, now: float) -> int:
        """Try what is due at ``now``, and return how many messages that were. It takes about two minutes at most.

        To be called where no event loop runs: in a thread of its own.

        Args:
            now: Seconds since 1970, by the database's clock.
        """
        with self._database.reading() as connection:
            rows = due(connection, now)
        if rows:
            asyncio.run(self._deliver_all(rows, now))
        return len(rows)

    async def _deliver_all(self, rows: Sequence[sa.RowMapping], now: float) -> None:
        tokens = Tokens(self._key, self._granted)
        async with self._open_client() as client:
            # No transaction is open while the other side takes its time, and nobody waits for another's.
            await asyncio.gather(*(self._deliver(client, tokens, row, now) for row in rows))

    async def _deliver(self, client: httpx.AsyncClient, tokens: Tokens, row: sa.RowMapping, now: float) -> None:
        try:
            if row["kind"] == AGS:
                result = await self._score(client, tokens, row, now)
            else:
                result = await self._call(client, row, now)
        except (Forbidden, httpx.InvalidURL) as error:
            result = Result(error=Sentence("nothing is sent to this address: {reason}", reason=error), is_final=True)
        except Unreachable as error:
            result = Result(error=Sentence("there was no answer: {reason}", reason=str(error)[:300]))
        with self._database.writing() as connection:
            settle(connection, row, result, now, random.random())

    async def _call(self, client: httpx.AsyncClient, row: sa.RowMapping, now: float) -> Result:
        payload = msgspec.json.decode(row["payload"])
        with self._database.reading() as connection:
            hook = connection.execute(sa.select(webhook).where(webhook.c.id == payload["webhook_id"])).first()
        if hook is None or hook.disabled_at is not None:
            return Result(error=_SWITCHED_OFF, is_final=True)
        body = msgspec.json.encode({"id": row["id"], **payload["event"]})
        headers = {"Content-Type": "application/json", SIGNATURE: signed(hook.secret, body, now)}
        private = self._settings.private_webhooks
        return judged(await send(client, hook.url, body, headers, private=private, look_up=self._look_up))

    async def _score(self, client: httpx.AsyncClient, tokens: Tokens, row: sa.RowMapping, now: float) -> Result:
        payload = msgspec.json.decode(row["payload"])
        with self._database.reading() as connection:
            place = connection.execute(
                sa.select(lti_link, lti_member.c.subject)
                .join(lti_member, lti_member.c.link_id == lti_link.c.id)
                .where(lti_link.c.id == payload["link_id"], lti_member.c.user_id == payload["user_id"])
            ).first()
            platforms = {one.key: one for one in self._settings.lti_platforms}
            platform = platforms.get(place.platform) if place is not None else None
            if place is None or platform is None or place.line_item is None or place.assignment_id is None:
                return Result(error=_NO_PLACE, is_final=True)
            stands = standing(connection, place.assignment_id, payload["user_id"], now)
            last = connection.execute(
                sa.select(sa.func.max(outbox.c.done_at)).where(outbox.c.target == row["target"])
            ).scalar()
        # A platform keeps what has the later time (AGS 2.0): ours only goes forward, whatever the clock does.
        at_ms = int(now * 1000) if last is None else max(int(now * 1000), round(last * 1000) + 1)
        score = score_of(stands, place.subject, at_ms)

        async def post(url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
            private = private_is_fine(platform, url)
            return await send(client, url, content, headers, private=private, look_up=self._look_up)

        found = judged(await tokens.send_score(post, platform, place.line_item, score, now))
        return msgspec.structs.replace(found, at=at_ms / 1000)
