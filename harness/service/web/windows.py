"""Counts of how often somebody did something, for the library that limits it: in the memory of one process.

The library's own kind starts a thread after a hit, which looks through all counts for those that are over. With 10,000
learners that was a fifth of what it takes to accept a submission. Here counts lie together by the window that they are
of, and a window that is over is forgotten as a whole.
"""

import math
import threading
import time
from typing import NoReturn

from limits.storage import SlidingWindowCounterSupport, Storage

__all__ = ["Windows"]

_Counts = dict[str, int]
#: What was counted: in which window, in the one before, and in this one.
_Kept = tuple[int, _Counts, _Counts]


class Windows(Storage, SlidingWindowCounterSupport):
    """What :class:`limits.strategies.SlidingWindowCounterRateLimiter` keeps its counts in; no other strategy."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        #: By the length of the window, seconds: all limits of one length are counted together.
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library takes for trouble with a storage."""
        return ValueError

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count ``amount``, unless there would be more than ``limit`` then; tell whether it was counted."""
        now = time.time()
        with self._lock:
            before, current = self._turned(expiry, now)
            # Of the window before, as much as a window that ended now would have in common with it.
            count = current.get(key, 0)
            weighted = before.get(key, 0) * _left(expiry, now) / expiry + count
            if math.floor(weighted) + amount > limit:
                return False
            current[key] = count + amount
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the count of the window before, how many seconds it matters for; and the same of this one."""
        now = time.time()
        with self._lock:
            before, current = self._turned(expiry, now)
            left = _left(expiry, now)
            return before.get(key, 0), left, current.get(key, 0), left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget what was counted under ``key``."""
        with self._lock:
            for counts in self._turned(expiry, time.time()):
                counts.pop(key, None)

    def _turned(self, expiry: int, now: float) -> tuple[_Counts, _Counts]:
        """Return the counts of the window before and of this one; those of earlier ones are forgotten."""
        window = int(now // expiry)
        known, before, current = self._kept.get(expiry, (window, {}, {}))
        if known != window:
            before, current = current if known == window - 1 else {}, {}
        self._kept[expiry] = window, before, current
        return before, current

    def check(self) -> bool:
        """Tell that it works."""
        return True

    def reset(self) -> int:
        """Forget everything, and return how much that was."""
        with self._lock:
            count = sum(len(counts) for _, *both in self._kept.values() for counts in both)
            self._kept.clear()
        return count

    # A storage has to have these, for strategies of windows that do not slide.

    def incr(self, key: str, expiry: int, amount: int = 1) -> NoReturn:
        """Refuse: there are sliding windows alone."""
        raise NotImplementedError

    def get(self, key: str) -> NoReturn:
        """Refuse: there are sliding windows alone."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> NoReturn:
        """Refuse: there are sliding windows alone."""
        raise NotImplementedError

    def clear(self, key: str) -> NoReturn:
        """Refuse: there are sliding windows alone."""
        raise NotImplementedError


def _left(expiry: int, now: float) -> float:
    """Return the seconds until this window ends."""
    return expiry - now % expiry
