"""What the API says of a submission: how it stands, and where it waits."""

from collections.abc import Sequence

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.store.looking import Seen, submissions_by_id
from harness.service.store.waiting import State, states_now
from harness.service.web.api import shapes
from harness.service.web.api.shapes import moment

__all__ = ["seen_now", "shown_all"]


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
    states = states_now(database, connection, [one.id for one in found if one.is_waiting], dead_after_s)
    return [_shown(one, states.get(one.id)) for one in found]


def seen_now(
    database: Database, connection: sa.Connection, asked: Sequence[tuple[str, float]]
) -> list[shapes.Submission | None]:
    """Return what is told of submissions, None for one that is not there: for many who follow at once.

    Args:
        database: Whose clock counts.
        connection: Where to look.
        asked: The id of each, and the seconds after which a silent worker is none.
    """
    found = submissions_by_id(connection, [submission_id for submission_id, _ in asked])
    told = dict(zip(found, shown_all(database, connection, [*found.values()], asked[0][1]), strict=True))
    return [told.get(submission_id) for submission_id, _ in asked]


def _shown(one: Seen, state: State | None) -> shapes.Submission:
    queue = None if state is None else shapes.Queue(position=state.place, estimated_wait_s=state.wait_s)
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
