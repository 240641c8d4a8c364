"""dout beside its peers: a class in one warm sandbox, and one process for each submission."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness.assignment import built_in
from harness.grader import grade
from harness.records import Report
from harness.render import render
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission
from peers.contained import OUTPUT, Cost
from peers.peer import Command, Peer

__all__ = ["OursAlone", "OursInClass"]


class OursInClass:
    """Grades one submission after the other, as a class is graded, and counts the processor's time."""

    def __init__(self, sandbox: Sandbox, cpu_seconds: Callable[[], float]) -> None:
        self._sandbox = sandbox
        self._cpu_seconds = cpu_seconds
        self._assignment = built_in()

    def grade(self, path: Path) -> Report:
        """Return the report on a file."""
        return grade(read_submission(path), self._assignment, sandbox=self._sandbox)

    def cost(self, path: Path, times: int) -> Cost:
        """Return what one grading and its JSON report take, over so many: /proc counts in steps of 10 ms."""
        cpu, wall = self._cpu_seconds(), time.perf_counter()
        for _ in range(times):
            render(self.grade(path), "json")
        return Cost(0, (self._cpu_seconds() - cpu) / times, (time.perf_counter() - wall) / times)


class OursAlone(Peer):
    """One `dout grade` for each submission, which is not how a class is graded."""

    title = "`dout grade`, a process each"
    packages = ()

    def write_assignment(self, folder: Path) -> None:
        """Do nothing: the assignment comes with dout."""

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the command."""
        del bin_folder, patience
        return [sys.executable, "-m", "harness.cli", "grade", "--format", "json", "layers.py"]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the score of the report, of 100."""
        assert count == 1
        score = json.loads((folder / OUTPUT).read_text(encoding="utf-8"))["score"]
        return [None if score is None else float(score)]
