"""Grades one claimed submission, in a sandbox of this worker. The database is not touched here."""

import hashlib
import queue
from collections.abc import Iterator
from contextlib import contextmanager

from harness.assignment import Assignment
from harness.errors import SubmissionError
from harness.grader import grade, ungradable_report
from harness.records import Isolation, Level, Outcome, Report
from harness.sandbox.runner import Sandbox
from harness.sandbox.selftest import held
from harness.service.installed import Installed
from harness.service.store.grading import Claim
from harness.submission import submission_from_bytes

__all__ = ["Bench"]


class Bench:
    """The sandboxes of a worker, one for each submission that is graded at once.

    Raises:
        SandboxError: this machine does not hold a submission as well as ``least`` asks for.
    """

    def __init__(self, installed: Installed, *, least: Level, slots: int) -> None:
        self._installed, self._least = installed, least
        self._free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
        for _ in range(slots):
            self._free.put(Sandbox(least=least))
        with self.place() as place:
            #: How well submissions are kept apart here.
            self.isolation: Isolation = held(place.sandbox, installed.get("ch05-add-mul").worker_limits)

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """Give a place to grade at, as soon as one is free."""
        place = Place(self._free.get(), self._least)
        try:
            yield place
        finally:
            self._free.put(place.sandbox)

    def assignment(self, claimed: Claim) -> Assignment:
        """Return what to grade against.

        Raises:
            AssignmentError: it is not what the revision says.
        """
        return self._installed.get(claimed.source, claimed.source_sha256)

    def close(self) -> None:
        """End every sandbox that is not in use."""
        while not self._free.empty():
            self._free.get().close()


class Place:
    """One sandbox, with another one in its stead after a fault."""

    def __init__(self, sandbox: Sandbox, least: Level) -> None:
        self.sandbox, self._least = sandbox, least

    def grade(self, claimed: Claim, assignment: Assignment) -> Report:
        """Return the report on a submission; a fault of the grader is tried once more, with nothing left of it."""
        sha256 = hashlib.sha256(claimed.data).hexdigest()
        try:
            submission = submission_from_bytes(claimed.name, claimed.data)
        except SubmissionError as error:
            return ungradable_report(error, claimed.name, sha256, assignment, claimed.seed)
        report = grade(submission, assignment, claimed.seed, sandbox=self.sandbox)
        if report.outcome is Outcome.GRADER_FAULT:
            self.sandbox.close()
            self.sandbox = Sandbox(least=self._least)
            report = grade(submission, assignment, claimed.seed, sandbox=self.sandbox)
        return report
