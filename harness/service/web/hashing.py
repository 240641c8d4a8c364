"""Hashes passwords beside the event loop, and only a few at once."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio.lowlevel import RunVar

__all__ = ["hashing"]

T = TypeVar("T")
#: Each takes a core and 19 MiB (:mod:`harness.service.passwords`), and others want to be served meanwhile.
_AT_ONCE = 2
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("_limiter")


async def hashing(function: Callable[[], T]) -> T:
    """Return what ``function`` returns, in a thread, when it is its turn."""
    limiter = _limiter.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(function, limiter=limiter)
