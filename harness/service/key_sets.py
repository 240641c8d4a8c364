"""What other systems publish of themselves, fetched where they publish it: their public keys are kept for a while."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import msgspec
from joserfc.jwk import KeySet

from harness.service.id_tokens import UnknownKey, key_set
from harness.service.outgoing import new_client
from harness.service.refusals import LoginRefused, refused

__all__ = ["KeySets", "get_json", "unreachable"]

#: Seconds that keys are believed without another look: a key that an issuer withdraws is good for so much longer.
_FRESH_S = 3600
#: Seconds between two looks for a key with an unknown name, so that false tokens do not make us ask all the time.
_BETWEEN_S = 10
#: Bytes: a set of keys, or an issuer's description of itself, has a few thousand.
_MOST = 1 << 18
#: Seconds that one look takes at most, however slowly an answer comes.
_DEADLINE_S = 15

T = TypeVar("T")


async def get_json(client: httpx.AsyncClient, url: str) -> Any:
    """Return what is published at ``url``.

    Raises:
        ValueError: it is not to be had, or is no JSON.
    """
    content = b""
    try:
        async with (
            asyncio.timeout(_DEADLINE_S),
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _MOST:
                    raise ValueError("too long")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


class KeySets:
    """Knows the keys of every issuer that somebody came from. To be used in one event loop.

    Args:
        open_client: Makes what asks the issuers; it follows no redirect.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        open_client: Callable[[], httpx.AsyncClient] = new_client,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.open_client = open_client
        self._clock = clock
        self._known: dict[str, tuple[KeySet, float]] = {}
        #: When each issuer was asked last, with or without success.
        self._asked: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def read(self, url: str, reading: Callable[[KeySet], T]) -> T:
        """Return what ``reading`` makes of the keys at ``url``; an issuer's new key is asked for when it is met.

        Raises:
            LoginRefused: the keys are not to be had, or do not have the one, or ``reading`` raises it.
        """
        known = self._known.get(url)
        if known is None or self._clock() - known[1] > _FRESH_S:
            known = await self._look(url, known)
        try:
            return reading(known[0])
        except UnknownKey:
            known = await self._look(url, known)
        try:
            return reading(known[0])
        except UnknownKey:
            raise refused("unknown-key") from None

    async def _look(self, url: str, seen: tuple[KeySet, float] | None) -> tuple[KeySet, float]:
        """Return newer keys than ``seen``: what somebody else was given meanwhile, or the issuer gives now."""
        async with self._asking:
            known = self._known.get(url)
            if known is not None and known is not seen:
                return known
            if self._clock() - self._asked.get(url, -_BETWEEN_S) < _BETWEEN_S:
                if known is None:
                    raise unreachable()
                return known
            self._asked[url] = self._clock()
            try:
                async with self.open_client() as client:
                    keys = key_set(await get_json(client, url))
            except ValueError:
                raise unreachable() from None
            self._known[url] = keys, self._clock()
            return self._known[url]


def unreachable() -> LoginRefused:
    """Return the refusal of somebody whose own system does not answer."""
    refusal = refused("issuer-unreachable")
    refusal.status = 502
    return refusal
