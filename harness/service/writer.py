"""Commits many writes at once: a commit waits for the disk, and those who come meanwhile share the next one.

A web process hands its requests to one thread, which puts many of them into one transaction, each in a savepoint
of its own. Nobody is answered before the commit. Measured in ``benchmarks/README.md``.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.faults import reach

__all__ = ["Writer"]

#: Writes in one transaction: more made no difference, and each waits for all.
_MOST = 128

T = TypeVar("T")
_Write = tuple[Callable[[sa.Connection], Any], "Future[Any]"]


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

    def hand_in(self, function: Callable[[sa.Connection], T]) -> "Future[T]":
        """Have ``function`` run; the result comes after the commit."""
        future: Future[T] = Future()
        self._waiting.put((function, future))
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
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], BaseException]] = []
        try:
            with self._database.writing() as connection:
                for function, future in group:
                    if not future.set_running_or_notify_cancel():
                        continue
                    try:
                        with connection.begin_nested():
                            result = function(connection)
                    except sa.exc.DBAPIError as error:
                        if error.connection_invalidated:
                            raise
                        refused.append((future, error))
                    except Exception as error:  # noqa: BLE001 - it is the caller's, who waits for it
                        refused.append((future, error))
                    else:
                        done.append((future, result))
                reach("accept.before_commit")
            reach("accept.after_commit")
        except Exception as error:  # noqa: BLE001 - nothing of the group was written, and each of them has to know
            for _, future in group:
                if not future.done() and not future.cancelled():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)
        for future, problem in refused:
            future.set_exception(problem)
