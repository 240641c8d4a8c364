"""Calling a learner's layers again changes no verdict and costs little, whatever their code does then."""

import time
from contextlib import contextmanager

import pytest
from submissions import ADD, HOSTILE, RIGHT, WRONG
from test_schema import data_of
from wrong_regions import ARRAYS, number_only, numbers

import harness.shrink
import harness.shrink.failure
from harness.grader import grade
from harness.records import Outcome, Verdict
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

pytestmark = pytest.mark.usefixtures("patience")


class Counting:
    """A sandbox that counts the workers it starts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self.started = sandbox, 0

    def __getattr__(self, name):
        return getattr(self._sandbox, name)

    def spawn(self, *args):
        self.started += 1
        return self._sandbox.spawn(*args)


@pytest.mark.parametrize(
    ("source", "workers"),
    [
        (RIGHT, 1),
        (WRONG["swapped"], 1),
        (number_only("self.x > 1000"), 2),
        (
            ARRAYS["the last entry"][0]
            + "\n"
            + ADD.replace("return x + y", "return x + y + (not hasattr(x, 'shape') and x == 3.5)"),
            2,
        ),
    ],
    ids=["right", "simple as it is", "one failure", "two failures"],
)
def test_no_second_worker_for_what_is_right_or_simple_and_one_for_all_the_rest(sandbox, assignment, source, workers):
    counting = Counting(sandbox)
    grade(submission_from_bytes("layers.py", source.encode()), assignment, sandbox=counting)
    assert counting.started == workers


@pytest.mark.parametrize("source", [*WRONG.values(), *HOSTILE.values()], ids=[*WRONG, *HOSTILE])
def test_verdicts_and_points_are_those_without_a_search(sandbox, assignment, source):
    submission = submission_from_bytes("layers.py", source.encode())
    plain, small = (grade(submission, assignment, sandbox=sandbox, shrink=shrink) for shrink in (False, True))
    assert (plain.outcome, plain.score) == (small.outcome, small.score)
    assert [one.verdict for one in plain.checks] == [one.verdict for one in small.checks]


def on_replay(deed: str, also: str = "") -> str:
    """Return layers that are wrong over a thousand, and do a deed in a process that does not begin with the bank."""
    return (
        ADD
        + f"""
calls = 0

class MulLayer:
    def forward(self, x, y):
        global calls
        calls += 1
        if calls == 1 and x != 2:
            MulLayer.again = True
        self.x, self.y = x, y
        return x * y

    again = False
    {also}
    def backward(self, dout):
        if MulLayer.again:
            {deed}
        if not hasattr(self.x, 'shape') and self.x > 10 ** 3:
            return dout * self.x, dout * self.y
        return dout * self.y, dout * self.x
"""
    )


DEEDS = {
    "raises": "raise ValueError(1)",
    "gives another answer": "return dout * self.y, dout * self.x",
    "gives no two equal answers": "import random; return random.random(), dout * self.y",
    "crashes": "import os; os._exit(0)",
    "loops": "while True: pass",
    "loops during the search": "\n            while 1001 < self.x < 1234: pass",
    "crashes after a few calls": "\n            if calls > 5: import os; os._exit(0)",
    "answers at random after a few calls": "\n            if calls > 5: import random; return random.random(), 0.5",
    "floods": "return ['x' * 10000] * 1000",
    "breaks the channel": "import os\n            for n in range(3, 9):\n                try: os.write(n, b'x' * 100)\n                except OSError: pass",
    "takes memory": "bytearray(10 ** 11)",
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_code_that_behaves_otherwise_when_called_again_ends_with_the_inputs_seen_first(graded, deed):
    report = graded(on_replay(deed))
    assert report.outcome is Outcome.GRADED
    result = next(one for one in report.checks if one.id == "MulLayer.backward")
    assert result.verdict is Verdict.WRONG
    assert numbers(result.counterexample) == (1234.5, -5678.25, 123.5)


@contextmanager
def at_most(seconds):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_a_layer_that_sleeps_when_called_again_is_given_half_a_second(sandbox, assignment, monkeypatch):
    monkeypatch.setattr(harness.shrink, "FAILURE_SECONDS", 0.5)
    submission = submission_from_bytes("layers.py", on_replay("import time; time.sleep(0.1)").encode())
    grade(submission, assignment, sandbox=sandbox, shrink=False)
    with at_most(2.5):
        report = grade(submission, assignment, sandbox=sandbox)
    result = next(one for one in report.checks if one.id == "MulLayer.backward")
    assert numbers(result.counterexample) == (1234.5, -5678.25, 123.5)


def test_both_ways_of_starting_a_worker_show_the_same(sandbox, assignment):
    submission = submission_from_bytes("layers.py", number_only("self.x > 10 ** 3").encode())
    with Sandbox(starter=FreshStarter()) as fresh:
        shown = [data_of(grade(submission, assignment, sandbox=one))["checks"] for one in (sandbox, fresh)]
    assert shown[0] == shown[1]


def test_an_error_of_ours_costs_neither_the_report_nor_a_point(graded, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr("harness.shrink.shrunk", broken)
    assert graded(WRONG["swapped"]).score == 45
