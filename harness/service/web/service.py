"""The service as the web process sees it: settings, database and writer, in one place."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

import anyio
import sqlalchemy as sa
from starlette.requests import Request

from harness.service.database import Database
from harness.service.installed import Installed
from harness.service.settings import Settings
from harness.service.store.accepting import Accepted, Incoming, Refused, accept_all
from harness.service.web.together import Reads
from harness.service.writer import Together, Writer

if TYPE_CHECKING:
    from harness.service.engine import Jobs

__all__ = ["Service", "Writes", "open_service", "service_of"]

T = TypeVar("T")
A = TypeVar("A")


class Writes(Protocol):
    """Runs a function of a connection in a transaction, and returns its result after the commit."""

    async def do(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` returns."""

    def do_together(self, function: Together[A, T], one: A) -> Awaitable[T]:
        """Give what ``function``, which is called with many, returns of ``one``."""


@dataclass(frozen=True)
class Service:
    """What every handler needs; at ``request.app.state.service``."""

    settings: Settings
    database: Database
    writer: Writes
    #: Where accepted work waits.
    jobs: "Jobs"
    installed: Installed

    async def read(self, function: Callable[[sa.Connection], T]) -> T:
        """Return what ``function`` reads, off the event loop."""

        def work() -> T:
            with self.database.reading() as connection:
                return function(connection)

        return await anyio.to_thread.run_sync(work)

    async def accept(self, incoming: Incoming) -> Accepted:
        """Take a submission in; return after the commit.

        Raises:
            Refused: it may not be handed in, or not now.
        """
        result = await self.writer.do_together(self._accept_all, incoming)
        if isinstance(result, Refused):
            raise result
        return result

    # Those that are one function are written together: it is to be the same object each time.
    @cached_property
    def _accept_all(self) -> Together[Incoming, Accepted | Refused]:
        def write(connection: sa.Connection, incoming: Sequence[Incoming]) -> list[Accepted | Refused]:
            return accept_all(self.database, self.jobs, connection, incoming)

        return write

    @cached_property
    def reads(self) -> Reads:
        """What is read for many requests at once."""
        return Reads(self.database)

    @property
    def is_https(self) -> bool:
        """Whether people reach it by TLS."""
        return self.settings.is_https


def service_of(request: Request) -> Service:
    """Return the service that a request is made to."""
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


@contextmanager
def open_service(settings: Settings, database: Database) -> Iterator[Service]:
    """Give the service of a process that speaks HTTP; at the end, what is waiting to be written is written."""
    # The queue's library takes a second to import, and tests of pages need none.
    from harness.service.engine import Jobs

    writer, jobs = Writer(database), Jobs(database)
    try:
        yield Service(settings, database, writer, jobs, Installed(settings.folder))
    finally:
        writer.close()
        jobs.close()
