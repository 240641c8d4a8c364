"""Who is logged in, and who a token belongs to. Of their secrets the database holds digests only."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from harness.records import Record
from harness.service.access import Actor
from harness.service.database import Database
from harness.service.ids import digest, new_secret
from harness.service.many_rows import among
from harness.service.schema import enrolment, session, token, user
from harness.service.store.auditing import Note, note, note_all

__all__ = [
    "Seen",
    "actor_by_session",
    "actors_by_token",
    "end_session",
    "end_sessions",
    "note_token_uses",
    "start_session",
]

#: Seconds; a token that is used a thousand times a minute is written down once.
_NOTED_EVERY = 60


class Seen(Record, frozen=True, kw_only=True):
    """Somebody who showed a secret that is valid now."""

    actor: Actor
    #: Of the session; None with a token, which no other site can make a browser send.
    csrf: str | None = None
    #: The token whose use is to be written down: that was last done a minute ago, or never.
    token_to_note: str | None = None


_PERSON = (user.c.id, user.c.name, user.c.is_admin, user.c.language, enrolment.c.course_id, enrolment.c.role)


_IS_TO_NOTE = sa.func.coalesce(token.c.last_used_at, 0) < Database.clock - _NOTED_EVERY
# Made once: to build one takes several times as long as to run it.
_BY_TOKEN = (
    sa.select(
        *_PERSON,
        token.c.id.label("token_id"),
        token.c.secret_sha256,
        token.c.scopes,
        token.c.course_id.label("only_course"),
        _IS_TO_NOTE.label("is_to_note"),
    )
    .select_from(token.join(user, user.c.id == token.c.user_id).outerjoin(enrolment, enrolment.c.user_id == user.c.id))
    .where(among(token.c.secret_sha256, "digests"), token.c.revoked_at.is_(None))
    .where(sa.or_(token.c.expires_at.is_(None), token.c.expires_at > Database.clock))
    .where(user.c.disabled_at.is_(None))
)
_NOTED = (
    sa.update(token)
    .where(among(token.c.id, "tokens"), _IS_TO_NOTE)
    .values(last_used_at=Database.clock)
    .returning(token.c.id, token.c.user_id, token.c.course_id)
)


def actor_by_session(database: Database, connection: sa.Connection, secret: str) -> Seen | None:
    """Return who is logged in with the cookie ``secret``; None where the session ended, or the person is disabled."""
    query = (
        sa.select(*_PERSON, session.c.csrf)
        .select_from(session.join(user).outerjoin(enrolment, enrolment.c.user_id == user.c.id))
        .where(session.c.secret_sha256 == digest(secret), session.c.expires_at > database.clock)
        .where(user.c.disabled_at.is_(None))
    )
    rows = connection.execute(query).all()
    return Seen(actor=_actor(rows), csrf=rows[0].csrf) if rows else None


def actors_by_token(_: object, connection: sa.Connection, secrets: Sequence[str]) -> list[Seen | None]:
    """Return whose tokens these are, with what each is limited to; None where one is not valid (any more)."""
    digests = [digest(secret) for secret in secrets]
    rows_of: dict[str, list[Any]] = {}
    for row in connection.execute(_BY_TOKEN, {"digests": {*digests}}):
        rows_of.setdefault(row.secret_sha256, []).append(row)
    return [_by_token(rows_of[one]) if one in rows_of else None for one in digests]


def _by_token(rows: Sequence[Any]) -> Seen:
    first = rows[0]
    return Seen(
        actor=_actor(rows, scopes=frozenset(first.scopes.split()), only_course=first.only_course),
        token_to_note=first.token_id if first.is_to_note else None,
    )


def _actor(
    rows: Sequence[Any],
    *,
    scopes: frozenset[str] | None = None,
    only_course: str | None = None,
) -> Actor:
    first = rows[0]
    return Actor(
        user_id=first.id,
        name=first.name,
        is_admin=first.is_admin,
        language=first.language,
        roles={row.course_id: row.role for row in rows if row.course_id is not None},
        scopes=scopes,
        only_course=only_course,
    )


def note_token_uses(
    database: Database, connection: sa.Connection, uses: Sequence[tuple[str, str | None]]
) -> list[None]:
    """Write down that tokens were used, at most once a minute each: in the log, and beside each for its owner.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        uses: Id of the token and network address of who used it.
    """
    addresses = dict(uses)
    done = connection.execute(_NOTED, {"tokens": [*addresses]}).all()
    note_all(
        database,
        connection,
        [Note(row.user_id, "token.use", f"token:{row.id}", row.course_id, addresses[row.id]) for row in done],
    )
    return [None] * len(uses)


def start_session(
    database: Database,
    connection: sa.Connection,
    user_id: str,
    *,
    hours: float,
    before: str | None = None,
    address: str | None = None,
) -> str:
    """Log somebody in, and return the secret of their cookie.

    It is always a new one, and that of ``before`` ends: who put it into the browser does not come along.
    """
    if before:
        end_session(connection, before)
    now = database.now(connection)
    connection.execute(sa.delete(session).where(session.c.expires_at <= now))
    secret = new_secret("session")
    connection.execute(
        sa.insert(session).values(
            secret_sha256=digest(secret),
            user_id=user_id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=now + hours * 3600,
        )
    )
    note(database, connection, user_id, "login", f"user:{user_id}", address=address)
    return secret


def end_session(connection: sa.Connection, secret: str) -> None:
    """Log out: the cookie is worth nothing any more, wherever it is."""
    connection.execute(sa.delete(session).where(session.c.secret_sha256 == digest(secret)))


def end_sessions(connection: sa.Connection, user_id: str) -> None:
    """Log somebody out everywhere."""
    connection.execute(sa.delete(session).where(session.c.user_id == user_id))
