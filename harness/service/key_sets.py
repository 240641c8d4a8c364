"""The public keys of other systems, fetched where they publish them and kept for a while."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec
from joserfc.jwk import KeySet

from harness.service.id_tokens import UnknownKey, key_set, refused
from harness.service.refusals import LoginRefused

__all__ = ["KeySets", "get_json", "unreachable"]

#: Seconds that keys are believed without another look: a key that an issuer withdraws is good for so much longer.
_FRESH_S = 3600
#: Seconds between two looks for a key with an unknown name, so that false tokens do not make us ask all the time.
_BETWEEN_S = 10
#: Bytes: a set of keys, or an issuer's description of itself, has a few thousand.
_MOST = 1 << 18


async def get_json(client: httpx.AsyncClient, url: str) -> Any:
    """Return what is published at ``url``.

    Raises:
        ValueError: it is not to be had, or is no JSON.
    """
    content = b""
    try:
        async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _MOST:
                    raise ValueError("too long")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


class KeySets:
    """Knows the keys of every issuer that somebody came from.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[KeySet, float]] = {}

    async def read(
        self, client: httpx.AsyncClient, url: str, reading: Callable[[KeySet], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return what ``reading`` makes of the keys at ``url``; an issuer's new key is asked for when it is met.

        Raises:
            LoginRefused: the keys are not to be had, or do not have the one, or ``reading`` raises it.
        """
        known = self._known.get(url)
        if known is None or self._clock() - known[1] > _FRESH_S:
            known = await self._fetch(client, url)
        try:
            return reading(known[0])
        except UnknownKey:
            if self._clock() - known[1] < _BETWEEN_S:
                raise refused("unknown-key") from None
        try:
            return reading((await self._fetch(client, url))[0])
        except UnknownKey:
            raise refused("unknown-key") from None

    async def _fetch(self, client: httpx.AsyncClient, url: str) -> tuple[KeySet, float]:
        try:
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
