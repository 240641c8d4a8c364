"""Statements that are the same for any number of rows: what the rows hold comes as one parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles

__all__ = ["among", "as_rows", "given_rows", "insert_rows"]


class _Many(sa.types.TypeDecorator[Sequence[str]]):
    """Many texts as one parameter: an array, and on SQLite JSON."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return what the database calls it."""
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.ARRAY(sa.Text()))

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> Any:
        """Return what the driver is given."""
        assert value is not None
        return msgspec.json.encode(value).decode() if dialect.name == "sqlite" else [*value]


class _Among(sa.sql.functions.FunctionElement[Any]):
    # Of no type: what is a Boolean is compared with 1 on SQLite, and no index is used then.
    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: sa.sql.compiler.SQLCompiler, **how: Any) -> str:
    column, many = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({many}))"


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: sa.sql.compiler.SQLCompiler, **how: Any) -> str:
    column, many = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} = ANY ({many})"


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column is one of many texts, which come as the one parameter ``name``.

    Such a statement is the same for any number of them, so that a driver knows it again. ``in_`` writes another one for
    each number, and to do that takes longer than to run it.
    """
    return _Among(column, sa.bindparam(name, type_=_Many()))


def given_rows(types: Mapping[str, str], *, is_sqlite: bool) -> tuple[str, dict[str, str]]:
    """Return what stands behind FROM for many rows, which come as the one parameter ``rows``: see :func:`as_rows`.

    One statement for all of them is run once. Of many runs of one, each costs the driver as much as the database, and
    on SQLite each is a moment in which another thread takes the interpreter.

    Args:
        types: Name of each of their values, and its type on PostgreSQL.
        is_sqlite: Which database it is.

    Returns:
        It, and how each value is written in the statement.
    """
    if is_sqlite:
        return "json_each(:rows) AS given", {name: f"json_extract(given.value, '$.{name}')" for name in types}
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset(CAST(:rows AS json)) AS given({columns})", {name: f"given.{name}" for name in types}


def as_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameter ``rows``: texts, numbers, booleans and None, none of them with a zero byte in it."""
    return {"rows": msgspec.json.encode(rows).decode()}


def insert_rows(
    table: sa.Table, names: Sequence[str], *, is_sqlite: bool, **same: sa.ColumnElement[Any]
) -> sa.sql.dml.Insert:
    """Return an INSERT of many rows that come as one parameter, to be made once for each kind of database.

    Args:
        table: Where they go.
        names: Columns that each row has a value for.
        is_sqlite: Which database it is.
        **same: What the other columns are set to, in all of them.
    """
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = {name: table.c[name].type.compile(dialect) for name in names}
    given, values = given_rows(types, is_sqlite=is_sqlite)
    each: list[Any] = [sa.literal_column(values[name]) for name in names]
    rows = sa.select(*each, *same.values()).select_from(sa.text(given))
    return sa.insert(table).from_select([*names, *same], rows, include_defaults=False)
