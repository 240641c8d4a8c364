"""Commits many writes at once: a commit waits for the disk, and those who come meanwhile share the next one.

A web process hands its requests to one thread, which puts many of them into one transaction. Those that are of one kind
are written together; all others in a savepoint of their own. Nobody is answered before the commit. Measured in
``benchmarks/README.md``.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.faults import reach

__all__ = ["Together", "Writer"]

#: Writes in one transaction: more made no difference, and each waits for all.
_MOST = 128

T = TypeVar("T")
A = TypeVar("A")
#: Writes something of several at once, and returns what came of each.
Together = Callable[[sa.Connection, Sequence[A]], Sequence[T]]
_Future = asyncio.Future[Any]
#: What to do, with what, and who waits for it.
_Write = tuple[Together[Any, Any], Any, _Future]
#: Who waits, and for what: a result, or what was raised.
_Done = tuple[_Future, Any, Exception | None]


class Writer:
    """Runs functions of a connection, and gives back what they return once it is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    async def do(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` returns, after the commit of what it wrote; what it raises undoes its own part."""
        return await self.do_together(lambda connection, _: [function(connection)], None)

    def do_together(self, function: Together[A, T], one: A) -> "asyncio.Future[T]":
        """Have ``function`` called with all that wait for the same; give what it returns of ``one``, once committed.

        When it raises anything, it is called again with each alone.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((function, one, future))
        return future

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
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
            self._write(group)

    def _write(self, group: list[_Write]) -> None:
        kinds: dict[Together[Any, Any], list[_Write]] = {}
        for write in group:
            if not write[2].cancelled():
                kinds.setdefault(write[0], []).append(write)
        done: list[_Done] = []
        try:
            with self._database.writing() as connection:
                for writes in kinds.values():
                    _write_together(connection, writes, done)
                reach("accept.before_commit")
            reach("accept.after_commit")
        except Exception as error:  # noqa: BLE001 - nothing of the group was written, and each of them has to know
            done = [(future, None, error) for writes in kinds.values() for _, _, future in writes]
        by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
        for one in done:
            by_loop.setdefault(one[0].get_loop(), []).append(one)
        for loop, those in by_loop.items():
            # One call for all: each would wake the loop up. It may have ended, with those who waited in it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, those)


def _tell(done: list[_Done]) -> None:
    for future, result, problem in done:
        if future.done():
            continue  # whoever waited for it has gone
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)


def _write_together(connection: sa.Connection, writes: list[_Write], done: list[_Done]) -> None:
    """Write what is of one kind, and note what came of each.

    Raises:
        DBAPIError: the database is away.
    """
    function, _, first = writes[0]
    try:
        with connection.begin_nested():
            results = function(connection, [one for _, one, _ in writes])
    except Exception as error:
        if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            raise
        if len(writes) == 1:
            done.append((first, None, error))
            return
        for write in writes:
            _write_together(connection, [write], done)
    else:
        done += [(write[2], result, None) for write, result in zip(writes, results, strict=True)]
