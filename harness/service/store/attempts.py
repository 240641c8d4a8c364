"""What learners have handed in before: how much it is, and whether it was the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.many_rows import among, as_rows, given_rows
from harness.service.schema import submission

__all__ = ["Before", "Key", "Known", "Standing", "attempts_before"]


class Key(NamedTuple):
    """What one submission is known by."""

    user_id: str
    assignment_id: str
    #: The client's own.
    idempotency_key: str


class Known(NamedTuple):
    """A submission that is there already."""

    id: str
    number: int
    is_late: bool
    sha256: str


@dataclass
class Standing:
    """What one learner has handed in to one assignment."""

    number: int = 0
    counting: int = 0
    waiting: int = 0
    last: float | None = None


class Before(NamedTuple):
    """What there was when it was looked for."""

    #: By the database's clock, seconds since 1970.
    now: float
    #: By learner and assignment.
    standings: dict[tuple[str, str], Standing]
    known: dict[Key, Known]


# Made once: to build one takes several times as long as to run it.
_KNOWN = sa.select(submission.c.id, submission.c.number, submission.c.is_late, submission.c.blob_sha256).where(
    among(submission.c.id, "ids")
)


@cache
def _standings(is_sqlite: bool) -> sa.Select[Any]:
    """Return what asks for the standing of each learner and assignment, and for the submission with the same key.

    The rows of one after the other are found by their index. Of a list of learners and one of assignments a database
    looks for each of the one with each of the other; and of a join PostgreSQL reads all rows, if there were few when it
    saw it first.
    """
    types = {"place": "integer", "learner": "text", "assignment": "text", "key": "text"}
    given, of = given_rows(types, is_sqlite=is_sqlite)
    theirs = f"user_id = {of['learner']} AND assignment_id = {of['assignment']}"
    counted = {
        "number": "coalesce(max(number), 0)",
        "counting": "coalesce(sum(CASE WHEN counts THEN 1 ELSE 0 END), 0)",
        "waiting": "coalesce(sum(CASE WHEN status IN ('queued', 'running') THEN 1 ELSE 0 END), 0)",
        "last": "max(received_at)",
        "known": f"max(CASE WHEN idempotency_key = {of['key']} THEN submission.id END)",
    }
    each: list[Any] = [sa.literal_column(of["place"]), Database.clock]
    if is_sqlite:
        each += map(sa.literal_column, counted.values())
        rows = sa.select(*each).select_from(sa.text(f"{given} LEFT JOIN submission ON {theirs}"))
        return rows.group_by(sa.literal_column("given.key"))
    each += map(sa.literal_column, counted)
    named = ", ".join(f"{value} AS {name}" for name, value in counted.items())
    standing = f"(SELECT {named} FROM submission WHERE {theirs}) AS standing"
    return sa.select(*each).select_from(sa.text(f"{given} CROSS JOIN LATERAL {standing}"))


def attempts_before(database: Database, connection: sa.Connection, keys: Sequence[Key]) -> Before:
    """Return what there is of these, one at least, and what time it is."""
    asked = [
        {"place": place, "learner": one.user_id, "assignment": one.assignment_id, "key": one.idempotency_key}
        for place, one in enumerate(keys)
    ]
    rows = connection.execute(_standings(database.is_sqlite), as_rows(asked)).all()
    standings = {}
    by_id = {}
    for place, _, *counted, known in rows:
        user_id, assignment_id, _ = keys[place]
        standings[user_id, assignment_id] = Standing(*counted)
        if known is not None:
            by_id[known] = keys[place]
    found = map(Known._make, connection.execute(_KNOWN, {"ids": [*by_id]})) if by_id else ()
    return Before(rows[0][1], standings, {by_id[one.id]: one for one in found})
