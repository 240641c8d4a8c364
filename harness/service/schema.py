"""The tables of the service, as they are now. How a database gets there is in ``migrations``.

Times are seconds since 1970 by the **database's** clock (:meth:`harness.service.database.Database.now`): the clocks of
web processes and workers may be wrong. Ids are UUIDs of version 7 (RFC 9562), so that rows lie in the order they came.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "ASSISTANT",
    "INSTRUCTOR",
    "IS_GIVEN_UP",
    "IS_OPEN",
    "LEARNER",
    "ROLES",
    "assignment",
    "attempt",
    "audit",
    "blob",
    "course",
    "enrolment",
    "grade",
    "identity",
    "invitation",
    "lease",
    "login_state",
    "lti_course",
    "lti_link",
    "lti_member",
    "lti_platform",
    "metadata",
    "outbox",
    "override",
    "report",
    "revision",
    "service_key",
    "session",
    "submission",
    "token",
    "user",
    "webhook",
    "worker",
]

#: Roles in a course, each of which may do what those before it may. An administrator is one of the whole service.
LEARNER, ASSISTANT, INSTRUCTOR = "learner", "assistant", "instructor"
ROLES = (LEARNER, ASSISTANT, INSTRUCTOR)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_ID = String(36)
_HASH = String(64)


def _id(name: str = "id") -> Column[str]:
    return Column(name, _ID, primary_key=True)


def _to(target: str, name: str | None = None, *, nullable: bool = False) -> Column[str]:
    return Column(name or f"{target}_id", _ID, ForeignKey(f"{target}.id"), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Float(53), nullable=nullable)


course = Table(
    "course",
    metadata,
    _id(),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    _time("created_at"),
)

#: One assignment of a course. What it is graded by is in its newest :data:`revision`.
assignment = Table(
    "assignment",
    metadata,
    _id(),
    _to("course"),
    Column("slug", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    _time("created_at"),
    UniqueConstraint("course_id", "slug"),
)

#: An assignment as it was from one moment to the next. A submission keeps the number that it was accepted under; a
#: regrade takes the newest.
revision = Table(
    "revision",
    metadata,
    _to("assignment"),
    Column("number", Integer, nullable=False),
    #: Name of an assignment that is installed on the server: built in, or a folder below ``assignments`` in the data.
    Column("source", String(100), nullable=False),
    #: Of the installed assignment when the revision was made: another one is refused, never graded by in silence.
    Column("source_sha256", _HASH, nullable=False),
    Column("seed", Integer, nullable=False),
    #: What learners are told: a name of :class:`harness.feedback.Feedback`.
    Column("feedback", String(20), nullable=False),
    _time("open_at", nullable=True),
    _time("due_at", nullable=True),
    #: After this nothing is accepted; between due_at and this a submission is late.
    _time("close_at", nullable=True),
    #: Part of the points that a late submission keeps, 0 to 1.
    Column("late_factor", Float, nullable=False),
    #: Submissions of one learner that count; null for any number.
    Column("max_attempts", Integer, nullable=True),
    #: Seconds that a learner waits between two submissions.
    Column("cooldown_s", Float, nullable=False),
    _time("created_at"),
    _to("user", "created_by", nullable=True),
)
revision.append_constraint(UniqueConstraint("assignment_id", "number"))

user = Table(
    "user",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    #: Lower case; null for a person who was erased or came by LTI without one.
    Column("email", String(320), nullable=True, unique=True),
    #: argon2id, with its salt and parameters; null for one who logs in elsewhere.
    Column("password", Text, nullable=True),
    Column("is_admin", Boolean, nullable=False),
    #: A name of :mod:`harness.language`, or null for what the browser asks for.
    Column("language", String(10), nullable=True),
    _time("created_at"),
    _time("disabled_at", nullable=True),
)

#: Who somebody is at an OpenID or LTI issuer.
identity = Table(
    "identity",
    metadata,
    _to("user"),
    Column("issuer", String(500), nullable=False),
    Column("subject", String(500), nullable=False),
    UniqueConstraint("issuer", "subject"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("course_id", _ID, ForeignKey("course.id"), primary_key=True),
    Column("user_id", _ID, ForeignKey("user.id"), primary_key=True),
    Column("role", String(20), nullable=False),
    #: The course's own name for a learner: a student number.
    Column("external_id", String(200), nullable=True),
    _time("created_at"),
    CheckConstraint("role IN ('learner', 'assistant', 'instructor')", name="role"),
    Index(None, "user_id"),
)

invitation = Table(
    "invitation",
    metadata,
    _id(),
    _to("course", nullable=True),
    Column("role", String(20), nullable=False),
    Column("email", String(320), nullable=True),
    Column("name", String(200), nullable=True),
    Column("external_id", String(200), nullable=True),
    #: Of the secret in the link. "admin" as a role makes an administrator, and belongs to no course.
    Column("secret_sha256", _HASH, nullable=False, unique=True),
    _to("user", "created_by", nullable=True),
    _time("created_at"),
    _time("expires_at"),
    _time("used_at", nullable=True),
    _to("user", "used_by", nullable=True),
)

#: A secret for a program. Only its SHA-256 is kept: it has 256 random bits, which no list of passwords holds.
token = Table(
    "token",
    metadata,
    _id(),
    _to("user"),
    Column("name", String(200), nullable=False),
    Column("secret_sha256", _HASH, nullable=False, unique=True),
    #: Separated by blanks: names of :mod:`harness.service.access`.
    Column("scopes", String(500), nullable=False),
    #: The only course that it is for; null for all of its owner's.
    _to("course", nullable=True),
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("revoked_at", nullable=True),
    _time("last_used_at", nullable=True),
)

session = Table(
    "session",
    metadata,
    Column("secret_sha256", _HASH, primary_key=True),
    _to("user"),
    Column("csrf", String(64), nullable=False),
    _time("created_at"),
    _time("expires_at"),
    Index(None, "user_id"),
)

blob = Table(
    "blob",
    metadata,
    Column("sha256", _HASH, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    _id(),
    _to("assignment"),
    #: Of the assignment, when it was accepted.
    Column("revision", Integer, nullable=False),
    _to("user"),
    #: The learner's own, from 1.
    Column("number", Integer, nullable=False),
    #: What the client calls this submission, so that sending it twice is sending it once.
    Column("idempotency_key", String(200), nullable=False),
    Column("name", String(255), nullable=False),
    Column("blob_sha256", _HASH, ForeignKey("blob.sha256"), nullable=False),
    Column("status", String(20), nullable=False),
    #: Why it failed, in words for the learner.
    Column("reason", Text, nullable=True),
    #: Which grading stands or is asked for: 0, and one more with each regrade.
    Column("gen", Integer, nullable=False),
    Column("is_late", Boolean, nullable=False),
    #: Whether it is one of the learner's attempts: not when it could not be graded.
    Column("counts", Boolean, nullable=False),
    _time("received_at"),
    UniqueConstraint("user_id", "assignment_id", "idempotency_key", name="uq_submission_idempotency"),
    UniqueConstraint("user_id", "assignment_id", "number", name="uq_submission_number"),
    CheckConstraint("status IN ('queued', 'running', 'graded', 'failed', 'cancelled')", name="status"),
    Index(None, "status", "received_at"),
    Index("ix_submission_assignment", "assignment_id", "user_id"),
)

#: What waits or runs, in the words of the index of it alone: however many are graded, those are found at once, and
#: counted without a look at their rows. A parameter would keep both databases from using it; and a type would keep
#: SQLite, to which SQLAlchemy says ``(...) = 1`` of what is a Boolean.
IS_OPEN: sa.ColumnElement[Any] = sa.literal_column("status IN ('queued', 'running')")
Index(
    "ix_submission_open",
    submission.c.assignment_id,
    submission.c.status,
    submission.c.gen,
    submission.c.received_at,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

#: One try of a worker to make one grade.
attempt = Table(
    "attempt",
    metadata,
    Column("submission_id", _ID, ForeignKey("submission.id"), primary_key=True),
    Column("gen", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("executor", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    _time("started_at"),
    _time("ended_at", nullable=True),
    CheckConstraint("state IN ('running', 'done', 'superseded', 'crashed', 'returned')", name="state"),
    Index(None, "executor", "state"),
    Index(None, "ended_at"),
)

report = Table(
    "report",
    metadata,
    _id(),
    #: dout-report/1, as :func:`harness.render.json.render_json` writes it.
    Column("json", LargeBinary, nullable=False),
)

#: The key makes exactly one grade of each generation, whatever else happens.
grade = Table(
    "grade",
    metadata,
    Column("submission_id", _ID, ForeignKey("submission.id"), primary_key=True),
    Column("gen", Integer, primary_key=True),
    Column("attempt_n", Integer, nullable=False),
    #: Of the assignment.
    Column("revision", Integer, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    _to("report"),
    #: What the pages of a class need of the report: see :mod:`harness.service.store.summing`.
    Column("summary", Text, nullable=False),
    #: The same for equal answers; empty where there is nothing to compare.
    Column("shape", String(16), nullable=False),
    _time("at"),
)

#: A score that a person gave in place of the graded one. The newest stands.
override = Table(
    "override",
    metadata,
    _id(),
    _to("submission"),
    Column("score", Float, nullable=True),
    Column("reason", Text, nullable=False),
    _to("user", "by"),
    _time("at"),
    Index(None, "submission_id"),
)

worker = Table(
    "worker",
    metadata,
    Column("executor", String(100), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("version", String(50), nullable=False),
    Column("isolation", String(1), nullable=False),
    Column("slots", Integer, nullable=False),
    #: Takes no new work.
    Column("is_draining", Boolean, nullable=False),
    _time("started_at"),
    _time("seen_at"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("holder", String(100), nullable=False),
    _time("until"),
)

#: Only ever added to: every change of a grade, export and use of a token.
audit = Table(
    "audit",
    metadata,
    _id(),
    _time("at"),
    #: A user's id, or "worker", "system"; an erased person's id stays, and leads nowhere.
    Column("actor", String(100), nullable=False),
    Column("action", String(50), nullable=False),
    #: Kind and id, like ``submission:0192…``.
    Column("object", String(100), nullable=False),
    _to("course", nullable=True),
    Column("details", Text, nullable=False),
    Column("address", String(64), nullable=True),
    Index(None, "object"),
    Index("ix_audit_course", "course_id", "id"),
    Index("ix_audit_actor", "actor", "id"),
    Index("ix_audit_action", "action", "id"),
)

#: What is to be told to other systems, written in the transaction that it tells of.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    #: To whom: what goes to one target goes one after the other.
    Column("target", String(200), nullable=False),
    Column("payload", Text, nullable=False),
    _time("created_at"),
    _time("next_at"),
    Column("tries", Integer, nullable=False),
    #: When it was delivered, or given up: then there is an error.
    _time("done_at", nullable=True),
    Column("error", Text, nullable=True),
    Index(None, "done_at", "next_at"),
    Index("ix_outbox_target", "target", "done_at"),
)
#: Few among all that were delivered lately: counted for every look at the figures.
IS_GIVEN_UP: sa.ColumnElement[bool] = sa.and_(outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))
Index("ix_outbox_given_up", outbox.c.done_at, sqlite_where=IS_GIVEN_UP, postgresql_where=IS_GIVEN_UP)

webhook = Table(
    "webhook",
    metadata,
    _id(),
    _to("course"),
    Column("url", String(2000), nullable=False),
    #: Shown once; every delivery is signed with it.
    Column("secret", String(100), nullable=False),
    _time("created_at"),
    _time("disabled_at", nullable=True),
)

#: Private keys of the service itself, which all its machines share.
service_key = Table(
    "service_key",
    metadata,
    Column("name", String(50), primary_key=True),
    #: A JSON Web Key (RFC 7517) with its private half.
    Column("jwk", Text, nullable=False),
    _time("created_at"),
)

#: A login that somebody has begun elsewhere. Taken out by the answer, so that no answer counts twice.
login_state = Table(
    "login_state",
    metadata,
    Column("state_sha256", _HASH, primary_key=True),
    #: Of the cookie of the browser that began it.
    Column("browser_sha256", _HASH, nullable=False),
    #: What it is for: ``oidc``, or an LTI platform's :attr:`harness.service.settings.LtiPlatform.key`.
    Column("purpose", String(1000), nullable=False),
    Column("nonce", String(100), nullable=False),
    #: PKCE (RFC 7636); empty for LTI, which has none.
    Column("verifier", String(100), nullable=False),
    _time("expires_at"),
    Index(None, "expires_at"),
)

#: An LMS that an administrator registered on the page: those of the settings stand beside these.
lti_platform = Table(
    "lti_platform",
    metadata,
    #: :attr:`harness.service.settings.LtiPlatform.id`: its three names, so that none is here twice.
    _id(),
    Column("issuer", String(255), nullable=False),
    Column("client_id", String(255), nullable=False),
    Column("deployment_id", String(255), nullable=False),
    Column("auth_login_url", String(2000), nullable=False),
    Column("auth_token_url", String(2000), nullable=False),
    Column("jwks_url", String(2000), nullable=False),
    Column("auth_audience", String(2000), nullable=False),
    _time("created_at"),
)

#: A course of an LMS, registered on the page or in the settings, and which one it is here.
lti_course = Table(
    "lti_course",
    metadata,
    Column("platform_id", _ID, primary_key=True),
    #: The LMS's id of the course.
    Column("context", String(255), primary_key=True),
    _to("course"),
)

#: An activity in an LMS through which somebody came: where its scores go.
lti_link = Table(
    "lti_link",
    metadata,
    _id(),
    #: :attr:`harness.service.settings.LtiPlatform.key`.
    Column("platform", String(1000), nullable=False),
    Column("resource_link", String(255), nullable=False),
    _to("course"),
    #: Null for a link to the course as a whole.
    _to("assignment", nullable=True),
    #: Address of its column in the LMS's gradebook; null where the LMS takes no scores.
    Column("line_item", String(2000), nullable=True),
    UniqueConstraint("platform", "resource_link"),
    Index(None, "assignment_id"),
)

#: Somebody who came through a link: whose scores go there, and under what name.
lti_member = Table(
    "lti_member",
    metadata,
    Column("link_id", _ID, ForeignKey("lti_link.id"), primary_key=True),
    Column("user_id", _ID, ForeignKey("user.id"), primary_key=True),
    Column("subject", String(255), nullable=False),
    Index(None, "user_id"),
)
