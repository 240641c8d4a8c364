"""The service as the web process sees it: settings, database and writer, in one place."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import anyio
import sqlalchemy as sa
from starlette.requests import Request

from harness.service.database import Database
from harness.service.installed import Installed
from harness.service.reads import Reads
from harness.service.settings import Settings
from harness.service.store.accepting import Accepted, Incoming, Refused, accept_all
from harness.service.writer import Writer, Writes

if TYPE_CHECKING:
    from harness.service.engine import Jobs

__all__ = ["Service", "open_service", "service_of"]

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """What every handler needs; at ``request.app.state.service``."""

    settings: Settings
    database: Database
    writer: Writer
    reads: Reads
    #: Where accepted work waits.
    jobs: "Jobs"
    installed: Installed
    #: Of assignments that somebody handed in to: each is of one course for ever, and need not be looked up each time.
    course_of: dict[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Write what is waiting to be written, and end the threads."""
        self.writer.close()
        self.reads.close()

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
    def _accept_all(self) -> Writes[Incoming, Accepted | Refused]:
        def write(connection: sa.Connection, incoming: Sequence[Incoming]) -> list[Accepted | Refused]:
            return accept_all(self.database, self.jobs, connection, incoming)

        return write

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

    service = Service(settings, database, Writer(database), Reads(database), Jobs(database), Installed(settings.folder))
    try:
        yield service
    finally:
        service.close()
        service.jobs.close()
