"""Which of a learner's submissions counts: the one with the most points. It is decided here, and nowhere else."""

from collections.abc import Collection

import sqlalchemy as sa

from harness.service.schema import grade, override, submission

__all__ = ["counting_submissions"]


def counting_submissions(connection: sa.Connection, assignment_id: str, user_ids: Collection[str]) -> dict[str, str]:
    """Return the submission of an assignment that counts, by learner; who has none with a grade is not in it.

    It is the one with the most points: after a deduction for being late, and with a score that a person gave in place
    of the graded one. Of equal ones it is one that could be graded, and of these the newest. So handing in once more
    never costs points, and a grade that is replaced counts until the new one stands.
    """
    other = grade.alias()
    newest = sa.select(sa.func.max(other.c.gen)).where(other.c.submission_id == submission.c.id).scalar_subquery()
    # As in `looking.grades_of`: the newest change stands, and one without a score takes those before it back.
    given = (
        sa.select(override.c.score)
        .where(override.c.submission_id == submission.c.id)
        .order_by(override.c.at.desc(), override.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    place = sa.func.row_number().over(
        partition_by=submission.c.user_id,
        order_by=(
            sa.func.coalesce(given, grade.c.score).desc(),
            submission.c.counts.desc(),
            submission.c.number.desc(),
        ),
    )
    ranked = (
        sa.select(submission.c.id, submission.c.user_id, place.label("place"))
        .select_from(submission)
        .join(grade, sa.and_(grade.c.submission_id == submission.c.id, grade.c.gen == newest))
        .where(submission.c.assignment_id == assignment_id, submission.c.user_id.in_(user_ids))
        .subquery()
    )
    rows = connection.execute(sa.select(ranked.c.user_id, ranked.c.id).where(ranked.c.place == 1))
    return {row.user_id: row.id for row in rows}
