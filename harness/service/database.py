"""The database of the service: SQLite on one machine, PostgreSQL for many, and all that the two do differently."""

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert

from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["Database", "cannot_keep", "new_rows"]

#: Seconds that a writer waits for another one on SQLite; a group of 128 submissions is committed in milliseconds.
_BUSY_SECONDS = 30
#: Seconds between two tries to be the writer. SQLite's own pauses go up to 0.1 s, while others come and go: a worker
#: whose next claim waits for so long has nothing to grade.
_BETWEEN_TRIES_S = 0.001
#: Seconds for which a connection to PostgreSQL that was used is still there: a server takes longer to start again.
_SURE_SECONDS = 0.1
#: Takes the one lock at once: whoever reads first and writes then may have to begin again.
_WRITES = "BEGIN IMMEDIATE"


class _Now(sa.sql.functions.FunctionElement[float]):
    """The database's own time, in the words of each."""

    inherit_cache = True
    type = sa.Float()


@compiles(_Now, "sqlite")
def _on_sqlite(*_: object, **__: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_Now, "postgresql")
def _on_postgresql(*_: object, **__: object) -> str:
    return "extract(epoch from clock_timestamp())::double precision"


class Database:
    """Gives transactions. Close it to give the connections back.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql+psycopg://…``.
        pool: Connections that one process keeps open to PostgreSQL.

    Raises:
        UsageError: the address is none, or of another kind of database.
    """

    #: The database's own time as an expression, seconds since 1970.
    clock: sa.ColumnElement[float] = _Now()
    _what_time = sa.select(clock)

    def __init__(self, url: str, *, pool: int = 8) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise UsageError(
                Sentence("DATABASE_URL is not the address of a database"),
                Sentence("write it like {example}", example="postgresql+psycopg://dout@localhost/dout"),
            ) from None
        self.is_sqlite = parsed.drivername == "sqlite"
        # hide_parameters, below: what a statement that failed was given is a learner's text, and would be in the log.
        if not self.is_sqlite and parsed.drivername != "postgresql+psycopg":
            raise UsageError(
                Sentence("dout does not keep its data in what begins with {kind}://", kind=parsed.drivername),
                Sentence("write it like {example}", example="postgresql+psycopg://dout@localhost/dout"),
            )
        if self.is_sqlite:
            #: For everything that may write, the queue's own work included: it takes the one lock at once.
            self.engine = sa.create_engine(
                parsed,
                pool_size=pool,
                max_overflow=4,
                connect_args={"timeout": _BUSY_SECONDS},
                hide_parameters=True,
            )
            _prepare_sqlite(self.engine, _WRITES)
            self._reader = sa.create_engine(
                parsed, pool_size=pool, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True
            )
            _prepare_sqlite(self._reader, "BEGIN DEFERRED")
        else:
            self.engine = sa.create_engine(parsed, pool_size=pool, max_overflow=4, hide_parameters=True)
            _prepare_postgresql(self.engine)
            # Its statements see one state each, in a transaction or without one: so they are spared BEGIN and COMMIT.
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a transaction that is committed at the end, and rolled back by an exception."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to read with, which holds up no writer.

        On SQLite it sees one state of the database, on PostgreSQL each statement sees its own.
        """
        # Not rolled back, though there is nothing to commit: PostgreSQL's driver forgets at a rollback which statements
        # the server has prepared, and has each of them read and planned again.
        with self._reader.begin() as connection:
            yield connection

    def now(self, connection: sa.Connection) -> float:
        """Return the database's own time, seconds since 1970."""
        return float(connection.execute(self._what_time).scalar_one())

    def insert_new(self, table: sa.Table, values: Mapping[str, Any]) -> Insert:
        """Return an INSERT that leaves a row alone which is there already.

        Add ``returning`` to know whether it is new: ``rowcount`` counts the other one too on PostgreSQL.
        """
        return new_rows(table, is_sqlite=self.is_sqlite).values(values)

    def close(self) -> None:
        """Close every connection; one that a thread still uses, as soon as it is given back."""
        for engine in {self.engine, self._reader}:
            sa.event.listen(engine, "checkin", _close_at_once)
            engine.dispose()


def new_rows(table: sa.Table, *, is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that leaves rows alone which are there already, to be made once for each kind of database."""
    return (sqlite.insert(table) if is_sqlite else postgresql.insert(table)).on_conflict_do_nothing()


def cannot_keep(error: BaseException) -> bool:
    """Tell whether a database is there and has no room for what is written, or another trouble with its disk."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    # A full disk, a file that cannot be written, and errors that PostgreSQL has no name for: a quota is one of them.
    state = getattr(error.orig, "sqlstate", None) or ""
    is_full = getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR"))
    return is_full or state == "53100" or state.startswith(("58", "XX"))


def _close_at_once(connection: Any, _: object) -> None:
    if connection is not None:
        connection.close()


def _prepare_postgresql(engine: sa.Engine) -> None:
    """Ask a connection that was not used for a while whether it is still there, before it is used again.

    The library's own ``pool_pre_ping`` asks each time: of what accepting a submission takes, that was a tenth.
    """

    @sa.event.listens_for(engine, "checkin")
    def given_back(_: object, record: Any) -> None:
        record.info["given_back"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _: object) -> None:
        if time.monotonic() - record.info.get("given_back", math.inf) < _SURE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
            # It has begun a transaction.
            connection.rollback()
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error


def _prepare_sqlite(engine: sa.Engine, begin: str) -> None:
    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # The driver begins transactions by itself otherwise, and too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        # FULL: a commit is on the disk when it returns. Write-ahead: readers and the writer do not wait for each other.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        if begin == _WRITES:
            # Who has begun waits for nobody any more; and how to wait for that is said below.
            cursor.execute("PRAGMA busy_timeout = 0")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        if begin != _WRITES or not _has_begun(connection.connection.cursor()):
            # Whatever was wrong is raised here, as all errors are.
            connection.exec_driver_sql(begin)


def _has_begun(cursor: Any) -> bool:
    """Become the writer as soon as nobody else is; tell whether that went well."""
    until = time.monotonic() + _BUSY_SECONDS
    while time.monotonic() < until:
        try:
            cursor.execute(_WRITES)
        except sqlite3.OperationalError as error:
            # There are several kinds of busy, which the lowest byte has in common.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            time.sleep(_BETWEEN_TRIES_S)
        else:
            return True
    return False
