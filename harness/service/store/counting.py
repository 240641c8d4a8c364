"""Which of a learner's submissions counts: the one with the most points. It is decided here, and nowhere else."""

from collections.abc import Collection

import sqlalchemy as sa

from harness.service.schema import grade, override, submission

__all__ = ["counting", "counting_submissions", "standing_override"]


def standing_override(submission_id: sa.ColumnElement[str]) -> "sa.ScalarSelect[str]":
    """Return the id of the change of a score that stands: the newest, also if it takes those before it back."""
    one = override.alias()
    return (
        sa.select(one.c.id)
        .where(one.c.submission_id == submission_id)
        .order_by(one.c.at.desc(), one.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def counting(assignment_id: str, user_ids: Collection[str] | None = None) -> sa.Subquery:
    """Return one submission of an assignment for each learner: the one that counts, or else the newest.

    It counts where its ``gen``, which is that of its grade, is not null. It is the one with the most points: after a
    deduction for being late, and with a score that a person gave in place of the graded one. Of equal ones it is one
    that could be graded, and of these the newest. So handing in once more never costs points, and a grade that is
    replaced counts until the new one stands. ``last_status`` is that of the newest submission.

    Args:
        assignment_id: Which.
        user_ids: Of some learners only; None for all.
    """
    other, given = grade.alias(), override.alias()
    newest = sa.select(sa.func.max(other.c.gen)).where(other.c.submission_id == submission.c.id).scalar_subquery()
    score = sa.func.coalesce(given.c.score, grade.c.score)
    place = sa.func.row_number().over(
        partition_by=submission.c.user_id,
        order_by=(grade.c.gen.is_(None), score.desc(), submission.c.counts.desc(), submission.c.number.desc()),
    )
    last = sa.func.first_value(submission.c.status).over(
        partition_by=submission.c.user_id, order_by=submission.c.number.desc()
    )
    ranked = (
        sa.select(submission.c.id, submission.c.user_id, grade.c.gen, place.label("place"), last.label("last_status"))
        .select_from(submission)
        .outerjoin(grade, sa.and_(grade.c.submission_id == submission.c.id, grade.c.gen == newest))
        .outerjoin(given, given.c.id == standing_override(submission.c.id))
        .where(submission.c.assignment_id == assignment_id)
        .where(sa.true() if user_ids is None else submission.c.user_id.in_(user_ids))
        .subquery()
    )
    return sa.select(ranked).where(ranked.c.place == 1).subquery()


def counting_submissions(connection: sa.Connection, assignment_id: str, user_ids: Collection[str]) -> dict[str, str]:
    """Return the submission of an assignment that counts, by learner; who has none with a grade is not in it."""
    found = counting(assignment_id, user_ids)
    rows = connection.execute(sa.select(found.c.user_id, found.c.id).where(found.c.gen.is_not(None)))
    return {row.user_id: row.id for row in rows}
