"""Which revision of an assignment is in force: the newest."""

from collections.abc import Iterable

import sqlalchemy as sa

from harness.service.many_rows import among
from harness.service.schema import assignment, revision

__all__ = ["is_newest", "newest_revision", "newest_revisions"]


def is_newest() -> sa.ColumnElement[bool]:
    """Return the condition that a row of ``revision`` is the newest of its assignment."""
    other = revision.alias()
    newest = sa.select(sa.func.max(other.c.number)).where(other.c.assignment_id == revision.c.assignment_id)
    return revision.c.number == newest.scalar_subquery()


def newest_revision(connection: sa.Connection, assignment_id: str) -> sa.RowMapping | None:
    """Return the newest revision of an assignment, with its ``course_id`` and ``title``; None when there is none."""
    return newest_revisions(connection, [assignment_id]).get(assignment_id)


def newest_revisions(connection: sa.Connection, assignment_ids: Iterable[str]) -> dict[str, sa.RowMapping]:
    """Return the same of each of several, by the assignment's id."""
    found = connection.execute(_NEWEST, {"ids": [*assignment_ids]}).mappings()
    return {row["assignment_id"]: row for row in found}


# Made once: to build it takes several times as long as to run it.
_NEWEST = (
    sa.select(revision, assignment.c.course_id, assignment.c.title)
    .join(assignment, assignment.c.id == revision.c.assignment_id)
    .where(among(revision.c.assignment_id, "ids"), is_newest())
)
