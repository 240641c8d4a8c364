"""What other systems publish of themselves, fetched where they publish it, and kept for a while."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx
import msgspec
from joserfc.jwk import KeySet

from harness.service.id_tokens import UnknownKey, key_set
from harness.service.outgoing import Forbidden, Resolve, Unreachable, fetch, new_client, resolve
from harness.service.refusals import LoginRefused, refused

__all__ = ["KeySets", "Published", "unreachable"]

#: Seconds that something is believed without another look: a key that an issuer withdraws is good for so much longer.
#: So is the address of its keys, which is in its description of itself: that is kept no longer for this reason.
_FRESH_S = 3600
#: Seconds between two looks at one address, so that false tokens do not make us ask all the time, and an issuer that
#: is away is not asked by everybody who waits for it.
_BETWEEN_S = 10
#: Bytes: a set of keys, or an issuer's description of itself, has a few thousand.
_MOST = 1 << 18
#: Seconds that one look takes at most, however slowly an answer comes.
_DEADLINE_S = 15

T = TypeVar("T")
R = TypeVar("R")


class Published(Generic[T]):
    """Knows what is published at addresses that somebody came from. To be used in one event loop.

    Args:
        reading: Makes something of the JSON that is published; raises ``ValueError`` where it is not that.
        open_client: Makes what asks the issuers; it follows no redirect.
        look_up: Gives the addresses of a host.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        reading: Callable[[Any], T],
        open_client: Callable[[], httpx.AsyncClient] = new_client,
        look_up: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.open_client = open_client
        self._reading = reading
        self._look_up = look_up
        self._clock = clock
        self._known: dict[str, tuple[T, float]] = {}
        #: When each issuer was asked last, with or without success.
        self._asked: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def at(self, url: str, *, private: bool = True) -> T:
        """Return what is published at ``url``: as it was an hour ago at most.

        Args:
            url: The address.
            private: Whether it may be in our own network, as where the settings lead to.

        Raises:
            LoginRefused: it is not to be had.
        """
        known = self._known.get(url)
        if known is None or self._clock() - known[1] > _FRESH_S:
            return await self.newer(url, known and known[0], private=private)
        return known[0]

    async def newer(self, url: str, seen: T | None, *, private: bool = True) -> T:
        """Return what is newer than ``seen``: what somebody else was given meanwhile, or is published now.

        Raises:
            LoginRefused: as of :meth:`at`.
        """
        async with self._asking:
            known = self._known.get(url)
            if known is not None and known[0] is not seen:
                return known[0]
            if self._clock() - self._asked.get(url, -_BETWEEN_S) < _BETWEEN_S:
                if known is None:
                    raise unreachable()
                return known[0]
            self._asked[url] = self._clock()
            try:
                found = self._reading(await self._fetched(url, private))
            except ValueError:
                raise unreachable() from None
            self._known[url] = found, self._clock()
            return found

    async def _fetched(self, url: str, private: bool) -> Any:
        """Return what is published at ``url``.

        Raises:
            ValueError: it is not to be had, or is no JSON.
        """
        try:
            async with asyncio.timeout(_DEADLINE_S), self.open_client() as client:
                headers = {"Accept": "application/json"}
                answer = await fetch(client, url, headers, private=private, look_up=self._look_up, most=_MOST + 1)
        except (Forbidden, Unreachable, TimeoutError) as error:
            raise ValueError(str(error)) from None
        if answer.status != 200 or len(answer.body) > _MOST:
            raise ValueError(f"status {answer.status}, {len(answer.body)} bytes")
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from None


class KeySets(Published[KeySet]):
    """Knows the keys of every issuer that somebody came from."""

    def __init__(
        self,
        open_client: Callable[[], httpx.AsyncClient] = new_client,
        look_up: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(key_set, open_client, look_up, clock)

    async def read(self, url: str, reading: Callable[[KeySet], R], *, private: bool = True) -> R:
        """Return what ``reading`` makes of the keys at ``url``; an issuer's new key is asked for when it is met.

        Raises:
            LoginRefused: the keys are not to be had, or do not have the one, or ``reading`` raises it.
        """
        keys = await self.at(url, private=private)
        try:
            return reading(keys)
        except UnknownKey:
            keys = await self.newer(url, keys, private=private)
        try:
            return reading(keys)
        except UnknownKey:
            raise refused("unknown-key") from None


def unreachable() -> LoginRefused:
    """Return the refusal of somebody whose own system does not answer."""
    refusal = refused("issuer-unreachable")
    refusal.status = 502
    return refusal
