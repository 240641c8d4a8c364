"""Writes down who did what, and finds it again. Only ever added to."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.ids import first_id, new_id
from harness.service.many_rows import as_rows, insert_rows
from harness.service.schema import audit, course, user

__all__ = ["SYSTEM", "WORKER", "Note", "Wanted", "lines", "note", "note_all"]

#: Actors that are no person.
SYSTEM, WORKER = "system", "worker"
#: Seconds that the clock of a process may be off, when the time in an id is all that says where to look.
_CLOCKS = 86400.0


class Wanted(Record, frozen=True, kw_only=True):
    """Which lines are looked for: those that are of everything that is said here."""

    course_id: str | None = None
    #: A user's id or e-mail address, ``system`` or ``worker``.
    actor: str = ""
    action: str = ""
    #: Kind and id.
    object: str = ""
    #: Seconds since 1970, by the database's clock.
    since: float | None = None
    until: float | None = None


def note(
    database: Database,
    connection: sa.Connection,
    actor: str,
    action: str,
    what: str,
    *,
    course_id: str | None = None,
    address: str | None = None,
    **details: Any,
) -> None:
    """Add one line to the log, in the transaction of what it tells of.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        actor: A user's id, ``SYSTEM`` or ``WORKER``.
        action: What was done, like ``grade.override``.
        what: Kind and id, like ``submission:0192…``.
        course_id: The course that it belongs to, if any: its instructors can read it.
        address: The client's network address.
        **details: What else is to be known; never a secret, and no learner's text.
    """
    note_all(database, connection, [Note(actor, action, what, course_id, address, details)])


class Note(NamedTuple):
    """What :func:`note` is told."""

    actor: str
    action: str
    what: str
    course_id: str | None = None
    address: str | None = None
    details: Mapping[str, Any] = {}


def note_all(database: Database, connection: sa.Connection, notes: Sequence[Note]) -> None:
    """Add many lines like :func:`note`."""
    if not notes:
        return
    rows = [
        {
            "id": new_id(),
            "actor": one.actor,
            "action": one.action,
            "object": one.what,
            "course_id": one.course_id,
            "details": msgspec.json.encode(one.details).decode(),
            "address": one.address,
        }
        for one in notes
    ]
    connection.execute(_added(database.is_sqlite), as_rows(rows))


@cache
def _added(is_sqlite: bool) -> sa.Insert:
    each = ("id", "actor", "action", "object", "course_id", "details", "address")
    return insert_rows(audit, each, is_sqlite=is_sqlite, at=Database.clock)


def lines(connection: sa.Connection, wanted: Wanted, before: str, most: int) -> Sequence[sa.RowMapping]:
    """Return lines of the log, the newest first.

    Args:
        connection: Where to look.
        wanted: Which.
        before: The id of the last line of the page before, or "".
        most: How many.
    """
    query = (
        sa.select(audit, user.c.name.label("name"), course.c.slug.label("course"))
        .select_from(
            audit.outerjoin(user, user.c.id == audit.c.actor).outerjoin(course, course.c.id == audit.c.course_id)
        )
        .order_by(audit.c.id.desc())
        .limit(most)
    )
    if before:
        query = query.where(audit.c.id < before)
    if wanted.course_id is not None:
        query = query.where(audit.c.course_id == wanted.course_id)
    if "@" in wanted.actor:
        of_address = sa.select(user.c.id).where(user.c.email == wanted.actor.lower())
        query = query.where(audit.c.actor == of_address.scalar_subquery())
    elif wanted.actor:
        query = query.where(audit.c.actor == wanted.actor)
    for column in (audit.c.action, audit.c.object):
        if value := getattr(wanted, column.name):
            query = query.where(column == value)
    # The ids say roughly when, so that no index by time is needed and nothing else is looked through.
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since, audit.c.id >= first_id(wanted.since - _CLOCKS))
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until, audit.c.id < first_id(wanted.until + _CLOCKS))
    return connection.execute(query).mappings().all()
