"""Grades a class: what is new or changed goes to the judges, and from all rows the files of the class are written."""

import hashlib
import os
from collections.abc import Iterator
from typing import Any, Self

import msgspec

from harness.assignment import Assignment
from harness.class_records import ClassHead, ClassRow, class_check
from harness.errors import SandboxError, SubmissionError, UsageError
from harness.feedback import Feedback
from harness.intake import Assigned, Intake
from harness.notes import fault_note, reason_note, sendable_note
from harness.records import Level, Outcome, Record
from harness.sentence import Sentence
from harness.submission import Submission
from harness.whole_class.files import file_stem, remove
from harness.whole_class.jobs import Jobs
from harness.whole_class.messages import Judged, Kept, Refusal, Setup, Task
from harness.whole_class.progress import Progress
from harness.whole_class.store import Key, Store, Stored

__all__ = ["HIDDEN", "Grading", "Wanted", "head_of", "prepared_folder"]

#: Inside of the folder of a class: what the next run goes on from.
HIDDEN = ".dout"
REPORTS, PAGES = "reports", "pages"


class Wanted(Record, frozen=True, kw_only=True):
    """How a class is to be graded."""

    out: str
    assignment: str
    seed: int
    language: str
    feedback: Feedback
    least: Level
    jobs: int
    fresh: bool
    similar: bool

    def setup(self, assignment: Assignment) -> Setup:
        """Return what each judge is told."""
        return Setup(
            assignment=self.assignment,
            sha256=assignment.sha256,
            seed=self.seed,
            language=self.language,
            feedback=self.feedback,
            least=self.least,
            out=os.path.abspath(self.out),
        )


def prepared_folder(out: str, submissions: str) -> None:
    """Make the folder of a class, or see that it is one.

    Raises:
        UsageError: it is something else, or lies where the submissions are.
    """
    if not out:
        raise UsageError(Sentence("no folder has an empty name"), Sentence("name a new folder with --output"))
    inner, outer = os.path.realpath(out), os.path.realpath(submissions)
    if inner == outer or os.path.commonpath([inner, outer]) == outer:
        there = Sentence("{out} is where the submissions are", out=out)
        raise UsageError(
            there if inner == outer else Sentence("{out} is inside of {submissions}", out=out, submissions=submissions),
            Sentence("name a folder beside it: a report in there would be taken for a submission"),
        )
    try:
        if os.path.isdir(out) and os.listdir(out) and not os.path.isdir(os.path.join(out, HIDDEN)):
            raise UsageError(
                Sentence("the folder {out} is not empty, and no class was graded into it", out=out),
                Sentence("name a new folder with --output"),
            )
        for inside in (HIDDEN, REPORTS, PAGES):
            os.makedirs(os.path.join(out, inside), exist_ok=True)
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be written: {error}", file=out, error=error.strerror or error),
            Sentence("name another folder with --output"),
        ) from None


class Grading:
    """One run over a class. A context manager, which ends all that was started.

    Raises:
        SandboxError: the sandbox does not hold, or the folder cannot be written.
        UsageError: another run is at work in the folder, or something asked for cannot be.
    """

    def __init__(self, intake: Intake, assignment: Assignment, wanted: Wanted) -> None:
        self._intake, self._assignment, self._wanted = intake, assignment, wanted
        self._under_way: dict[int, _Given] = {}
        limits = assignment.worker_limits
        jobs = max(1, min(wanted.jobs, len(intake.assigned)))
        self._jobs = Jobs(jobs, wanted.setup(assignment), limits.submission_seconds)
        hello = self._jobs.hello
        self.head = head_of(assignment, wanted.seed, self._jobs)
        key = Key(
            assignment=assignment.identity,
            seed=wanted.seed,
            isolation=hello.isolation,
            versions=hello.versions,
            language=wanted.language,
            feedback=wanted.feedback,
        )
        places = {one.learner.key: place for place, one in enumerate(intake.assigned)}
        try:
            self.store = Store(os.path.join(wanted.out, HIDDEN), key, places, fresh=wanted.fresh)
        except BaseException:
            self._jobs.__exit__(None, None, None)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._jobs.__exit__(*exc)
        self.store.__exit__(*exc)

    def run(self, progress: Progress) -> None:
        """Grade what is new or changed; each row is kept as soon as it is there.

        Raises:
            SandboxError: the folder cannot be written, or judges cannot be started.
        """
        for result in self._jobs.judged(self._tasks(), progress.show):
            if isinstance(result, Kept):
                if result.stored is not None:
                    self.store.add(result.place, result.stored)
            else:
                given = self._under_way.pop(result.place)
                self.store.add(result.place, self._stored(result, given))
            progress.count(graded=isinstance(result, Judged))
        for row in self.store.gone:
            for name in (row.report, row.page):
                remove(os.path.join(self._wanted.out, *name.split("/")))
        self.store.tidy()

    def _tasks(self) -> Iterator[Task | Kept]:
        for place, one in enumerate(self._intake.assigned):
            task = self._task(place, one)
            given = _Given(digest=_digest(task), sha256=task.sha256)
            stored = self.store.get(place)
            if stored is not None and self._holds(stored, given):
                row = msgspec.structs.replace(stored.row, **_known(one))
                changed = None if row == stored.row else msgspec.structs.replace(stored, row=row)
                yield Kept(place=place, stored=changed)
            else:
                self._under_way[place] = given
                yield task

    def _task(self, place: int, one: Assigned) -> Task:
        stem = file_stem(one.learner.key)
        report, page = f"{REPORTS}/{stem}.json", f"{PAGES}/{stem}.html"
        assignment, refusal = self._assignment, None
        try:
            submission = self._intake.read(
                one.entry, size_limit=assignment.limits.size_kib * 1024, words=assignment.words
            )
        except SubmissionError as error:
            refusal = Refusal(Outcome.NOT_GRADABLE, reason_note(error, error.code))
        except UsageError as error:
            # It is there and cannot be read here: that is no mark for anybody.
            fault = SandboxError(error.message, error.hint)
            refusal = Refusal(Outcome.GRADER_FAULT, fault_note(fault))
        if refusal is not None:
            submission = Submission(one.entry.name, "", ())
        return Task(
            place=place,
            report=report,
            page=page,
            name=submission.name,
            sha256=submission.sha256,
            blocks=submission.blocks,
            warnings=tuple(map(sendable_note, submission.warnings)),
            refusal=refusal,
            similar=self._wanted.similar,
        )

    def _holds(self, stored: Stored, given: "_Given") -> bool:
        row = stored.row
        return (
            stored.given == given.digest
            and row.outcome is not Outcome.GRADER_FAULT
            and not (self._wanted.similar and stored.shape is None)
            and all(os.path.exists(os.path.join(self._wanted.out, *name.split("/"))) for name in (row.report, row.page))
        )

    def _stored(self, judged: Judged, given: "_Given") -> Stored:
        one = self._intake.assigned[judged.place]
        stem = file_stem(one.learner.key)
        row = ClassRow(
            learner=one.learner.key,
            **_known(one),
            sha256=given.sha256,
            outcome=judged.outcome,
            score=judged.score,
            verdicts=judged.verdicts,
            codes=judged.codes,
            reason=judged.reason,
            report=f"{REPORTS}/{stem}.json",
            page=f"{PAGES}/{stem}.html",
        )
        return Stored(row=row, given=given.digest, shape=judged.shape)


class _Given(Record, frozen=True):
    digest: str
    sha256: str


def _digest(task: Task) -> str:
    given = (task.name, task.sha256, task.blocks, task.warnings, task.refusal)
    return hashlib.sha256(msgspec.msgpack.encode(given)).hexdigest()[:32]


def _known(one: Assigned) -> dict[str, Any]:
    """Return the fields of a row that the intake knows, and that may change while the submission stays."""
    learner, entry = one.learner, one.entry
    return {
        "name": learner.name,
        "id": learner.id,
        "email": learner.email,
        "section": learner.section,
        "file": entry.name,
        "late": entry.late,
        "attempt": entry.attempt,
    }


def head_of(assignment: Assignment, seed: int, jobs: Jobs) -> ClassHead:
    """Return what all rows have in common."""
    return ClassHead(
        assignment=assignment.identity,
        title=assignment.title,
        seed=seed,
        max_score=assignment.max_score,
        checks=[class_check(one, one.points) for one in assignment.check],
        isolation=jobs.hello.isolation,
        versions=jobs.hello.versions,
    )
