"""The submissions of one run: what is planned for each, what ran, and its report, made once."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.assignment import Assignment
from harness.errors import SandboxError, SubmissionError
from harness.feedback import Feedback, with_feedback
from harness.interrupts import held_back
from harness.language import Language
from harness.notes import self_check_note
from harness.records import Level, Report
from harness.sentence import Sentence
from harness.submission import Submission

if TYPE_CHECKING:
    from harness.sandbox.launch import Launched
    from harness.sandbox.runner import Sandbox

__all__ = ["GRADABLE", "Grades", "Planned", "Settings", "SharedSandbox"]

#: The one item of a submission that cannot even be read.
GRADABLE = "gradable"
_SELF_CHECK_NOTE = self_check_note(
    Sentence("SELF-CHECK - not a mark of record: pytest was set up by the submission's own folder.")
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options of the group "grade" say."""

    assignment: Assignment
    seed: int
    feedback: Feedback
    least: Level
    language: Language
    #: Format and file of each report to be written.
    outputs: Sequence[tuple[str, Path]]


@dataclass(slots=True)
class Planned:
    """One submission of the run."""

    #: First part of its items' node ids; no two submissions share one.
    key: str
    #: What its items point to: the file, or the folder when no file in it can be graded.
    path: Path
    #: The path as a reader in the current folder would type it, safe to print.
    shown: str
    submission: Submission | SubmissionError
    #: Whether its own folder decided how this pytest runs.
    self_check: bool
    #: Ids of the only checks to collect; all when empty.
    only: Sequence[str] = ()
    #: False when the command line selects checks of other submissions.
    wanted: bool = True
    #: Ids of the checks whose items ran.
    ran: set[str] = field(default_factory=set)
    report: Report | None = None

    def ids(self, assignment: Assignment) -> list[str]:
        """Return the names of all its items. Whether a run is whole is told by these, never by what was collected."""
        return (
            [GRADABLE] if isinstance(self.submission, SubmissionError) else [check.id for check in assignment.visible]
        )


class SharedSandbox:
    """The one sandbox of a run, opened when the first submission is graded."""

    def __init__(self, launched: "Launched | None") -> None:
        self._launched = launched
        self._opened: Sandbox | None = None

    def open(self, least: Level = Level.D) -> "Sandbox":
        """Return the sandbox, which refuses to run anything at a lower level than ``least``.

        Raises:
            SandboxError: it could not be started.
        """
        if self._opened is None:
            from harness.sandbox.runner import Sandbox

            launched, self._launched = self._launched, None
            self._opened = Sandbox(least=least, launched=launched)
        return self._opened

    def close(self) -> None:
        """End every process that was started, also one that was never needed."""
        if self._launched is not None or self._opened is not None:
            self.open().close()


class Grades:
    """Grades each submission when its first item runs."""

    def __init__(self, settings: Settings, sandbox: SharedSandbox) -> None:
        self.settings = settings
        self._sandbox = sandbox

    def report_of(self, planned: Planned) -> Report:
        """Return the report on a submission, graded now if it was not before in this process."""
        if planned.report is None:
            # The caller's filterwarnings = error is about the caller's own code.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                planned.report = with_feedback(self._graded(planned), self.settings.feedback)
        return planned.report

    def _graded(self, planned: Planned) -> Report:
        with held_back():
            from harness.grader import fault_report, grade, ungradable_report

        assignment, seed, submission = self.settings.assignment, self.settings.seed, planned.submission
        notes = [_SELF_CHECK_NOTE] if planned.self_check else []
        if isinstance(submission, SubmissionError):
            report = ungradable_report(submission, planned.path.name, "", assignment, seed)
        else:
            try:
                sandbox = self._sandbox.open(self.settings.least)
                report = grade(submission, assignment, seed, sandbox=sandbox, notes=notes)
            except SandboxError as error:
                # Not even starting the sandbox worked.
                report = fault_report(error, submission.name, submission.sha256, assignment, seed)
        missing = [note for note in notes if note not in report.warnings]
        return msgspec.structs.replace(report, warnings=[*report.warnings, *missing]) if missing else report
