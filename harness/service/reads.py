"""Reads for many requests at once, off the event loop."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.together import Asked, Done, Together

__all__ = ["Reads"]

T = TypeVar("T")
A = TypeVar("A")


class Reads(Together):
    """Runs functions that read the same of several."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "reads")

    def ask(self, function: Callable[[Database, sa.Connection, Sequence[A]], Sequence[T]], one: A) -> asyncio.Future[T]:
        """Give what ``function`` returns of ``one``: it is called with all that wait for the same.

        When it raises anything, it is called again with each alone.
        """
        return self._ask(function, one)

    def _done(self, kinds: Collection[list[Asked]]) -> list[Done]:
        return [one for asked in kinds for one in self._read(asked)]

    def _read(self, asked: list[Asked]) -> list[Done]:
        function = asked[0][0]
        try:
            with self._database.reading() as connection:
                results = function(self._database, connection, [one for _, one, _ in asked])
        except Exception as error:  # noqa: BLE001 - it is for those who asked
            if len(asked) == 1:
                return [(asked[0][2], None, error)]
            return [done for one in asked for done in self._read([one])]
        return [(future, result, None) for (_, _, future), result in zip(asked, results, strict=True)]
