"""Tells other systems what is noted in the table ``outbox``: at least once, to each target one after the other.

Grading waits for none of this.
"""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Callable, Mapping, Sequence

import httpx
import msgspec
import sqlalchemy as sa
import structlog
from joserfc.jwk import RSAKey

from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.faults import reach
from harness.service.lti.ags import Tokens, private_is_fine, score_of
from harness.service.lti.keys import own_key
from harness.service.outgoing import Answer, Forbidden, Resolve, Unreachable, new_client, resolve, send
from harness.service.schema import lti_link, lti_member, outbox, webhook
from harness.service.settings import Settings
from harness.service.store.messages import LONGEST_WAIT_S, SWITCHED_OFF, Result, due, settle
from harness.service.store.platforms import platforms
from harness.service.store.standings import standing
from harness.service.store.telling import AGS

__all__ = ["ROUND_S", "SIGNATURE", "Outbox", "judged", "signed"]

#: Seconds that a round takes at most, whoever does not answer.
ROUND_S = 60.0
#: Answers that say "not now" (RFC 9110, 6585 and 8470). 409 is Moodle's for a score that is not later than its own:
#: the next try says a later time.
_PASSING = frozenset({408, 409, 425, 429})

#: The header by which a receiver knows that a webhook is ours, and not an old one sent again.
SIGNATURE = "Dout-Signature"
_NO_PLACE = Sentence("the LMS is not registered any more, or its gradebook takes no scores from here")

_log = structlog.get_logger("dout.outbox")


def judged(answer: Answer) -> Result:
    """Return what an answer means."""
    if 200 <= answer.status < 300:
        return Result()
    if answer.status >= 500 or answer.status in _PASSING:
        wait = answer.headers.get("retry-after", "")
        # A date is allowed as well, and is as good as our own waiting.
        asked = min(float(wait), LONGEST_WAIT_S) if wait.isascii() and wait.isdigit() else 0.0
        return Result(error=Sentence("the answer was status {status}", status=answer.status), wait_s=asked)
    if 300 <= answer.status < 400:
        return Result(error=Sentence("the answer was a redirect, which is not followed"), is_final=True)
    return Result(error=Sentence("the answer was status {status}", status=answer.status), is_final=True)


def signed(secret: str, body: bytes, now: float) -> str:
    """Return the header's value: ``t=SECONDS,v1=HEX``.

    HEX is the HMAC-SHA256 of the seconds, a full stop and the body, with the webhook's secret as the key.
    """
    seconds = str(int(now))
    mac = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


class Outbox:
    """Delivers what is due.

    One at a time, under a lease: two at once would deliver twice, and a score's time would not only go forward.

    Args:
        database: Where the messages are.
        settings: For the platforms, and what is allowed.
        open_client: Makes a client as :func:`harness.service.outgoing.new_client` does.
        look_up: Gives the addresses of a host.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        open_client: Callable[[], httpx.AsyncClient] = new_client,
        look_up: Resolve = resolve,
    ) -> None:
        self._database = database
        self._settings = settings
        self._open_client = open_client
        self._look_up = look_up
        self._key: RSAKey | None = None
        self._granted: dict[str, tuple[str, float]] = {}

    def deliver_once(self) -> int:
        """Try what is due, and return how many messages that were. It takes :data:`ROUND_S` seconds at most.

        To be called where no event loop runs: in a thread of its own.
        """
        with self._database.reading() as connection:
            now = self._database.now(connection)
            rows = due(connection, now)
        if rows:
            asyncio.run(self._deliver_all(rows, now))
        return len(rows)

    async def _deliver_all(self, rows: Sequence[sa.RowMapping], now: float) -> None:
        tokens = Tokens(self._own_key, self._granted)
        async with self._open_client() as client:
            # No transaction is open while the other side takes its time, and nobody waits for another's.
            await asyncio.gather(*(self._deliver(client, tokens, row, now) for row in rows))

    def _own_key(self) -> RSAKey:
        self._key = self._key or own_key(self._database)
        return self._key

    async def _deliver(self, client: httpx.AsyncClient, tokens: Tokens, row: sa.RowMapping, now: float) -> None:
        log = _log.bind(message=row["id"], kind=row["kind"])
        try:
            try:
                result = await self._try(client, tokens, row, now)
            except Exception as error:
                log.error("could not deliver", exc_info=error)
                result = Result(error=Sentence("something went wrong on our side"))
            reach("outbox.before_settle")
            with self._database.writing() as connection:
                settle(connection, row, result, now, random.random())
        except sa.exc.SQLAlchemyError as error:
            # It is delivered once more, which is what the receivers are told to expect.
            log.warning("the database did not take it", error=type(error).__name__)
            return
        if result.error:
            log.warning("not delivered", tries=row["tries"] + 1, is_final=result.is_final, reason=str(result.error))

    async def _try(self, client: httpx.AsyncClient, tokens: Tokens, row: sa.RowMapping, now: float) -> Result:
        try:
            async with asyncio.timeout(ROUND_S):
                if row["kind"] == AGS:
                    return await self._score(client, tokens, row, now)
                return await self._call(client, row, now)
        except (Forbidden, httpx.InvalidURL) as error:
            return Result(error=Sentence("nothing is sent to this address: {reason}", reason=error), is_final=True)
        except Unreachable as error:
            return Result(error=Sentence("there was no answer: {reason}", reason=str(error)[:300]))
        except TimeoutError:
            return Result(error=Sentence("there was no answer: {reason}", reason=f"{ROUND_S:g} s"))

    async def _call(self, client: httpx.AsyncClient, row: sa.RowMapping, now: float) -> Result:
        payload = msgspec.json.decode(row["payload"])
        with self._database.reading() as connection:
            hook = connection.execute(sa.select(webhook).where(webhook.c.id == payload["webhook_id"])).first()
        if hook is None or hook.disabled_at is not None:
            return Result(error=SWITCHED_OFF, is_final=True)
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
            known = {one.key: one for one in platforms(connection, self._settings)}
            platform = known.get(place.platform) if place is not None else None
            if place is None or platform is None or place.line_item is None or place.assignment_id is None:
                return Result(error=_NO_PLACE, is_final=True)
            stands = standing(connection, place.course_id, place.assignment_id, payload["user_id"])
            last = connection.execute(
                sa.select(sa.func.max(outbox.c.done_at)).where(outbox.c.target == row["target"])
            ).scalar()
        if stands is None or stands.grade is None:
            # Nothing was graded, or who left the course has no place in its gradebook: there is nothing to say.
            return Result()
        # Times must strictly increase (AGS 2.0, section 3.4.9), whatever the clock does.
        at = int(now) if last is None else max(int(now), int(last) + 1)
        score = score_of(stands.grade, place.subject, at)

        async def post(url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
            private = private_is_fine(platform, url)
            return await send(client, url, content, headers, private=private, look_up=self._look_up)

        found = judged(await tokens.send_score(post, platform, place.line_item, score, now))
        return msgspec.structs.replace(found, at=float(at))
