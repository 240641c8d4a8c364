"""Grades claimed submissions, in sandboxes of this worker. The database is not touched here."""

import hashlib
import queue
from collections.abc import Iterator
from contextlib import contextmanager

from harness.assignment import Assignment
from harness.desk import Desk
from harness.errors import SubmissionError
from harness.grader import ungradable_report
from harness.records import Isolation, Level, Report
from harness.service.installed import Installed
from harness.service.store.grading import Claim
from harness.submission import submission_from_bytes

__all__ = ["Bench", "graded"]


class Bench:
    """The desks of a worker, one for each submission that is graded at once.

    Raises:
        SandboxError: this machine does not hold a submission as well as ``least`` asks for.
    """

    def __init__(self, installed: Installed, *, least: Level, slots: int) -> None:
        self._installed = installed
        self._free: queue.SimpleQueue[Desk] = queue.SimpleQueue()
        for _ in range(slots):
            self._free.put(Desk(least))
        with self.desk() as desk:
            #: How well submissions are kept apart here.
            self.isolation: Isolation = desk.held(installed.get("ch05-add-mul").worker_limits)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Give a desk that nobody else uses meanwhile, as soon as one is free."""
        desk = self._free.get()
        try:
            yield desk
        finally:
            self._free.put(desk)

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


def graded(desk: Desk, claimed: Claim, assignment: Assignment) -> Report:
    """Return the report on a claimed submission."""
    try:
        submission = submission_from_bytes(claimed.name, claimed.data)
    except SubmissionError as error:
        sha256 = hashlib.sha256(claimed.data).hexdigest()
        return ungradable_report(error, claimed.name, sha256, assignment, claimed.seed)
    return desk.grade(submission, assignment, claimed.seed)
