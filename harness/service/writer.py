"""Commits many writes at once: a commit waits for the disk, and those who come meanwhile share the next one.

A web process hands its requests to one thread, which puts many of them into one transaction. Those that are of one kind
are written together, and what cannot be written takes no other with it. Nobody is answered before the commit. Measured
in ``benchmarks/README.md``.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.faults import reach
from harness.service.together import Asked, Done, Together

__all__ = ["Writer", "Writes"]

T = TypeVar("T")
A = TypeVar("A")
#: Writes something of several at once, and returns what came of each.
Writes = Callable[[sa.Connection, Sequence[A]], Sequence[T]]


class Writer(Together):
    """Runs functions of a connection, and gives back what they return once it is committed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "writer")

    async def do(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` returns, after the commit of what it wrote; what it raises undoes its own part."""
        return await self.do_together(lambda connection, _: [function(connection)], None)

    def do_together(self, function: Writes[A, T], one: A) -> asyncio.Future[T]:
        """Have ``function`` called with all that wait for the same; give what it returns of ``one``, once committed.

        When it raises anything, it is called again with each alone.
        """
        return self._ask(function, one)

    def _done(self, kinds: Collection[list[Asked]]) -> list[Done]:
        try:
            try:
                return self._committed(kinds, _write_all)
            except _OneFailedError:
                # Rare: so those that are well are spared savepoints, two more statements for each kind.
                return self._committed(kinds, _write_apart)
        except Exception as error:  # noqa: BLE001 - nothing of the group was written, and each of them has to know
            return [(future, None, error) for writes in kinds for _, _, future in writes]

    def _committed(
        self, kinds: Collection[list[Asked]], write: Callable[[sa.Connection, list[Asked]], list[Done]]
    ) -> list[Done]:
        done: list[Done] = []
        with self._database.writing() as connection:
            for writes in kinds:
                done += write(connection, writes)
            reach("accept.before_commit")
        reach("accept.after_commit")
        return done


class _OneFailedError(Exception):
    """One of the group cannot be written, or several."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _write_all(connection: sa.Connection, writes: list[Asked]) -> list[Done]:
    """Write what is of one kind, and return what came of each.

    Raises:
        _OneFailedError: something of it cannot be written.
        DBAPIError: the database is away.
    """
    try:
        results = writes[0][0](connection, [one for _, one, _ in writes])
    except Exception as error:
        if _is_away(error):
            raise
        raise _OneFailedError(error) from error
    return [(write[2], result, None) for write, result in zip(writes, results, strict=True)]


def _write_apart(connection: sa.Connection, writes: list[Asked]) -> list[Done]:
    """Write what is of one kind, and where that fails each alone; return what came of each.

    Raises:
        DBAPIError: the database is away.
    """
    try:
        with connection.begin_nested():
            return _write_all(connection, writes)
    except _OneFailedError as failed:
        if len(writes) > 1:
            return [one for write in writes for one in _write_apart(connection, [write])]
        return [(writes[0][2], None, failed.error)]


def _is_away(error: Exception) -> bool:
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
