"""Delivers what other systems are to be told of grades."""

from collections.abc import Callable

from harness.service.database import Database
from harness.service.lti.keys import own_key
from harness.service.outbox import Outbox
from harness.service.settings import Settings

__all__ = ["deliverer"]


def deliverer(database: Database, settings: Settings) -> Callable[[], None]:
    """Return what delivers the messages that are due. One at a time may call it, in a thread without an event loop."""
    outbox = Outbox(database, settings, own_key(settings.folder))

    def deliver() -> None:
        with database.reading() as connection:
            now = database.now(connection)
        outbox.deliver_once(now)

    return deliver
