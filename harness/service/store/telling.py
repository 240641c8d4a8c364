"""Notes what other systems are to be told, in the transaction that changes it; :mod:`harness.service.outbox` tells."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import assignment, course, lti_link, lti_member, outbox, submission, webhook
from harness.service.store.looking import grades_of

__all__ = ["AGS", "WEBHOOK", "tell_of_grade", "tell_place", "timestamp"]

#: Kinds of message.
AGS, WEBHOOK = "ags", "webhook"


# Who is to be told of a submission, which is nobody as a rule: made once, for every grade.
_TARGETS = sa.union_all(
    sa.select(sa.literal(WEBHOOK).label("kind"), webhook.c.id)
    .join(assignment, assignment.c.course_id == webhook.c.course_id)
    .join(submission, submission.c.assignment_id == assignment.c.id)
    .where(submission.c.id == sa.bindparam("of_id"), webhook.c.disabled_at.is_(None)),
    sa.select(sa.literal(AGS), lti_link.c.id)
    .join(submission, submission.c.assignment_id == lti_link.c.assignment_id)
    .join(lti_member, sa.and_(lti_member.c.link_id == lti_link.c.id, lti_member.c.user_id == submission.c.user_id))
    .where(submission.c.id == sa.bindparam("of_id"), lti_link.c.line_item.is_not(None)),
)


def tell_of_grade(database: Database, connection: sa.Connection, submission_id: str) -> None:
    """Have webhooks and the learner's LMS told that a submission's grade is another now, or that it failed.

    To be called after the change, in its transaction: after a grade, a failure, and a score that a person gave. A
    webhook is told what stands at this moment; an LMS is told where the learner stands when it is told.
    """
    targets = connection.execute(_TARGETS, {"of_id": submission_id}).all()
    if not targets:
        return
    row = connection.execute(
        sa.select(submission, assignment.c.course_id, assignment.c.slug, course.c.slug.label("course"))
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .join(course, course.c.id == assignment.c.course_id)
        .where(submission.c.id == submission_id)
    ).one()
    hooks = sorted(target.id for target in targets if target.kind == WEBHOOK)
    if hooks:
        event = _event(database, connection, row)
        for hook_id in hooks:
            # Each delivery has a name of its own; a repeated one has the same.
            _put(database, connection, WEBHOOK, f"webhook:{hook_id}", {"webhook_id": hook_id, "event": event})
    for link_id in sorted(target.id for target in targets if target.kind == AGS):
        _tell_lms(database, connection, link_id, row.user_id)


def tell_place(database: Database, connection: sa.Connection, link_id: str, user_id: str) -> None:
    """Have an LMS told where a learner stands who came through a link for the first time, if there is any work yet."""
    there_is = connection.execute(
        sa.select(submission.c.id)
        .join(lti_link, lti_link.c.assignment_id == submission.c.assignment_id)
        .where(lti_link.c.id == link_id, lti_link.c.line_item.is_not(None), submission.c.user_id == user_id)
        .limit(1)
    ).first()
    if there_is is not None:
        _tell_lms(database, connection, link_id, user_id)


def _tell_lms(database: Database, connection: sa.Connection, link_id: str, user_id: str) -> None:
    # What to say is looked up when it is said, so that two grades at once cannot pass each other on the way.
    _put(database, connection, AGS, f"ags:{link_id}:{user_id}", {"link_id": link_id, "user_id": user_id})


def _event(database: Database, connection: sa.Connection, row: "sa.Row[Any]") -> dict[str, Any]:
    stands = grades_of(connection, [row.id]).get(row.id)
    return {
        "type": "submission.failed" if row.status == "failed" else "grade.changed",
        "at": timestamp(database.now(connection)),
        "course": row.course,
        "assignment": row.slug,
        "submission": row.id,
        "user": row.user_id,
        "number": row.number,
        "status": row.status,
        "reason": row.reason,
        "outcome": stands.outcome if stands else None,
        "score": stands.score if stands else None,
        "max_score": stands.max_score if stands else None,
        "overridden": stands is not None and stands.override_score is not None,
    }


def timestamp(seconds: float) -> str:
    """Return a time as other systems are told it: ISO 8601, UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _put(database: Database, connection: sa.Connection, kind: str, target: str, payload: dict[str, Any]) -> None:
    before = connection.execute(
        sa.select(sa.func.max(outbox.c.created_at)).where(outbox.c.target == target, outbox.c.done_at.is_(None))
    ).scalar()
    now = database.now(connection)
    # Two of the same millisecond, or of a clock that was put back, still have an order.
    created_at = now if before is None else max(now, before + 0.001)
    connection.execute(
        sa.insert(outbox).values(
            id=new_id(),
            kind=kind,
            target=target,
            payload=msgspec.json.encode(payload).decode(),
            created_at=created_at,
            next_at=now,
            tries=0,
        )
    )
