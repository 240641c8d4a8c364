"""Tokens: a secret for a program, with somebody's rights or fewer."""

import sqlalchemy as sa

from harness.errors import UsageError
from harness.intake.found import displayed
from harness.sentence import Sentence
from harness.service.access import SCOPES
from harness.service.database import Database
from harness.service.ids import digest, new_id, new_secret
from harness.service.schema import course, token
from harness.service.store.auditing import note

__all__ = ["create_token", "revoke_token", "tokens_of"]


def create_token(
    database: Database,
    connection: sa.Connection,
    *,
    user_id: str,
    name: str,
    scopes: frozenset[str],
    course_id: str | None = None,
    days: float | None = None,
) -> str:
    """Make a token of somebody's own, and return its secret, which is not kept.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        user_id: Whose rights it has.
        name: What its owner knows it by.
        scopes: Names of :data:`harness.service.access.SCOPES`.
        course_id: The only course that it is for; None for all of its owner's.
        days: After these it is worth nothing; None for never.

    Raises:
        UsageError: there is no such scope, or none at all.
    """
    if not scopes or (unknown := scopes - SCOPES.keys()):
        what = repr(displayed(min(unknown))) if scopes else Sentence("nothing")
        raise UsageError(
            Sentence("a token cannot be for {what}", what=what),
            Sentence("choose from: {known}", known=", ".join(SCOPES)),
        )
    secret, token_id = new_secret("dout"), new_id()
    now = database.now(connection)
    connection.execute(
        sa.insert(token).values(
            id=token_id,
            user_id=user_id,
            name=name,
            secret_sha256=digest(secret),
            scopes=" ".join(sorted(scopes)),
            course_id=course_id,
            created_at=now,
            expires_at=None if days is None else now + days * 86400,
        )
    )
    what = f"token:{token_id}"
    note(database, connection, user_id, "token.create", what, course_id=course_id, scopes=sorted(scopes))
    return secret


def tokens_of(connection: sa.Connection, user_id: str) -> list[sa.RowMapping]:
    """Return somebody's tokens that were not revoked, without their secrets."""
    query = (
        sa.select(
            token.c.id,
            token.c.name,
            token.c.scopes,
            course.c.name.label("course_name"),
            token.c.created_at,
            token.c.expires_at,
            token.c.last_used_at,
        )
        .select_from(token.outerjoin(course))
        .where(token.c.user_id == user_id, token.c.revoked_at.is_(None))
        .order_by(token.c.id)
    )
    return list(connection.execute(query).mappings())


def revoke_token(database: Database, connection: sa.Connection, token_id: str, *, user_id: str) -> bool:
    """Make one of somebody's tokens worth nothing from now on; tell whether it was worth anything."""
    done = connection.execute(
        sa.update(token)
        .where(token.c.id == token_id, token.c.user_id == user_id, token.c.revoked_at.is_(None))
        .values(revoked_at=database.clock)
        .returning(token.c.course_id)
    ).first()
    if done is not None:
        note(database, connection, user_id, "token.revoke", f"token:{token_id}", course_id=done.course_id)
    return done is not None
