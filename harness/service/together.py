"""Does for many at once what each of them asks for: a thread takes all that came while it was busy.

What is of one kind is asked of the database in one go; a statement for fifty rows costs hardly more than one for a row.
"""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from harness.service.database import Database

__all__ = ["Asked", "Done", "Together"]

#: At once: more made no difference, and each waits for all.
_MOST = 128

_Future = asyncio.Future[Any]
#: What is to be called, of what, and who waits for what it returns.
Asked = tuple[Callable[..., Any], Any, _Future]
#: Who waits, and for what: a result, or what was raised.
Done = tuple[_Future, Any, Exception | None]


class Together(ABC):
    """The thread. A process that answers HTTP has one that reads, and one that writes."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def _ask(self, function: Callable[..., Any], one: Any) -> _Future:
        future: _Future = asyncio.get_running_loop().create_future()
        self._waiting.put((function, one, future))
        return future

    def close(self) -> None:
        """Do what is waiting, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        goes_on = True
        while goes_on:
            first = self._waiting.get()
            if first is None:
                return
            group = [first]
            while len(group) < _MOST:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    goes_on = False
                    break
                group.append(more)
            self._do_group(group)

    def _do_group(self, group: list[Asked]) -> None:
        kinds: dict[Callable[..., Any], list[Asked]] = {}
        for asked in group:
            if not asked[2].cancelled():
                kinds.setdefault(asked[0], []).append(asked)
        by_loop: dict[asyncio.AbstractEventLoop, list[Done]] = {}
        for one in self._done(kinds.values()):
            by_loop.setdefault(one[0].get_loop(), []).append(one)
        for loop, those in by_loop.items():
            # One call for all: each would wake the loop up. It may have ended, with those who waited in it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, those)

    @abstractmethod
    def _done(self, kinds: Collection[list[Asked]]) -> list[Done]:
        """Do what was asked for, those with one function together; return what came of each. Raises nothing."""


def _tell(done: list[Done]) -> None:
    for future, result, problem in done:
        if future.done():
            continue  # whoever waited for it has gone
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)
