"""What one learner has reached in one assignment: the grade that counts outside."""

import sqlalchemy as sa

from harness.records import Outcome, Record
from harness.service.schema import grade, override, submission
from harness.service.store.accepting import newest_revision

__all__ = ["Standing", "standing"]


class Standing(Record, frozen=True, kw_only=True):
    """The best of a learner's grades, as a part of what could be had; of equal ones the newest."""

    #: None as long as nothing is graded.
    score: float | None = None
    max_score: float | None = None
    #: Whether something waits to be graded for the first time.
    waits: bool = False
    #: Whether nothing is graded, and something could not be.
    failed: bool = False
    #: Whether the learner cannot hand in any more.
    is_complete: bool = False


def standing(connection: sa.Connection, assignment_id: str, user_id: str, now: float) -> Standing:
    """Return where a learner stands at ``now``.

    A grade stands until the one of a regrade is there; a score that a person gave stands in place of both.
    """
    mine = sa.and_(submission.c.assignment_id == assignment_id, submission.c.user_id == user_id)
    submissions = connection.execute(
        sa.select(submission.c.id, submission.c.status, submission.c.counts).where(mine)
    ).all()
    grades = {
        row.submission_id: row
        for row in connection.execute(
            sa.select(grade)
            .join(submission, submission.c.id == grade.c.submission_id)
            .where(mine)
            .order_by(grade.c.gen)
        )
    }
    given = {
        row.submission_id: row.score
        for row in connection.execute(
            sa.select(override)
            .join(submission, submission.c.id == override.c.submission_id)
            .where(mine)
            .order_by(override.c.at, override.c.id)
        )
    }
    most = max((row.max_score for row in grades.values()), default=None)
    best: tuple[float, float, float] | None = None
    for one in sorted(submissions, key=lambda row: row.id):
        made = grades.get(one.id)
        score = given.get(one.id)
        max_score = made.max_score if made is not None else most
        if score is None and made is not None and made.outcome == Outcome.GRADED:
            score = made.score
        if score is not None and max_score is not None:
            candidate = (score / max_score if max_score else 0.0, score, max_score)
            best = candidate if best is None or candidate[0] >= best[0] else best
    waits = any(one.status in ("queued", "running") and one.id not in grades for one in submissions)
    current = newest_revision(connection, assignment_id)
    used = sum(bool(one.counts) for one in submissions)
    is_complete = current is not None and (
        (current["max_attempts"] is not None and used >= current["max_attempts"] and not waits)
        or (current["close_at"] is not None and now > current["close_at"])
    )
    return Standing(
        score=best[1] if best else None,
        max_score=best[2] if best else None,
        waits=waits,
        failed=best is None and any(one.status == "failed" for one in submissions),
        is_complete=is_complete,
    )
