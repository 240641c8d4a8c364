"""The service as the web process sees it: settings, database, queue and writer, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import anyio
import sqlalchemy as sa

from harness.service.database import Database
from harness.service.settings import Settings
from harness.service.store.queueing import Requeues

__all__ = ["Service", "Writes"]

T = TypeVar("T")


class Writes(Protocol):
    """Runs a function of a connection in a transaction, and returns its result after the commit."""

    async def do(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` returns."""


@dataclass(frozen=True)
class Service:
    """What every handler needs; at ``request.app.state.service``."""

    settings: Settings
    database: Database
    writer: Writes
    jobs: Requeues

    async def read(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` reads, off the event loop."""

        def work() -> T:
            with self.database.reading() as connection:
                return function(connection)

        return await anyio.to_thread.run_sync(work)

    @property
    def is_https(self) -> bool:
        """Whether people reach it by TLS."""
        return self.settings.address.startswith("https://")
