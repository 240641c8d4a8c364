"""Reads for many requests at once: what is asked for while the database is read is read together, the next time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import anyio
import sqlalchemy as sa

from harness.service.database import Database

__all__ = ["Reads"]

T = TypeVar("T")
A = TypeVar("A")
#: Reads something of several at once, and returns it in their sequence.
Together = Callable[[Database, sa.Connection, Sequence[A]], Sequence[T]]
_Asked = list[tuple[Any, "asyncio.Future[Any]"]]
_Waiting = dict[Together[Any, Any], _Asked]


class Reads:
    """Runs functions that read the same of many, off the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: What waits in each event loop while a group is read; a server has one loop, tests have many.
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, function: Together[A, T], one: A) -> "asyncio.Future[T]":
        """Give what ``function`` returns of ``one``: it is called with all that wait for the same function.

        When it raises anything, it is called again with each alone.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        is_busy = loop in self._waiting
        self._waiting.setdefault(loop, {}).setdefault(function, []).append((one, future))
        if not is_busy:
            task = loop.create_task(self._work(loop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while group := self._waiting[loop]:
                self._waiting[loop] = {}
                for future, found in await anyio.to_thread.run_sync(self._read, group):
                    if future.done():
                        continue
                    if isinstance(found, Exception):
                        future.set_exception(found)
                    else:
                        future.set_result(found)
        finally:
            del self._waiting[loop]

    def _read(self, group: _Waiting) -> list[tuple["asyncio.Future[Any]", Any]]:
        found = []
        for function, asked in group.items():
            found += self._read_together(function, asked)
        return found

    def _read_together(self, function: Together[Any, Any], asked: _Asked) -> list[tuple["asyncio.Future[Any]", Any]]:
        try:
            with self._database.reading() as connection:
                results = function(self._database, connection, [one for one, _ in asked])
        except Exception as error:  # noqa: BLE001 - it is for those who asked
            if len(asked) == 1:
                return [(asked[0][1], error)]
            return [pair for one in asked for pair in self._read_together(function, [one])]
        return [*zip([future for _, future in asked], results, strict=True)]
