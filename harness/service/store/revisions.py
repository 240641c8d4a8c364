"""Which revision of an assignment is in force: the newest."""

import sqlalchemy as sa

from harness.service.schema import assignment, revision

__all__ = ["is_newest", "newest_revision"]


def is_newest() -> sa.ColumnElement[bool]:
    """Return the condition that a row of ``revision`` is the newest of its assignment."""
    other = revision.alias()
    newest = sa.select(sa.func.max(other.c.number)).where(other.c.assignment_id == revision.c.assignment_id)
    return revision.c.number == newest.scalar_subquery()


def newest_revision(connection: sa.Connection, assignment_id: str) -> sa.RowMapping | None:
    """Return the newest revision of an assignment, with its ``course_id`` and ``title``; None when there is none."""
    query = (
        sa.select(revision, assignment.c.course_id, assignment.c.title)
        .join(assignment, assignment.c.id == revision.c.assignment_id)
        .where(revision.c.assignment_id == assignment_id, is_newest())
    )
    return connection.execute(query).mappings().first()
