"""A service's database with a course in it, and what tests do to it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from harness.assignment import built_in
from harness.errors import SubmissionError
from harness.grader import ungradable_report
from harness.records import Outcome, Report
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.schema import assignment, attempt, course, enrolment, grade, revision, submission, user
from harness.service.store.accepting import Accepted, Incoming, Job, Refused, accept_all
from harness.service.store.grading import claim, finish, result_of

__all__ = ["EXAMPLES", "Ground", "graded"]

EXAMPLES = Path(__file__).parents[2] / "examples"


def graded(score: float = 45.0, outcome: Outcome = Outcome.GRADED) -> Report:
    """Return a report with this score, which took no grading."""
    error = SubmissionError("EMPTY", Sentence("{file} is empty", file="layers.py"))
    made = ungradable_report(error, "layers.py", "0" * 64, built_in("ch05-add-mul"), 1)
    return msgspec.structs.replace(made, outcome=outcome, score=score)


class NoJobs:
    """A queue that keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int, str, int]] = []

    def enqueue(
        self, connection: sa.Connection, submission_id: str, gen: int, *, course_id: str, priority: int
    ) -> None:
        self.given.append((submission_id, gen, course_id, priority))

    def enqueue_new(self, connection: sa.Connection, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.enqueue(connection, job.submission_id, 0, course_id=job.course_id, priority=job.priority)

    def forget(self, jobs: Iterable[tuple[str, int]]) -> None:
        gone = set(jobs)
        self.given = [job for job in self.given if job[:2] not in gone]


class Ground:
    """Courses, people and submissions in ``database``, made with as few words as possible."""

    def __init__(self, database: Database, jobs: Any = None) -> None:
        self.database = database
        self.jobs = NoJobs() if jobs is None else jobs

    def insert(self, table: sa.Table, **values: Any) -> Mapping[str, Any]:
        with self.database.writing() as connection:
            connection.execute(sa.insert(table).values(**values))
        return values

    def course(self, slug: str = "dl") -> str:
        made = new_id()
        self.insert(course, id=made, slug=slug, name=slug.upper(), created_at=self.database.clock)
        return made

    def assignment(self, course_id: str, *, slug: str = "ch05", source: str = "ch05-add-mul", **changes: Any) -> str:
        made = new_id()
        self.insert(assignment, id=made, course_id=course_id, slug=slug, title="Layers", created_at=self.database.clock)
        self.revise(made, 1, source=source, **changes)
        return made

    def revise(self, assignment_id: str, number: int, *, source: str = "ch05-add-mul", **changes: Any) -> None:
        values = {
            "source_sha256": built_in("ch05-add-mul").sha256,
            "seed": built_in("ch05-add-mul").default_seed,
            "feedback": "full",
            "late_factor": 1.0,
            "cooldown_s": 0.0,
            "created_at": self.database.clock,
        } | changes
        self.insert(revision, assignment_id=assignment_id, number=number, source=source, **values)

    def learner(self, course_id: str | None, name: str = "Mina", *, role: str = "learner", **changes: Any) -> str:
        made = new_id()
        self.insert(user, id=made, name=name, is_admin=False, created_at=self.database.clock, **changes)
        if course_id is not None:
            self.insert(enrolment, course_id=course_id, user_id=made, role=role, created_at=self.database.clock)
        return made

    def hand_in(
        self,
        assignment_id: str,
        user_id: str,
        data: bytes | None = None,
        *,
        key: str | None = None,
        name: str = "layers.py",
    ) -> Accepted:
        incoming = Incoming(
            assignment_id=assignment_id,
            user_id=user_id,
            name=name,
            data=(EXAMPLES / "seed.py").read_bytes() if data is None else data,
            idempotency_key=key or new_id(),
        )
        with self.database.writing() as connection:
            (result,) = accept_all(self.database, self.jobs, connection, [incoming])
        if isinstance(result, Refused):
            raise result
        return result

    def grade(self, submission_id: str, report: Report, gen: int = 0) -> None:
        """Do what a worker does."""
        with self.database.writing() as connection:
            claimed = claim(self.database, connection, "a-worker", submission_id, gen)
            assert claimed is not None
            assert finish(self.database, connection, result_of(claimed, report))

    def rows(self, table: sa.Table) -> list[Mapping[str, Any]]:
        with self.database.reading() as connection:
            return [*connection.execute(sa.select(table)).mappings()]

    def of(self, table: sa.Table, submission_id: str) -> list[Mapping[str, Any]]:
        key = "id" if table is submission else "submission_id"
        return [row for row in self.rows(table) if row[key] == submission_id]

    def counts(self) -> tuple[int, int, int]:
        """Return how many submissions were accepted, are graded, and have failed; and check that none has two grades."""
        grades = [(row["submission_id"], row["gen"]) for row in self.rows(grade)]
        assert len(grades) == len(set(grades))
        states = [row["status"] for row in self.rows(submission)]
        done = [(row["submission_id"], row["gen"]) for row in self.rows(attempt) if row["state"] == "done"]
        assert len(done) == len(set(done))
        return len(states), states.count("graded"), states.count("failed")
