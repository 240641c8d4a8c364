"""People: who there is, what they log in with, and what they are in a course."""

import sqlalchemy as sa

from harness.errors import UsageError
from harness.intake.found import displayed
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import ROLES, enrolment, identity, user
from harness.service.store.auditing import note
from harness.service.store.sessions import end_sessions

__all__ = [
    "checked_email",
    "checked_name",
    "create_user",
    "disable",
    "enable",
    "enrol",
    "leave",
    "people_of_course",
    "replace_hash",
    "role_in",
    "set_language",
    "set_password",
    "user_by_email",
    "user_by_id",
    "user_by_identity",
    "users",
]


def checked_email(text: str) -> str:
    """Return an e-mail address as it is stored: in small letters.

    Raises:
        UsageError: it cannot be one.
    """
    email = text.strip().casefold()
    local, _, domain = email.rpartition("@")
    if not local or not domain or len(email) > 320 or not email.isprintable() or " " in email:
        raise UsageError(
            Sentence("{text} is no e-mail address", text=repr(displayed(text))),
            Sentence("write it like {example}", example="mina@example.org"),
        )
    return email


def checked_name(text: str) -> str:
    """Return somebody's name as it is stored and shown.

    Raises:
        UsageError: it is empty.
    """
    name = displayed(text)[:200]
    if not name:
        raise UsageError(Sentence("a name is missing"), Sentence("fill it in, and send the form again"))
    return name


def create_user(
    database: Database,
    connection: sa.Connection,
    *,
    name: str,
    email: str | None,
    password: str | None = None,
    is_admin: bool = False,
    by: str | None = None,
) -> str:
    """Make an account, and return the id of its user.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        name: As :func:`checked_name` returns it.
        email: As :func:`checked_email` returns it; None for one who comes by LTI without one.
        password: Of :func:`harness.service.passwords.hash_password`; None for one who logs in elsewhere.
        is_admin: Of the whole service.
        by: Who made it; the new user when None.

    Raises:
        UsageError: somebody has this e-mail address.
    """
    user_id = new_id()
    if email is not None and user_by_email(connection, email) is not None:
        raise UsageError(
            Sentence("there is an account with this e-mail address"),
            Sentence("log in, and then open the link again"),
        )
    connection.execute(
        sa.insert(user).values(
            id=user_id, name=name, email=email, password=password, is_admin=is_admin, created_at=database.clock
        )
    )
    note(database, connection, by or user_id, "user.create", f"user:{user_id}", is_admin=is_admin)
    return user_id


def user_by_email(connection: sa.Connection, email: str) -> sa.RowMapping | None:
    """Return the row of who has an e-mail address, which is in small letters."""
    return connection.execute(sa.select(user).where(user.c.email == email)).mappings().first()


def user_by_id(connection: sa.Connection, user_id: str) -> sa.RowMapping | None:
    """Return the row of a user."""
    return connection.execute(sa.select(user).where(user.c.id == user_id)).mappings().first()


def user_by_identity(connection: sa.Connection, issuer: str, subject: str) -> sa.RowMapping | None:
    """Return the row of who is known to an OpenID or LTI issuer as ``subject``."""
    query = sa.select(user).join(identity).where(identity.c.issuer == issuer, identity.c.subject == subject)
    return connection.execute(query).mappings().first()


def users(connection: sa.Connection) -> list[sa.RowMapping]:
    """Return everybody who has an account, by name."""
    query = sa.select(user.c.id, user.c.name, user.c.email, user.c.is_admin, user.c.disabled_at)
    return list(connection.execute(query.order_by(user.c.name, user.c.id)).mappings())


def people_of_course(connection: sa.Connection, course_id: str) -> list[sa.RowMapping]:
    """Return everybody in a course, by name: ``id``, ``name``, ``email``, ``role``, ``external_id``."""
    query = (
        sa.select(user.c.id, user.c.name, user.c.email, enrolment.c.role, enrolment.c.external_id)
        .join(enrolment, enrolment.c.user_id == user.c.id)
        .where(enrolment.c.course_id == course_id)
        .order_by(user.c.name, user.c.id)
    )
    return list(connection.execute(query).mappings())


def enrol(
    database: Database,
    connection: sa.Connection,
    *,
    course_id: str,
    user_id: str,
    role: str,
    by: str,
    external_id: str | None = None,
) -> bool:
    """Make somebody what they are to be in a course, and tell whether that was a change.

    A course's own name for them stays where ``external_id`` is None.

    Raises:
        UsageError: there is no such role.
    """
    if role not in ROLES:
        raise UsageError(Sentence("there is no role {role}", role=repr(displayed(role))))
    here = sa.and_(enrolment.c.course_id == course_id, enrolment.c.user_id == user_id)
    new = {"course_id": course_id, "user_id": user_id, "role": role, "external_id": external_id}
    known = connection.execute(sa.select(enrolment.c.role, enrolment.c.external_id).where(here)).first()
    if known is None:
        connection.execute(sa.insert(enrolment).values({**new, "created_at": database.clock}))
    elif known.role != role or external_id not in {None, known.external_id}:
        connection.execute(
            sa.update(enrolment).where(here).values(role=role, external_id=external_id or known.external_id)
        )
    else:
        return False
    before = None if known is None else known.role
    what = f"user:{user_id}"
    note(database, connection, by, "enrolment.change", what, course_id=course_id, before=before, after=role)
    return True


def role_in(connection: sa.Connection, course_id: str, user_id: str) -> str | None:
    """Return what somebody is in a course; None for nothing."""
    query = sa.select(enrolment.c.role).where(enrolment.c.course_id == course_id, enrolment.c.user_id == user_id)
    return connection.execute(query).scalar_one_or_none()


def leave(database: Database, connection: sa.Connection, *, course_id: str, user_id: str, by: str) -> bool:
    """Take somebody out of a course; their submissions and grades stay. Tell whether they were in it."""
    gone = connection.execute(
        sa.delete(enrolment)
        .where(enrolment.c.course_id == course_id, enrolment.c.user_id == user_id)
        .returning(enrolment.c.role)
    ).first()
    if gone is not None:
        note(database, connection, by, "enrolment.end", f"user:{user_id}", course_id=course_id, before=gone.role)
    return gone is not None


def set_password(database: Database, connection: sa.Connection, user_id: str, hashed: str) -> None:
    """Give somebody a new password, and log them out everywhere: who knew the old one is out."""
    connection.execute(sa.update(user).where(user.c.id == user_id).values(password=hashed))
    end_sessions(connection, user_id)
    note(database, connection, user_id, "password.change", f"user:{user_id}")


def replace_hash(connection: sa.Connection, user_id: str, hashed: str) -> None:
    """Store the same password in a newer way."""
    connection.execute(sa.update(user).where(user.c.id == user_id).values(password=hashed))


def set_language(connection: sa.Connection, user_id: str, language: str | None) -> None:
    """Have pages and reports in ``language``; None for what the browser asks for."""
    connection.execute(sa.update(user).where(user.c.id == user_id).values(language=language))


def disable(database: Database, connection: sa.Connection, user_id: str, *, by: str) -> None:
    """Let somebody in no more: sessions end, and tokens are refused. All of theirs stays."""
    connection.execute(sa.update(user).where(user.c.id == user_id).values(disabled_at=database.clock))
    end_sessions(connection, user_id)
    note(database, connection, by, "user.disable", f"user:{user_id}")


def enable(database: Database, connection: sa.Connection, user_id: str, *, by: str) -> None:
    """Let somebody in again, unless they were erased: then there is nobody."""
    connection.execute(sa.update(user).where(user.c.id == user_id, user.c.name != "").values(disabled_at=None))
    note(database, connection, by, "user.enable", f"user:{user_id}")
