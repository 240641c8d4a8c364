"""What a worker does in the database: claim a submission, and write down what came of it, once for each generation."""

import sqlalchemy as sa

from harness.records import Outcome, Record, Report
from harness.render.json import render_json
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import assignment, attempt, blob, grade, report, submission
from harness.service.store.auditing import WORKER, note
from harness.service.store.revisions import newest_revision
from harness.service.store.summing import shape_in, summary_of
from harness.service.store.telling import tell_of_grade

__all__ = ["MOST_CRASHES", "Claim", "claim", "fail", "finish", "hand_back"]

#: Workers that may end while they grade one submission: the fourth would end as well.
MOST_CRASHES = 3


class Claim(Record, frozen=True, kw_only=True):
    """A submission that a worker may grade now."""

    submission_id: str
    gen: int
    #: Number of this attempt.
    n: int
    course_id: str
    name: str
    data: bytes
    #: The assignment's newest revision.
    revision: int
    source: str
    source_sha256: str
    seed: int
    late_factor: float
    is_late: bool


def claim(database: Database, connection: sa.Connection, executor: str, submission_id: str, gen: int) -> Claim | None:
    """Begin an attempt, or return None when there is nothing to do: graded already, or asked for once more since.

    An earlier attempt of the same generation that has not ended has lost its worker; the fourth is not begun, and the
    submission fails.
    """
    row = (
        connection.execute(
            sa.select(submission, blob.c.data)
            .join(blob, blob.c.sha256 == submission.c.blob_sha256)
            .where(submission.c.id == submission_id)
            .with_for_update(of=submission)
        )
        .mappings()
        .first()
    )
    if row is None or row["gen"] != gen or row["status"] in ("cancelled", "failed"):
        return None
    if connection.execute(_grade_of(submission_id, gen)).first() is not None:
        return None
    of_gen = sa.and_(attempt.c.submission_id == submission_id, attempt.c.gen == gen)
    connection.execute(
        sa.update(attempt).where(of_gen, attempt.c.state == "running").values(state="crashed", ended_at=database.clock)
    )
    last, crashes = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.max(attempt.c.n), 0),
            sa.func.coalesce(sa.func.sum(sa.case((attempt.c.state == "crashed", 1), else_=0)), 0),
        ).where(of_gen)
    ).one()
    if crashes >= MOST_CRASHES:
        fail(database, connection, submission_id, gen, "grader_crash")
        return None
    current = newest_revision(connection, row["assignment_id"])
    assert current is not None, "an assignment always has a revision"
    connection.execute(
        sa.insert(attempt).values(
            submission_id=submission_id,
            gen=gen,
            n=last + 1,
            executor=executor,
            state="running",
            started_at=database.clock,
        )
    )
    connection.execute(sa.update(submission).where(submission.c.id == submission_id).values(status="running"))
    return Claim(
        submission_id=submission_id,
        gen=gen,
        n=last + 1,
        course_id=current["course_id"],
        name=row["name"],
        data=row["data"],
        revision=current["number"],
        source=current["source"],
        source_sha256=current["source_sha256"],
        seed=current["seed"],
        late_factor=current["late_factor"],
        is_late=row["is_late"],
    )


def finish(database: Database, connection: sa.Connection, claimed: Claim, graded: Report) -> bool:
    """Write the grade down; return False when another attempt was first, whose grade stands.

    A fault of the grader is no grade: the submission fails, can be graded again, and costs no attempt.
    """
    if graded.outcome is Outcome.GRADER_FAULT or graded.score is None:
        _end(database, connection, claimed, "done")
        fail(database, connection, claimed.submission_id, claimed.gen, "grader_fault")
        return True
    report_id = new_id()
    connection.execute(sa.insert(report).values(id=report_id, json=render_json(graded).encode()))
    score = graded.score * (claimed.late_factor if claimed.is_late else 1.0)
    added = connection.execute(
        database.insert_new(
            grade,
            {
                "submission_id": claimed.submission_id,
                "gen": claimed.gen,
                "attempt_n": claimed.n,
                "revision": claimed.revision,
                "outcome": str(graded.outcome),
                "score": score,
                "max_score": graded.max_score,
                "report_id": report_id,
                "summary": summary_of(graded),
                "shape": shape_in(graded, claimed.name, claimed.data),
                "at": database.now(connection),
            },
        ).returning(grade.c.attempt_n)
    ).first()
    if added is None:
        connection.execute(sa.delete(report).where(report.c.id == report_id))
        # The answer to a commit may be lost: then the grade that is there is our own.
        first = connection.execute(_grade_of(claimed.submission_id, claimed.gen)).scalar_one()
        if first != claimed.n:
            _end(database, connection, claimed, "superseded")
        return bool(first == claimed.n)
    _end(database, connection, claimed, "done")
    connection.execute(
        sa.update(submission)
        .where(submission.c.id == claimed.submission_id, submission.c.gen == claimed.gen)
        .values(status="graded", reason=None, counts=graded.outcome is Outcome.GRADED)
    )
    what = f"submission:{claimed.submission_id}"
    note(database, connection, WORKER, "grade.made", what, course_id=claimed.course_id, gen=claimed.gen, score=score)
    tell_of_grade(database, connection, claimed.submission_id)
    return True


def hand_back(database: Database, connection: sa.Connection, claimed: Claim) -> None:
    """End an attempt that is not the fault of the submission: its worker is asked to stop."""
    _end(database, connection, claimed, "returned")
    connection.execute(
        sa.update(submission)
        .where(submission.c.id == claimed.submission_id, submission.c.status == "running")
        .values(status="queued")
    )


def fail(database: Database, connection: sa.Connection, submission_id: str, gen: int, reason: str) -> None:
    """Say that a submission could not be graded. It is shown, can be graded again, and costs no attempt.

    Args:
        database: Whose clock counts.
        connection: The transaction.
        submission_id: Which.
        gen: The generation that failed.
        reason: ``grader_crash``, ``grader_fault`` or ``assignment_changed``.
    """
    changed = connection.execute(
        sa.update(submission)
        .where(submission.c.id == submission_id, submission.c.gen == gen)
        .values(status="failed", reason=reason, counts=sa.exists().where(grade.c.submission_id == submission_id))
        .returning(submission.c.assignment_id)
    ).first()
    if changed is not None:
        of = sa.select(assignment.c.course_id).where(assignment.c.id == changed.assignment_id)
        course, what = connection.execute(of).scalar_one(), f"submission:{submission_id}"
        note(database, connection, WORKER, "submission.failed", what, course_id=course, gen=gen, reason=reason)
        tell_of_grade(database, connection, submission_id)


def _grade_of(submission_id: str, gen: int) -> "sa.Select[int]":
    return sa.select(grade.c.attempt_n).where(grade.c.submission_id == submission_id, grade.c.gen == gen)


def _end(database: Database, connection: sa.Connection, claimed: Claim, state: str) -> None:
    connection.execute(
        sa.update(attempt)
        .where(
            attempt.c.submission_id == claimed.submission_id,
            attempt.c.gen == claimed.gen,
            attempt.c.n == claimed.n,
        )
        .values(state=state, ended_at=database.clock)
    )
