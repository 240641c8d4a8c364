"""Grading one submission after the other: a fault of the grader is tried once more, with nothing left of the first."""

import pytest
from cage import INNOCENT, SHORT

from harness import desk
from harness.desk import Desk
from harness.errors import SandboxError
from harness.grader import fault_report, grade
from harness.records import Level, Outcome
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

SUBMISSION = submission_from_bytes("layers.py", INNOCENT.encode())


@pytest.fixture
def faulty(monkeypatch):
    """Have the first so many gradings fail by a fault of the grader; return the sandboxes of all."""
    used = []

    def failing(times):
        def graded(submission, assignment, seed, *, sandbox):
            used.append(sandbox)
            if len(used) <= times:
                return fault_report(SandboxError("broken"), submission.name, submission.sha256, assignment, seed)
            return grade(submission, assignment, seed, sandbox=sandbox)

        monkeypatch.setattr(desk, "grade", graded)
        return used

    return failing


def test_a_fault_is_tried_again_in_another_sandbox(faulty, monkeypatch):
    used, closed, close = faulty(1), [], Sandbox.close
    monkeypatch.setattr(Sandbox, "close", lambda sandbox: (closed.append(sandbox), close(sandbox)))
    with Desk(Level.D) as place:
        assert place.grade(SUBMISSION, SHORT, SHORT.default_seed).score == 100.0
        first, second = used
        assert first is not second
        assert first in closed
        assert second not in closed


def test_a_fault_that_comes_again_is_told(faulty):
    used = faulty(5)
    with Desk(Level.D) as place:
        assert place.grade(SUBMISSION, SHORT, SHORT.default_seed).outcome is Outcome.GRADER_FAULT
    assert len(used) == 2


def test_what_is_graded_is_graded_once(faulty):
    used = faulty(0)
    with Desk(Level.D) as place:
        place.grade(SUBMISSION, SHORT, SHORT.default_seed)
    assert len(used) == 1
