"""Looks at a deployment the way an operator would, and says what is wrong with it."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DoutError, SandboxError
from harness.records import Record
from harness.sandbox.runner import Sandbox
from harness.sandbox.selftest import held
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.installed import Installed
from harness.service.migrations import check_schema
from harness.service.settings import Settings
from harness.service.store.messages import given_up
from harness.service.store.overseeing import alive_workers, courses_waiting

__all__ = ["Observed", "look"]

#: Bytes of free disk below which an operator should know; a submission and its report take about 20 kB.
_LITTLE_ROOM = 1 << 30
#: Seconds between the database's clock and ours.
_SKEW = 5.0
#: Seconds that a submission waits when something is wrong; the alarm of docs/alarms.yml has the same.
_OLD = 600.0


class Observed(Record, frozen=True):
    """One thing that was looked at."""

    what: str
    is_well: bool
    hint: str | None = None


def look(settings: Settings, database: Database) -> Iterator[Observed]:
    """Yield what was found, one thing after the other; nothing is changed."""
    yield _folder(settings.folder)
    yield _room(settings.folder)
    yield _address(settings)
    yield _sandbox(settings)
    try:
        check_schema(database)
    except SandboxError as error:
        yield Observed(error.message, False, error.hint)
        return
    except DoutError as error:
        yield Observed(Sentence("the database: {error}", error=error.message), False, error.hint)
        return
    yield Observed(Sentence("the database can be reached and is up to date"), True)
    yield from _work(settings, database)


def _folder(folder: Path) -> Observed:
    if not folder.is_dir():
        return Observed(
            Sentence("there is no data folder {folder}", folder=folder), False, Sentence("`dout serve` creates it")
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Observed(
            Sentence("the data folder {folder} cannot be written to", folder=folder),
            False,
            Sentence("give it to the user who runs dout"),
        )
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        return Observed(
            Sentence("others can look into the data folder {folder}", folder=folder),
            False,
            Sentence("run: chmod 700 {folder}", folder=folder),
        )
    return Observed(Sentence("the data folder is {folder}", folder=folder.resolve()), True)


def _room(folder: Path) -> Observed:
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free
    what = Sentence("free disk: {size} GB", size=f"{free / 1e9:.1f}")
    return Observed(what, free >= _LITTLE_ROOM, Sentence("make room before submissions are refused"))


def _address(settings: Settings) -> Observed:
    address = settings.address
    local = settings.host in ("127.0.0.1", "::1", "localhost") and not settings.public_url
    what = Sentence("people reach it at {address}", address=address)
    hint = Sentence("put it behind a proxy with TLS, and set public_url to an https address")
    return Observed(what, local or address.startswith("https://"), hint)


def _sandbox(settings: Settings) -> Observed:
    try:
        with Sandbox(least=settings.isolation) as sandbox:
            level = held(sandbox, Installed(settings.folder).get("ch05-add-mul").worker_limits).level
    except DoutError as error:
        return Observed(Sentence("{error}", error=error.message), False, Sentence("{hint}", hint=error.hint))
    return Observed(Sentence("submissions are kept apart at isolation level {level}", level=str(level)), True)


def _work(settings: Settings, database: Database) -> Iterator[Observed]:
    with database.reading() as connection:
        now = database.now(connection)
        skew = abs(now - time.time())
        alive = alive_workers(database, connection, settings.dead_after_s)
        courses = courses_waiting(database, connection)
        lost = given_up(connection)
    waiting = sum(int(one["queued"] + one["running"]) for one in courses)
    yield Observed(
        Sentence("this clock and the database's are {seconds} s apart", seconds=f"{skew:.1f}"),
        skew <= _SKEW,
        Sentence("set the clock by NTP; times are the database's"),
    )
    yield Observed(
        Sentence("workers alive: {count}", count=alive), alive > 0, Sentence("start `dout serve`, or `dout worker`")
    )
    if lost:
        yield Observed(
            Sentence("messages to other systems that were given up: {count}", count=len(lost)),
            False,
            Sentence("the page Service shows why, and tries them again"),
        )
    if not waiting:
        yield Observed(Sentence("nothing waits to be graded"), True)
        return
    age = max((one["oldest_s"] or 0.0 for one in courses), default=0.0)
    yield Observed(
        Sentence("{count} submissions wait, the oldest for {seconds} s", count=waiting, seconds=f"{age:.0f}"),
        age < _OLD,
        Sentence("start more workers, and look at the failures in the log"),
    )
