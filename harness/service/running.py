"""What the commands of the service have in common: settings, the database, the first administrator, and how to end."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.service.access import ADMIN
from harness.service.database import Database
from harness.service.ids import digest, new_id, new_secret
from harness.service.schema import invitation, user
from harness.service.settings import Settings, read_settings
from harness.service.supervisor import SUPERVISED

__all__ = ["admin_link", "asked_to_end", "check_free", "end_with_supervisor", "opened", "prepared_folder"]

#: Seconds in which the link for the first administrator can be used.
_LINK_SECONDS = 86400.0


@contextmanager
def opened(config: str | None) -> Iterator[tuple[Settings, Database]]:
    """Give the settings and the database.

    Raises:
        UsageError: a setting cannot be.
    """
    settings = read_settings(Path(config) if config else None, os.environ)
    database = Database(settings.url)
    try:
        yield settings, database
    finally:
        database.close()


def prepared_folder(settings: Settings) -> None:
    """Make the data folder, which nobody else can look into.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            Sentence("the data folder {folder} cannot be made: {error}", folder=settings.folder, error=error.strerror),
            Sentence("set DOUT_DATA to a folder that can be written to"),
        ) from None


def check_free(settings: Settings) -> None:
    """Refuse to start where somebody else listens already, before anything is started that would then end again.

    Raises:
        UsageError: nobody could reach a server that listens there.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As a server does: what is left of connections to the one before is in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise UsageError(
            Sentence(
                "nobody can listen on {host}, port {port}: {error}",
                host=settings.host,
                port=settings.port,
                error=error.strerror,
            ),
            Sentence("end what listens there, or set DOUT_PORT or DOUT_HOST to another"),
        ) from None


def admin_link(settings: Settings, database: Database, *, always: bool = False) -> str | None:
    """Return a link by which one person becomes an administrator; None when there is one already.

    Args:
        settings: Where people reach the service.
        database: The database.
        always: Make one more, whoever there is.
    """
    with database.writing() as connection:
        there_is = connection.execute(sa.select(user.c.id).where(user.c.is_admin).limit(1)).first()
        if there_is is not None and not always:
            return None
        secret = new_secret("dout_join")
        connection.execute(
            sa.insert(invitation).values(
                id=new_id(),
                role=ADMIN,
                secret_sha256=digest(secret),
                created_at=database.clock,
                expires_at=database.clock + _LINK_SECONDS,
            )
        )
    return f"{settings.address}/join/{secret}"


@contextmanager
def asked_to_end(end: Callable[[], None]) -> Iterator[None]:
    """Call ``end`` when this process is asked to end: by a signal, or because its supervisor has ended."""
    end_with_supervisor(end)
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: end()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def end_with_supervisor(end: Callable[[], None]) -> None:
    """Have this process get SIGTERM when its supervisor ends, by whatever; call ``end`` if it has ended already."""
    supervisor = os.environ.get(SUPERVISED)
    if supervisor is None:
        return
    from harness.sandbox.launch import has_fork_server

    if has_fork_server():
        from harness.sandbox.lockdown import set_pdeathsig

        set_pdeathsig(signal.SIGTERM)
    if os.getppid() != int(supervisor):
        end()
