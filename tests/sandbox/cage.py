"""A sandbox at a chosen level, with everything that must hold after each grading in it."""

import json
import os
import threading
import time
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from unittest import mock

import msgspec
from processes import children
from right_layers import RIGHT as INNOCENT

from harness.assignment import Assignment, built_in
from harness.grader import grade
from harness.records import Outcome, Report
from harness.render import FORMATS, render
from harness.render.classroom50 import SET_BY_RUNNER
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.importable import MODULES
from harness.sandbox.launch import ALL_LOCKS, launch
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

__all__ = ["INNOCENT", "LOCKS", "PATIENT", "SHORT", "Cage", "assert_readable", "limited"]

#: Level to the locks that make it; F is level D by a fresh child process.
LOCKS = {
    "A": ALL_LOCKS,
    "B": frozenset({"seccomp", "rlimits"}),
    "C": frozenset({"landlock", "uid", "rlimits"}),
    "D": frozenset(),
}
#: Beyond the submission's own time: starting workers, judging, and a busy machine.
SLACK = 10.0
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_FOLDERS = ("/tmp", "/dev/shm", "/var/tmp", "/run", "/run/lock", "/dev/mqueue", "/", ".", "~")


def limited(**limits: float) -> Assignment:
    """Return the assignment with these limits."""
    assignment = built_in()
    return msgspec.structs.replace(assignment, limits=msgspec.structs.replace(assignment.limits, **limits))


#: Short, so that a hundred loops end in time; a right layer needs 5 ms for all its calls together.
SHORT = limited(call_seconds=0.5, submission_seconds=3.0, memory_mib=256)
PATIENT = limited(call_seconds=10.0, submission_seconds=30.0, memory_mib=256)


class Cage:
    """A sandbox that grades hostile text and looks around afterwards. A context manager."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.sandbox = Sandbox(starter=FreshStarter()) if level == "F" else Sandbox(launched=launch(LOCKS[level]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sandbox.close()

    @property
    def zygote(self) -> int:
        """The process id of the zygote."""
        return int(self.sandbox._starter._process.pid)

    def grade(self, text: str, assignment: Assignment = SHORT, token: str = "") -> Report:
        """Grade ``text``; everything that holds for every submission is asserted on the way."""
        token = token or f"dout-hostile-{uuid.uuid4().hex}"
        for name, value in {
            "@TOKEN@": token,
            "@GRADER@": str(os.getpid()),
            "@CHANNEL@": "4" if self.level == "F" else "3",
            "@MODULES@": " ".join(MODULES),
        }.items():
            text = text.replace(name, value)
        threads, processes = threading.active_count(), children(os.getpid())
        start = time.monotonic()
        report = grade(submission_from_bytes("layers.py", text.encode()), assignment, sandbox=self.sandbox)
        wall = time.monotonic() - start
        # Counted before they are asserted: a file that was left behind is taken away in any case.
        left = files_with(token)
        assert report.outcome in {Outcome.GRADED, Outcome.NOT_GRADABLE}, report.warnings
        assert wall < assignment.limits.submission_seconds + SLACK
        assert_readable(report, text)
        assert threading.active_count() == threads
        assert children(os.getpid()) == processes
        if self.level in "ABC":
            assert left == []
        if self.level != "F":
            assert children(self.zygote) == set()
        return report

    def assert_unharmed(self) -> None:
        """The next learner's file gets what it deserves."""
        assert self.grade(INNOCENT, built_in()).score == 100.0


def files_with(token: str) -> list[str]:
    """Return the files whose names begin with ``token``, and remove them."""
    found = []
    for folder in _FOLDERS:
        for path in Path(folder).expanduser().glob(f"{token}*"):
            found.append(str(path))
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return found


def assert_readable(report: Report, text: str) -> None:
    """No character of a report can steer what shows it, and every line in it is one of the file's."""
    with mock.patch.dict(os.environ, dict.fromkeys(SET_BY_RUNNER.values(), "set by a runner")):
        shown = {name: render(report, name) for name in FORMATS}
    for name, rendered in shown.items():
        unsafe = {char for char in rendered if char != "\n" and unicodedata.category(char) in _UNSAFE}
        assert not unsafe, (name, unsafe)
    assert not any(line.lstrip().startswith(("::", "##[")) for line in shown["text"].splitlines())
    decoded = json.loads(shown["json"])
    lines = text.count("\n") + 1
    for line in _lines(decoded):
        assert 1 <= line <= lines


def _lines(part: object) -> Iterator[int]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "line" and value is not None:
                yield value
            else:
                yield from _lines(value)
    elif isinstance(part, list):
        for item in part:
            yield from _lines(item)
