"""A place to grade at, for those who grade one submission after the other."""

from typing import Self

from harness.assignment import Assignment
from harness.grader import grade
from harness.records import Isolation, Level, Outcome, Report
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.runner import Sandbox
from harness.sandbox.selftest import held
from harness.submission import Submission

__all__ = ["Desk"]


class Desk:
    """One sandbox, and another in its stead after a fault of the grader. A context manager.

    Args:
        least: Refuse to run a learner's code at a lower level than this.
    """

    def __init__(self, least: Level) -> None:
        self._least = least
        self._sandbox = Sandbox(least=least)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process that was started."""
        self._sandbox.close()

    def held(self, limits: WorkerLimits) -> Isolation:
        """Try to break out, and return how well that is stopped.

        Raises:
            SandboxError: a lock that is in force did not hold, or this machine does not reach ``least``.
        """
        return held(self._sandbox, limits)

    def grade(self, submission: Submission, assignment: Assignment, seed: int) -> Report:
        """Return the report on a submission. A fault of the grader is tried once more, with nothing left of it."""
        report = grade(submission, assignment, seed, sandbox=self._sandbox)
        if report.outcome is Outcome.GRADER_FAULT:
            self.close()
            self._sandbox = Sandbox(least=self._least)
            report = grade(submission, assignment, seed, sandbox=self._sandbox)
        return report
