"""A judge of a class: a process that grades one submission after the other, in a sandbox of its own.

It ends when whoever started it does.
"""

import gc
import hashlib
import os
import signal
import sys
from typing import Self

import msgspec

from harness.assignment import Assignment, built_in, reader_language
from harness.cases import bank_for
from harness.desk import Desk
from harness.errors import AssignmentError, DoutError, SandboxError, UsageError
from harness.feedback import with_feedback
from harness.grader import empty_report, versions
from harness.language import Language
from harness.notes import fault_note
from harness.records import Outcome, Report, SubmissionId, Timing, Verdict, Warn
from harness.render.causes import causes
from harness.render.html import render_html
from harness.render.json import render_json
from harness.sandbox.launch import has_fork_server
from harness.sentence import Sentence
from harness.submission import Submission
from harness.whole_class.files import write_whole
from harness.whole_class.messages import Hello, Judged, Setup, Stopped, Task, read_message, write_message
from harness.whole_class.shape import shape_of

__all__ = ["main"]

#: Reports that are kept. Those who hand in the template as they got it are many, and all have the same text.
_MOST_KNOWN = 64
#: New objects until Python looks for garbage among them: some submissions' worth; its own number is 700.
_OBJECTS_BEFORE_A_LOOK = 20_000


def main() -> None:
    """Grade what standard input says, and tell standard output about it, until the other side is gone."""
    tasks, results = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not come between two messages.
    sys.stdout = sys.stderr
    if has_fork_server():
        from harness.sandbox.lockdown import set_pdeathsig

        set_pdeathsig(signal.SIGKILL)
    setup = read_message(tasks, Setup)
    if setup is None:
        return
    spoken = reader_language(setup.assignment, setup.language)
    try:
        with _Judge(setup, spoken) as judge:
            write_message(results, judge.hello())
            # What is there now stays to the end: nobody looks through it for garbage again. Of what comes, a submission
            # makes some thousand objects, and hardly a cycle.
            gc.freeze()
            gc.set_threshold(_OBJECTS_BEFORE_A_LOOK)
            while (task := read_message(tasks, Task)) is not None:
                write_message(results, judge.judged(task))
    except DoutError as error:
        is_usage = isinstance(error, (UsageError, AssignmentError))
        write_message(
            results, Stopped(message=spoken.told(error.message), hint=spoken.told(error.hint), is_usage=is_usage)
        )


class _Judge:
    def __init__(self, setup: Setup, spoken: Language) -> None:
        self._setup = setup
        self._language = spoken
        self._assignment: Assignment = built_in(setup.assignment)
        if self._assignment.sha256 != setup.sha256:
            raise UsageError(Sentence("the assignment was changed while it was read"), Sentence("run it again"))
        bank_for(self._assignment, setup.seed)
        self._desk = Desk(setup.least)
        #: The last reports, by text.
        self._known: dict[bytes, Report] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._desk.close()

    def hello(self) -> Hello:
        """Try to break out, and say how well that is stopped."""
        return Hello(isolation=self._desk.held(self._assignment.worker_limits), versions=versions())

    def judged(self, task: Task) -> Judged:
        """Grade one submission, and write its report and its page."""
        submission = Submission(task.name, task.sha256, task.blocks, task.warnings)
        report = self._report(task, submission)
        # Nothing in these files may differ from one run to the next.
        report = msgspec.structs.replace(report, timing=Timing(wall_s=0.0, cpu_s=0.0))
        write_whole(self._path(task.report), render_json(report).encode())
        page = render_html(with_feedback(report, self._setup.feedback), self._language)
        write_whole(self._path(task.page), page.encode("utf-8", "backslashreplace"))
        is_graded = report.outcome is Outcome.GRADED
        return Judged(
            place=task.place,
            outcome=report.outcome,
            score=report.score,
            verdicts=[check.verdict for check in report.checks] if is_graded else [],
            codes=[cause.first.code for cause in causes(report.checks) if cause.first.code] if is_graded else [],
            reason=None if is_graded else _reason(report),
            shape=(shape_of(submission, report.layers) if is_graded else "") if task.similar else None,
        )

    def _path(self, relative: str) -> str:
        return os.path.join(self._setup.out, *relative.split("/"))

    def _report(self, task: Task, submission: Submission) -> Report:
        assignment, seed = self._assignment, self._setup.seed
        if task.refusal is not None:
            return empty_report(task.refusal.outcome, task.refusal.reason, task.name, task.sha256, assignment, seed)
        key = _text_of(submission)
        if (known := self._known.get(key)) is not None:
            return msgspec.structs.replace(known, submission=SubmissionId(submission.name, submission.sha256))
        report = self._desk.grade(submission, assignment, seed)
        if report.outcome is not Outcome.GRADER_FAULT:
            self._known[key] = report
            if len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return report


def _text_of(submission: Submission) -> bytes:
    """Return a digest of all that a report depends on: what a notebook's messages say has its name in it."""
    name = submission.name if any(block.cell for block in submission.blocks) else ""
    return hashlib.sha256(msgspec.msgpack.encode((name, submission.blocks, submission.warnings))).digest()


def _reason(report: Report) -> Warn:
    if report.isolation is None and report.warnings:
        return report.warnings[0]
    faults = (check.message for check in report.checks if check.verdict is Verdict.GRADER_FAULT and check.message)
    return fault_note(SandboxError(next(faults, "the grader failed")))
