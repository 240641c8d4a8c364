"""All that is known about one person: handed to them, or made nobody's."""

import hashlib
import io
import zipfile
from typing import Any

import msgspec
import sqlalchemy as sa

from harness.errors import UsageError
from harness.feedback import Feedback, with_feedback
from harness.records import Report, SubmissionId
from harness.render.json import render_json
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.schema import (
    assignment,
    audit,
    blob,
    course,
    enrolment,
    grade,
    identity,
    invitation,
    lti_link,
    lti_member,
    override,
    report,
    session,
    submission,
    token,
    user,
)
from harness.service.store.auditing import note
from harness.service.store.summing import summary_of

__all__ = ["ERASED_TEXT", "erase_person", "export_person"]

#: SHA-256 of the empty text, which is in the place of what an erased person handed in. It is not to be graded again.
ERASED_TEXT = hashlib.sha256(b"").hexdigest()


def export_person(
    database: Database, connection: sa.Connection, user_id: str, *, by: str, address: str | None = None
) -> bytes:
    """Return everything about one person as a zip: ``person.json``, and their submissions and reports as they are.

    Secrets are not in it, nor are their digests. That it was asked for is written down, so it needs a writing
    transaction.
    """
    of_user = submission.c.user_id == user_id
    known: dict[str, Any] = {
        "user": _rows(connection, sa.select(*_without(user, "password")).where(user.c.id == user_id))[0],
        "identities": _rows(connection, sa.select(identity).where(identity.c.user_id == user_id)),
        "lms": _rows(
            connection,
            sa.select(lti_link.c.platform, lti_link.c.resource_link, lti_member.c.subject)
            .select_from(lti_member.join(lti_link))
            .where(lti_member.c.user_id == user_id),
        ),
        "enrolments": _rows(
            connection,
            sa.select(enrolment, course.c.name.label("course"))
            .select_from(enrolment.join(course))
            .where(enrolment.c.user_id == user_id),
        ),
        "invitations": _rows(
            connection, sa.select(*_without(invitation, "secret_sha256")).where(invitation.c.used_by == user_id)
        ),
        "tokens": _rows(connection, sa.select(*_without(token, "secret_sha256")).where(token.c.user_id == user_id)),
        "sessions": _rows(
            connection, sa.select(session.c.created_at, session.c.expires_at).where(session.c.user_id == user_id)
        ),
        "submissions": _rows(
            connection,
            sa.select(submission, assignment.c.title.label("assignment"))
            .select_from(submission.join(assignment))
            .where(of_user)
            .order_by(submission.c.id),
        ),
        "grades": _rows(connection, sa.select(grade).join(submission).where(of_user).order_by(grade.c.at)),
        "overrides": _rows(connection, sa.select(override).join(submission).where(of_user).order_by(override.c.at)),
        "log": _rows(
            connection,
            sa.select(audit)
            .where(sa.or_(audit.c.actor == user_id, audit.c.object == f"user:{user_id}"))
            .order_by(audit.c.id),
        ),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", msgspec.json.format(msgspec.json.encode(known), indent=2))
        texts = sa.select(submission.c.id, blob.c.data).select_from(submission.join(blob)).where(of_user)
        for row in connection.execute(texts):
            # Under our own name: what the learner called it is in person.json.
            archive.writestr(f"submissions/{row.id}.txt", row.data)
        reports = (
            sa.select(report.c.id, report.c.json)
            .select_from(submission.join(grade).join(report, report.c.id == grade.c.report_id))
            .where(of_user)
        )
        for row in connection.execute(reports):
            archive.writestr(f"reports/{row.id}.json", row.json)
    note(database, connection, by, "person.export", f"user:{user_id}", address=address)
    return made.getvalue()


def erase_person(database: Database, connection: sa.Connection, user_id: str, *, by: str) -> None:
    """Make one person nobody: name, addresses, identities, secrets and all that they wrote go; grades stay.

    Raises:
        UsageError: something of theirs is being graded; it would come back with the grade.
    """
    of_user = submission.c.user_id == user_id
    mine = sa.select(submission.c.id).where(of_user)
    # First: accepting waits for these rows, and so for the end of this.
    connection.execute(sa.update(enrolment).where(enrolment.c.user_id == user_id).values(external_id=None))
    email = connection.execute(sa.select(user.c.email).where(user.c.id == user_id).with_for_update()).scalar_one()
    waiting = connection.execute(mine.where(submission.c.status.in_(("queued", "running"))).limit(1)).first()
    if waiting is not None:
        raise UsageError(Sentence("a submission of theirs is being graded"), Sentence("try again when it is done"))
    connection.execute(
        sa.update(user)
        .where(user.c.id == user_id)
        .values(name="", email=None, password=None, is_admin=False, language=None, disabled_at=database.clock)
    )
    for table in (identity, lti_member, token, session):
        connection.execute(sa.delete(table).where(table.c.user_id == user_id))
    is_theirs = invitation.c.used_by == user_id
    if email is not None:
        is_theirs = sa.or_(is_theirs, invitation.c.email == email)
    connection.execute(
        sa.update(invitation)
        .where(is_theirs)
        .values(email=None, name=None, external_id=None, expires_at=sa.func.coalesce(invitation.c.used_at, 0))
    )
    _erase_texts(database, connection, user_id)
    for row in connection.execute(
        sa.select(report.c.id, report.c.json).join(grade).where(grade.c.submission_id.in_(mine))
    ).all():
        bare = _without_text(row.json)
        connection.execute(sa.update(report).where(report.c.id == row.id).values(json=render_json(bare).encode()))
        connection.execute(
            sa.update(grade).where(grade.c.report_id == row.id).values(summary=summary_of(bare), shape="")
        )
    # Why a person changed a grade is about them too.
    connection.execute(sa.update(override).where(override.c.submission_id.in_(mine)).values(reason=""))
    note(database, connection, by, "person.erase", f"user:{user_id}")


def _erase_texts(database: Database, connection: sa.Connection, user_id: str) -> None:
    of_user = submission.c.user_id == user_id
    hashes = set(connection.execute(sa.select(submission.c.blob_sha256).where(of_user)).scalars())
    connection.execute(database.insert_new(blob, {"sha256": ERASED_TEXT, "data": b""}))
    connection.execute(
        sa.update(submission)
        .where(of_user)
        .values(name="", reason=None, idempotency_key=submission.c.id, blob_sha256=ERASED_TEXT)
    )
    # The same text may be somebody else's too.
    used = sa.select(submission.c.blob_sha256).where(submission.c.blob_sha256 == blob.c.sha256).exists()
    for sha256 in hashes - {ERASED_TEXT}:
        connection.execute(sa.delete(blob).where(blob.c.sha256 == sha256, ~used))


def _without_text(json: bytes) -> Report:
    """Return a report with its points and verdicts, and nothing that a learner wrote or that is made of it."""
    told = with_feedback(msgspec.json.decode(json, type=Report), Feedback.NONE)
    layers = [msgspec.structs.replace(layer, found_as=None, line=None) for layer in told.layers]
    return msgspec.structs.replace(told, submission=SubmissionId("", ERASED_TEXT), layers=layers, warnings=[])


def _without(table: sa.Table, *names: str) -> list[sa.Column[Any]]:
    return [column for column in table.c if column.name not in names]


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]
