"""Commits many writes at once: a commit waits for the disk, and those who come meanwhile share the next one.

A web process hands its requests to one thread, which puts many of them into one transaction. Those that are of one kind
are written together; all others in a savepoint of their own. Nobody is answered before the commit. Measured in
``benchmarks/README.md``.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
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
#: What to do, with what, and who waits for it.
_Write = tuple[Together[Any, Any], Any, "Future[Any]"]


class Writer:
    """Runs functions of a connection, and gives back what they return once it is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    async def do(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` returns, after the commit of what it wrote; what it raises undoes its own part."""
        return await asyncio.wrap_future(self.hand_in(function))

    async def do_together(self, function: Together[A, T], one: A) -> T:
        """Return what ``function`` returns of ``one``: it is called with all that wait for the same function.

        When it raises anything, it is called again with each alone.
        """
        return await asyncio.wrap_future(self._hand_in(function, one))

    def hand_in(self, function: Callable[[sa.Connection], T]) -> "Future[T]":
        """Have ``function`` run; the result comes after the commit."""
        return self._hand_in(lambda connection, _: [function(connection)], None)

    def _hand_in(self, function: Together[Any, Any], one: Any) -> "Future[Any]":
        future: Future[Any] = Future()
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
            if write[2].set_running_or_notify_cancel():
                kinds.setdefault(write[0], []).append(write)
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], BaseException]] = []
        try:
            with self._database.writing() as connection:
                for writes in kinds.values():
                    _write_together(connection, writes, done, refused)
                reach("accept.before_commit")
            reach("accept.after_commit")
        except Exception as error:  # noqa: BLE001 - nothing of the group was written, and each of them has to know
            done, refused = [], [(future, error) for writes in kinds.values() for _, _, future in writes]
        for future, result in done:
            future.set_result(result)
        for future, problem in refused:
            future.set_exception(problem)


def _write_together(
    connection: sa.Connection,
    writes: list[_Write],
    done: list[tuple["Future[Any]", Any]],
    refused: list[tuple["Future[Any]", BaseException]],
) -> None:
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
            refused.append((first, error))
            return
        for write in writes:
            _write_together(connection, [write], done, refused)
    else:
        done += zip([future for _, _, future in writes], results, strict=True)
