"""Invitations: a secret link, shown once, that lets one person in, once."""

import sqlalchemy as sa

from harness.errors import UsageError
from harness.intake.found import displayed
from harness.records import Record
from harness.sentence import Sentence
from harness.service.access import ADMIN
from harness.service.database import Database
from harness.service.ids import digest, new_id, new_secret
from harness.service.schema import ROLES, course, invitation, user
from harness.service.store.auditing import SYSTEM, note
from harness.service.store.people import checked_email, create_user, enrol, role_in

__all__ = ["DAYS", "Invitation", "accept_invitation", "invite", "open_invitation", "open_invitations", "withdraw"]

#: Days that an invitation is good for: two weeks, over which a course begins.
DAYS = 14.0


class Invitation(Record, frozen=True, kw_only=True):
    """An invitation that can still be accepted."""

    id: str
    role: str
    course_id: str | None
    course_slug: str | None
    course_name: str | None
    email: str | None
    name: str | None
    external_id: str | None
    #: The account that has this e-mail address already, and has to be logged in to accept it.
    user_id: str | None
    expires_at: float


def invite(
    database: Database,
    connection: sa.Connection,
    *,
    role: str,
    course_id: str | None,
    by: str | None,
    email: str | None = None,
    name: str | None = None,
    external_id: str | None = None,
    days: float = DAYS,
) -> str:
    """Make an invitation, and return the secret of its link, which is not kept.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        role: In the course; ``ADMIN`` without a course.
        course_id: None for an administrator.
        by: Who invites; None for the program itself.
        email: Only for whoever has, or gets, the account with this address; None for whoever has the link.
        name: What the form is filled with.
        external_id: The course's own name for them.
        days: After these it is worth nothing.

    Raises:
        UsageError: there is no such role.
    """
    if (role != ADMIN or course_id is not None) and (role not in ROLES or course_id is None):
        raise UsageError(Sentence("there is no role {role}", role=repr(displayed(role))))
    secret, invitation_id = new_secret("join"), new_id()
    now = database.now(connection)
    connection.execute(
        sa.insert(invitation).values(
            id=invitation_id,
            course_id=course_id,
            role=role,
            email=email,
            name=name,
            external_id=external_id,
            secret_sha256=digest(secret),
            created_by=by,
            created_at=now,
            expires_at=now + days * 86400,
        )
    )
    what = f"invitation:{invitation_id}"
    note(database, connection, by or SYSTEM, "invitation.create", what, course_id=course_id, role=role)
    return secret


def open_invitation(database: Database, connection: sa.Connection, secret: str) -> Invitation | None:
    """Return the invitation of a link; None where there is none, or it was used or withdrawn, or is too old."""
    query = (
        sa.select(
            invitation.c.id,
            invitation.c.role,
            invitation.c.course_id,
            course.c.slug.label("course_slug"),
            course.c.name.label("course_name"),
            invitation.c.email,
            invitation.c.name,
            invitation.c.external_id,
            user.c.id.label("user_id"),
            invitation.c.expires_at,
        )
        .select_from(invitation.outerjoin(course).outerjoin(user, user.c.email == invitation.c.email))
        .where(invitation.c.secret_sha256 == digest(secret), invitation.c.used_at.is_(None))
        .where(invitation.c.expires_at > database.clock)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else Invitation(**found)


def open_invitations(database: Database, connection: sa.Connection, course_id: str | None) -> list[sa.RowMapping]:
    """Return the invitations of a course (None: for administrators) that nobody has accepted yet, without secrets."""
    query = (
        sa.select(
            invitation.c.id,
            invitation.c.role,
            invitation.c.email,
            invitation.c.name,
            invitation.c.external_id,
            invitation.c.expires_at,
        )
        .where(invitation.c.course_id == course_id, invitation.c.used_at.is_(None))
        .where(invitation.c.expires_at > database.clock)
        .order_by(invitation.c.id)
    )
    return list(connection.execute(query).mappings())


def accept_invitation(
    database: Database,
    connection: sa.Connection,
    secret: str,
    *,
    actor_id: str | None,
    name: str = "",
    email: str = "",
    password: str | None = None,
) -> tuple[str, Invitation]:
    """Let somebody in, and return their user's id, and what they accepted.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        secret: Of the link.
        actor_id: Who is logged in; None for somebody who gets an account by this.
        name: Of a new account.
        email: Of a new account, where the invitation names none.
        password: Of a new account, hashed.

    Raises:
        UsageError: it cannot be accepted (any more), or not by them.
    """
    # The row is taken before anything depends on it: of two who open one link, one is let in.
    found = open_invitation(database, connection, secret)
    taken = (
        found is not None
        and connection.execute(
            sa.update(invitation)
            .where(invitation.c.id == found.id, invitation.c.used_at.is_(None))
            .values(used_at=database.clock)
            .returning(invitation.c.id)
        ).first()
    )
    if found is None or not taken:
        raise UsageError(Sentence("this invitation was used, withdrawn, or is too old"), Sentence("ask for a new one"))
    if found.user_id not in {None, actor_id}:
        raise UsageError(
            Sentence("this invitation is for somebody else's account"), Sentence("log in as who was invited")
        )
    user_id = actor_id or create_user(
        database, connection, name=name, email=found.email or checked_email(email), password=password
    )
    connection.execute(sa.update(invitation).where(invitation.c.id == found.id).values(used_by=user_id))
    if found.course_id is None:
        connection.execute(sa.update(user).where(user.c.id == user_id).values(is_admin=True))
    else:
        _enrol_at_least(database, connection, found, user_id)
    what = f"invitation:{found.id}"
    note(database, connection, user_id, "invitation.accept", what, course_id=found.course_id, role=found.role)
    return user_id, found


def _enrol_at_least(database: Database, connection: sa.Connection, found: Invitation, user_id: str) -> None:
    assert found.course_id is not None
    before = role_in(connection, found.course_id, user_id)
    # An instructor who opens a learner's link stays an instructor.
    role = max(found.role, before or found.role, key=ROLES.index)
    enrol(
        database,
        connection,
        course_id=found.course_id,
        user_id=user_id,
        role=role,
        by=user_id,
        external_id=found.external_id,
    )


def withdraw(
    database: Database, connection: sa.Connection, invitation_id: str, *, course_id: str | None, by: str
) -> bool:
    """Make an invitation of a course worth nothing; tell whether it was worth anything."""
    done = connection.execute(
        sa.update(invitation)
        .where(invitation.c.id == invitation_id, invitation.c.course_id == course_id)
        .where(invitation.c.used_at.is_(None), invitation.c.expires_at > database.clock)
        .values(expires_at=database.clock)
        .returning(invitation.c.id)
    ).first()
    if done is not None:
        note(database, connection, by, "invitation.withdraw", f"invitation:{invitation_id}", course_id=course_id)
    return done is not None
