"""Somebody whom another system vouches for: who that is here, and in what course."""

import sqlalchemy as sa

from harness.records import Record
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.lti.launch import Launch
from harness.service.refusals import LoginRefused
from harness.service.schema import (
    LEARNER,
    ROLES,
    assignment,
    course,
    enrolment,
    identity,
    invitation,
    lti_link,
    lti_member,
    session,
    token,
    user,
)
from harness.service.store.auditing import note
from harness.service.store.telling import tell_place

__all__ = ["Arrived", "arrive_by_lti", "arrive_by_oidc"]


class Arrived(Record, frozen=True, kw_only=True):
    """Who came, and where to."""

    user_id: str
    #: "" where the login is to no assignment.
    assignment_id: str = ""


def arrive_by_lti(
    database: Database, connection: sa.Connection, launch: Launch, *, address: str | None = None
) -> Arrived:
    """Note that somebody came from an LMS, and return who that is; somebody new is made.

    An e-mail address is not taken from an LMS, and nobody is found by one: its people may choose it themselves, and
    would become whoever they say they are. The LMS decides on the role, each time.

    Raises:
        LoginRefused: there is no such course or assignment here, or the person was shut out.
        IntegrityError: the same person came for the first time by another process, at the same moment: try again.
    """
    slug = launch.platform.courses.get(launch.context, "")
    course_id = connection.execute(sa.select(course.c.id).where(course.c.slug == slug)).scalar()
    if course_id is None:
        raise LoginRefused(
            "unknown-course",
            Sentence("this course of your LMS is not connected to one here"),
            Sentence("tell the operator of this service its id in the LMS, which is {id}", id=launch.context or "—"),
        )
    assignment_id = None
    if launch.assignment:
        assignment_id = connection.execute(
            sa.select(assignment.c.id).where(
                assignment.c.course_id == course_id, assignment.c.slug == launch.assignment
            )
        ).scalar()
        if assignment_id is None:
            raise LoginRefused(
                "unknown-assignment",
                Sentence("there is no assignment {name} in this course", name=launch.assignment),
                Sentence("your instructor can change the link's custom parameter `assignment` in the LMS"),
                status=404,
            )
    user_id = _known(connection, launch.platform.issuer, launch.subject)
    if user_id is None:
        user_id = _make(database, connection, launch.name, None)
        _identify(connection, user_id, launch.platform.issuer, launch.subject)
        note(database, connection, user_id, "user.made", f"user:{user_id}", course_id=course_id, by="lti")
    _enrol(database, connection, user_id, course_id, launch.role, by="lti")
    link_id = _link(database, connection, launch, course_id, assignment_id)
    if launch.role == LEARNER:
        # The others have no row in the gradebook.
        member = {"link_id": link_id, "user_id": user_id, "subject": launch.subject}
        if connection.execute(database.insert_new(lti_member, member).returning(lti_member.c.user_id)).first():
            # Work may be graded already: it was handed in without the LMS.
            tell_place(database, connection, link_id, user_id)
    note(
        database, connection, user_id, "login.lti", f"user:{user_id}", course_id=course_id, address=address,
        platform=launch.platform.key,
    )  # fmt: skip
    return Arrived(user_id=user_id, assignment_id=assignment_id or "")


def arrive_by_oidc(
    database: Database, connection: sa.Connection, issuer: str, subject: str, email: str, *, address: str | None = None
) -> Arrived:
    """Return who somebody is that the OpenID provider vouches for, and take up what the person is invited to.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        issuer: The provider.
        subject: Who it is there, for ever.
        email: Only one that the provider has verified; "" without one.
        address: The client's network address.

    Raises:
        LoginRefused: nobody here is known by that, and nobody is invited; or the person was shut out.
        IntegrityError: as of :func:`arrive_by_lti`.
    """
    email = email.strip().lower()
    known = user_id = _known(connection, issuer, subject)
    if user_id is None and email:
        user_id = connection.execute(sa.select(user.c.id).where(user.c.email == email)).scalar()
        if user_id is not None:
            _hand_over(database, connection, user_id)
    # An administrator is made by the link alone, which was handed to somebody.
    invited = sa.and_(
        sa.func.lower(invitation.c.email) == email,
        invitation.c.course_id.is_not(None),
        invitation.c.used_at.is_(None),
        invitation.c.expires_at > database.clock,
    )
    open_ones = connection.execute(sa.select(invitation).where(invited)).all() if email else []
    if user_id is None and not open_ones:
        raise LoginRefused(
            "not-invited",
            Sentence("nobody here is known by this login"),
            Sentence("ask your instructor to invite you by the e-mail address that you log in with"),
        )
    if user_id is None:
        user_id = _make(database, connection, open_ones[0].name or email.partition("@")[0], email)
        note(database, connection, user_id, "user.made", f"user:{user_id}", by="oidc")
    if known is None:
        _identify(connection, user_id, issuer, subject)
    for one in open_ones:
        _enrol(database, connection, user_id, one.course_id, one.role, by="invitation", external_id=one.external_id)
        connection.execute(
            sa.update(invitation).where(invitation.c.id == one.id).values(used_at=database.clock, used_by=user_id)
        )
    note(database, connection, user_id, "login.oidc", f"user:{user_id}", address=address)
    return Arrived(user_id=user_id)


def _known(connection: sa.Connection, issuer: str, subject: str) -> str | None:
    user_id = connection.execute(
        sa.select(identity.c.user_id).where(identity.c.issuer == issuer, identity.c.subject == subject)
    ).scalar()
    if user_id is not None:
        _refuse_disabled(connection, user_id)
    return user_id


def _refuse_disabled(connection: sa.Connection, user_id: str) -> None:
    if connection.execute(sa.select(user.c.disabled_at).where(user.c.id == user_id)).scalar() is not None:
        raise LoginRefused(
            "disabled", Sentence("this account is switched off"), Sentence("ask the operator of this service")
        )


def _hand_over(database: Database, connection: sa.Connection, user_id: str) -> None:
    """Leave an account to whoever has shown that its e-mail address is theirs, and to nobody else.

    Who made it may have written down an address of somebody else: what they know of it is good for nothing any more.
    """
    _refuse_disabled(connection, user_id)
    connection.execute(sa.update(user).where(user.c.id == user_id).values(password=None))
    connection.execute(sa.delete(session).where(session.c.user_id == user_id))
    connection.execute(
        sa.update(token)
        .where(token.c.user_id == user_id, token.c.revoked_at.is_(None))
        .values(revoked_at=database.clock)
    )
    note(database, connection, user_id, "user.linked", f"user:{user_id}", by="oidc")


def _make(database: Database, connection: sa.Connection, name: str, email: str | None) -> str:
    user_id = new_id()
    connection.execute(
        sa.insert(user).values(id=user_id, name=name[:200], email=email, is_admin=False, created_at=database.clock)
    )
    return user_id


def _identify(connection: sa.Connection, user_id: str, issuer: str, subject: str) -> None:
    # Without a look before: who came at the same moment by another process is met here, by an IntegrityError.
    connection.execute(sa.insert(identity).values(user_id=user_id, issuer=issuer, subject=subject))


def _enrol(
    database: Database,
    connection: sa.Connection,
    user_id: str,
    course_id: str,
    role: str,
    *,
    by: str,
    external_id: str | None = None,
) -> None:
    here = sa.and_(enrolment.c.course_id == course_id, enrolment.c.user_id == user_id)
    old = connection.execute(sa.select(enrolment.c.role).where(here)).scalar()
    # What somebody is already is no less for an old invitation; an LMS decides.
    if old is not None and (old == role or (by == "invitation" and ROLES.index(old) > ROLES.index(role))):
        return
    if old is None:
        connection.execute(
            sa.insert(enrolment).values(
                course_id=course_id, user_id=user_id, role=role, external_id=external_id, created_at=database.clock
            )
        )
    else:
        connection.execute(sa.update(enrolment).where(here).values(role=role))
    note(
        database, connection, user_id, "enrolment.role", f"user:{user_id}", course_id=course_id,
        before=old, after=role, by=by,
    )  # fmt: skip


def _link(
    database: Database, connection: sa.Connection, launch: Launch, course_id: str, assignment_id: str | None
) -> str:
    here = sa.and_(lti_link.c.platform == launch.platform.key, lti_link.c.resource_link == launch.resource_link)
    now = {"course_id": course_id, "assignment_id": assignment_id, "line_item": launch.line_item}
    names = {"platform": launch.platform.key, "resource_link": launch.resource_link}
    connection.execute(database.insert_new(lti_link, {"id": new_id(), **names, **now}))
    known = connection.execute(sa.select(lti_link).where(here)).mappings().one()
    # Who opens a link that has not changed waits for nobody else who opens it.
    if any(known[name] != value for name, value in now.items()):
        connection.execute(sa.update(lti_link).where(here).values(now))
    return str(known["id"])
