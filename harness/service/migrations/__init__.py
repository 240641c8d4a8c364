"""Brings a database from any released schema to the one of this version, and refuses one that is newer."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from harness.errors import SandboxError, UsageError
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.engine import create_tables
from harness.service.schema import metadata

__all__ = ["check_schema", "is_current", "migrate"]

_FOLDER = Path(__file__).parent


def _script(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = database.engine
    return config


def _is(database: Database) -> tuple[str | None, str]:
    """Return the revision that the database is at, and that of this version.

    Raises:
        SandboxError: the database cannot be asked.
    """
    head = ScriptDirectory.from_config(_script(database)).get_current_head()
    assert head is not None
    try:
        with database.reading() as connection:
            return MigrationContext.configure(connection).get_current_revision(), head
    except sa.exc.DBAPIError as error:
        # Not a matter of usage: whoever starts us again and again is to go on doing so.
        raise SandboxError(
            Sentence("the database cannot be reached: {error}", error=str(error.orig).splitlines()[0]),
            Sentence("is DATABASE_URL right, and does the database run?"),
        ) from None


@cache
def _head() -> str | None:
    """Return the revision of this version, which takes reading all migrations."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()


def is_current(connection: sa.Connection) -> bool:
    """Tell whether the database is at the schema of this version; one look at one row."""
    return MigrationContext.configure(connection).get_current_revision() == _head()


def migrate(database: Database) -> None:
    """Create the tables, or bring them up to date. Two at once do it one after the other.

    Raises:
        SandboxError: the database cannot be asked.
        UsageError: the database was made by a newer version.
    """
    config = _script(database)
    current, head = _is(database)
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise _newer(current)
    if current != head:
        command.upgrade(config, "head")
    create_tables(database)


def check_schema(database: Database) -> None:
    """Refuse a database that is not at the schema of this version.

    Raises:
        SandboxError: the database cannot be asked.
        UsageError: it is older, or newer.
    """
    current, head = _is(database)
    if current == head:
        return
    if current is not None and current not in {
        revision.revision for revision in ScriptDirectory.from_config(_script(database)).walk_revisions()
    }:
        raise _newer(current)
    raise UsageError(
        Sentence("the database is not up to date"),
        Sentence("run `dout service migrate`, or start `dout serve`, which does it by itself"),
    )


def _newer(current: str) -> UsageError:
    return UsageError(
        Sentence("the database was made by a newer version of dout (schema {revision})", revision=current),
        Sentence("install that version, or restore the backup that you made before the upgrade"),
    )


def differences(database: Database) -> list[object]:
    """Return where the database differs from :mod:`harness.service.schema`; for tests."""
    from alembic.autogenerate import compare_metadata

    def ours(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
        return kind != "table" or (name in metadata.tables)

    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))


def tables(database: Database) -> set[str]:
    """Return the names of the tables that there are."""
    return set(sa.inspect(database.engine).get_table_names())
