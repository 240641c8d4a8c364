"""What a worker does in the database: claim a submission, and write down what came of it, once for each generation."""

from functools import cache

import sqlalchemy as sa

from harness.records import Outcome, Record, Report
from harness.render.json import render_json
from harness.service.database import Database, new_rows
from harness.service.ids import new_id
from harness.service.schema import assignment, attempt, blob, grade, report, revision, submission
from harness.service.store.auditing import WORKER, note
from harness.service.store.revisions import is_newest
from harness.service.store.summing import shape_in, summary_of
from harness.service.store.telling import tell_of_grade

__all__ = ["MOST_CRASHES", "Claim", "CrashedBefore", "Result", "claim", "fail", "finish", "hand_back", "result_of"]

#: Workers that may end while they grade one submission: the fourth would end as well.
MOST_CRASHES = 3


# Statements that every submission needs are made once: to build one takes longer than to run it.
_OF_GEN = sa.and_(attempt.c.submission_id == sa.bindparam("of_id"), attempt.c.gen == sa.bindparam("of_gen"))
_OF_ATTEMPT = sa.and_(_OF_GEN, attempt.c.n == sa.bindparam("of_n"))
_NO_GRADE = ~sa.exists().where(grade.c.submission_id == submission.c.id, grade.c.gen == submission.c.gen)
_BEGIN = (
    sa.update(submission)
    .where(
        submission.c.id == sa.bindparam("of_id"),
        submission.c.gen == sa.bindparam("of_gen"),
        submission.c.status.in_(("queued", "running")),
        _NO_GRADE,
    )
    .values(status="running")
    .returning(submission.c.id)
)
# A row for each attempt that there was; one without, where there was none.
_CLAIMED = (
    sa.select(
        submission.c.name,
        submission.c.is_late,
        blob.c.data,
        assignment.c.course_id,
        *(revision.c[name] for name in ("number", "source", "source_sha256", "seed", "late_factor")),
        attempt.c.n,
        attempt.c.state,
    )
    .join(blob, blob.c.sha256 == submission.c.blob_sha256)
    .join(assignment, assignment.c.id == submission.c.assignment_id)
    .join(revision, revision.c.assignment_id == submission.c.assignment_id)
    .outerjoin(attempt, sa.and_(attempt.c.submission_id == submission.c.id, attempt.c.gen == submission.c.gen))
    .where(submission.c.id == sa.bindparam("of_id"), is_newest())
)
_CRASHED = (
    sa.update(attempt).where(_OF_GEN, attempt.c.state == "running").values(state="crashed", ended_at=Database.clock)
)
_ATTEMPT = sa.insert(attempt).values(state="running", started_at=Database.clock)
_REPORT = sa.insert(report)
_END = sa.update(attempt).where(_OF_ATTEMPT).values(state=sa.bindparam("new_state"), ended_at=Database.clock)
_GRADED = (
    sa.update(submission)
    .where(submission.c.id == sa.bindparam("of_id"), submission.c.gen == sa.bindparam("of_gen"))
    .values(status="graded", reason=None, counts=sa.bindparam("new_counts"))
)


@cache
def _grade(is_sqlite: bool) -> "sa.Insert":
    return new_rows(grade, is_sqlite=is_sqlite).values(at=Database.clock).returning(grade.c.attempt_n)


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


class CrashedBefore(Exception):  # noqa: N818 - what it is, and nobody's mistake
    """A worker that graded this submission ended: the next one may end of it as well."""


def claim(
    database: Database, connection: sa.Connection, executor: str, submission_id: str, gen: int, *, alone: bool = True
) -> Claim | None:
    """Begin an attempt, or return None when there is nothing to do: graded already, or asked for once more since.

    An earlier attempt of the same generation that has not ended has lost its worker; the fourth is not begun, and the
    submission fails.

    Args:
        database: Which kind of database it is.
        connection: The transaction.
        executor: The worker.
        submission_id: What to grade.
        gen: Which generation.
        alone: Whether the worker has no other attempt under way, that would be lost with this one.

    Raises:
        CrashedBefore: this one is to be alone, and is not.
    """
    of = {"of_id": submission_id, "of_gen": gen}
    # Whoever else claims it waits here, and sees then what was written.
    if connection.execute(_BEGIN, of).first() is None:
        return None
    rows = connection.execute(_CLAIMED, of).all()
    row, states = rows[0], [one.state for one in rows]
    if not alone and ("running" in states or "crashed" in states):
        raise CrashedBefore
    if "running" in states:
        connection.execute(_CRASHED, of)
    if states.count("running") + states.count("crashed") >= MOST_CRASHES:
        fail(database, connection, submission_id, gen, "grader_crash")
        return None
    n = max(one.n or 0 for one in rows) + 1
    connection.execute(_ATTEMPT, {"submission_id": submission_id, "gen": gen, "n": n, "executor": executor})
    return Claim(
        submission_id=submission_id,
        gen=gen,
        n=n,
        course_id=row.course_id,
        name=row.name,
        data=row.data,
        revision=row.number,
        source=row.source,
        source_sha256=row.source_sha256,
        seed=row.seed,
        late_factor=row.late_factor,
        is_late=row.is_late,
    )


class Result(Record, frozen=True, kw_only=True):
    """What came of a claim, made ready to be written down: nobody else writes on SQLite while this is done."""

    claim: Claim
    outcome: Outcome
    #: None for a fault of the grader.
    score: float | None
    max_score: float
    json: bytes
    summary: str
    shape: str
    #: That the grading took.
    seconds: float


def result_of(claimed: Claim, graded: Report) -> Result:
    """Return what is kept of the report on a claimed submission."""
    is_fault = graded.outcome is Outcome.GRADER_FAULT or graded.score is None
    return Result(
        claim=claimed,
        outcome=graded.outcome,
        score=None
        if is_fault or graded.score is None
        else graded.score * (claimed.late_factor if claimed.is_late else 1.0),
        max_score=graded.max_score,
        json=render_json(graded).encode(),
        summary=summary_of(graded),
        shape=shape_in(graded, claimed.name, claimed.data),
        seconds=graded.timing.wall_s,
    )


def finish(database: Database, connection: sa.Connection, result: Result) -> bool:
    """Write the grade down; return False when another attempt was first, whose grade stands.

    A fault of the grader is no grade: the submission fails, can be graded again, and costs no attempt.
    """
    claimed = result.claim
    if result.score is None:
        _end(connection, claimed, "done")
        fail(database, connection, claimed.submission_id, claimed.gen, "grader_fault")
        return True
    report_id = new_id()
    connection.execute(_REPORT, {"id": report_id, "json": result.json})
    added = connection.execute(
        _grade(database.is_sqlite),
        {
            "submission_id": claimed.submission_id,
            "gen": claimed.gen,
            "attempt_n": claimed.n,
            "revision": claimed.revision,
            "outcome": str(result.outcome),
            "score": result.score,
            "max_score": result.max_score,
            "report_id": report_id,
            "summary": result.summary,
            "shape": result.shape,
        },
    ).first()
    if added is None:
        connection.execute(sa.delete(report).where(report.c.id == report_id))
        # The answer to a commit may be lost: then the grade that is there is our own.
        first = connection.execute(_grade_of(claimed.submission_id, claimed.gen)).scalar_one()
        if first != claimed.n:
            _end(connection, claimed, "superseded")
        return bool(first == claimed.n)
    _end(connection, claimed, "done")
    counts = result.outcome is Outcome.GRADED
    connection.execute(_GRADED, {"of_id": claimed.submission_id, "of_gen": claimed.gen, "new_counts": counts})
    what = f"submission:{claimed.submission_id}"
    note(
        database,
        connection,
        WORKER,
        "grade.made",
        what,
        course_id=claimed.course_id,
        gen=claimed.gen,
        score=result.score,
    )
    tell_of_grade(database, connection, claimed.submission_id)
    return True


def hand_back(connection: sa.Connection, claimed: Claim) -> None:
    """End an attempt that is not the fault of the submission: its worker is asked to stop."""
    _end(connection, claimed, "returned")
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


def _end(connection: sa.Connection, claimed: Claim, state: str) -> None:
    of = {"of_id": claimed.submission_id, "of_gen": claimed.gen, "of_n": claimed.n}
    connection.execute(_END, of | {"new_state": state})
