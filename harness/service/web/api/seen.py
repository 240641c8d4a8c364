"""What the API says of a submission: how it stands, and where it waits."""

import math
from collections.abc import Sequence

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.store.looking import Seen, submissions_by_id
from harness.service.store.overseeing import Pace, pace, places
from harness.service.web.api import shapes
from harness.service.web.api.shapes import moment

__all__ = ["seen_now", "shown", "shown_all"]


def shown_all(
    database: Database, connection: sa.Connection, found: list[Seen], dead_after_s: float
) -> list[shapes.Submission]:
    """Return what is told of submissions.

    Args:
        database: Whose clock counts.
        connection: Where to look for what is before them.
        found: The submissions.
        dead_after_s: Seconds after which a silent worker is none.
    """
    waiting = {one.course_id for one in found if one.status == "queued"}
    order = {course: places(connection, course) for course in waiting}
    speed = pace(database, connection, dead_after_s) if any(one.is_waiting for one in found) else None
    return [shown(one, order.get(one.course_id, {}).get(one.id), speed) for one in found]


def seen_now(
    database: Database, connection: sa.Connection, asked: Sequence[tuple[str, float]]
) -> list[tuple[Seen, shapes.Submission] | None]:
    """Return submissions with what is told of each, None for one that is not there: for many who follow at once.

    Args:
        database: Whose clock counts.
        connection: Where to look.
        asked: The id of each, and the seconds after which a silent worker is none.
    """
    found = submissions_by_id(connection, [submission_id for submission_id, _ in asked])
    told = shown_all(database, connection, [*found.values()], asked[0][1])
    pairs = dict(zip(found, zip(found.values(), told, strict=True), strict=True))
    return [pairs.get(submission_id) for submission_id, _ in asked]


def shown(one: Seen, place: int | None, speed: Pace | None) -> shapes.Submission:
    """Return what is told of a submission at this place of the queue."""
    queue = None
    if one.is_waiting:
        wait = None
        if speed is not None and speed.each_s is not None and speed.slots:
            rounds = math.ceil(place / speed.slots) if place is not None else 1
            wait = round(rounds * speed.each_s, 1) if place is not None or one.status == "running" else None
        queue = shapes.Queue(position=place, estimated_wait_s=wait)
    grade = one.grade
    return shapes.Submission(
        id=one.id,
        assignment_id=one.assignment_id,
        learner_id=one.user_id,
        learner=one.learner,
        external_id=one.external_id,
        number=one.number,
        name=one.name,
        sha256=one.blob_sha256,
        status=one.status,  # type: ignore[arg-type]
        reason=one.reason,
        generation=one.gen,
        is_late=one.is_late,
        counts=one.counts,
        received_at=moment(one.received_at),
        queue=queue,
        grade=None
        if grade is None
        else shapes.Grade(
            score=grade.score,
            max_score=grade.max_score,
            outcome=grade.outcome,
            generation=grade.gen,
            revision=grade.revision,
            at=moment(grade.at),
            is_override=grade.override_score is not None,
            override_reason=grade.override_reason,
        ),
    )
