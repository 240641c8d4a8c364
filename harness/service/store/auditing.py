"""Writes down who did what. Only ever added to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import audit

__all__ = ["SYSTEM", "WORKER", "Note", "note", "note_all"]

#: Actors that are no person.
SYSTEM, WORKER = "system", "worker"


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
    connection.execute(
        sa.insert(audit).values(at=database.clock),
        [
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
        ],
    )
