"""Answers come several at a time; where that loses some, all is asked again, and nothing is different for it."""

from collections.abc import Iterator

import numpy as np
import pytest
from cage import INNOCENT, limited
from msgspec.structs import replace

from harness import evaluation, recognition
from harness.cases import bank_for
from harness.grader import grade
from harness.observe import observe
from harness.recognition import Recogniser
from harness.records import Report, Verdict
from harness.sandbox import worker
from harness.sandbox.channel import Ending, WorkerGone
from harness.sandbox.protocol import (
    FORWARD,
    MAX_FRAME,
    MOST_GATHERED,
    NEW,
    Answer,
    Done,
    Load,
    Run,
    Source,
    Step,
    ToWorker,
    decode_from_worker,
    frame,
    messages_in,
)
from harness.sandbox.runner import Sandbox
from harness.sandbox.values import encode_array
from harness.submission import submission_from_bytes


class Counting(Sandbox):
    """A sandbox that counts the workers it starts."""

    started = 0

    def spawn(self, limits, modules=()):
        self.started += 1
        return super().spawn(limits, modules)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Counting]:
    with Counting() as opened:
        yield opened


def graded(sandbox: Counting, text: str, **limits: float) -> Report:
    sandbox.started = 0
    return grade(submission_from_bytes("layers.py", text.encode()), limited(**limits), sandbox=sandbox, shrink=False)


def verdicts(report: Report) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report.checks}


def said_in_turns(*requests: ToWorker) -> list[tuple[object, ...]]:
    """What a worker says to these requests, each time that it says something."""
    waiting, turns = iter(requests), []
    with pytest.raises(StopIteration):
        worker.serve(lambda: next(waiting), lambda *messages: turns.append(messages))
    return turns


@pytest.fixture
def restored(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(worker.sys, name, getattr(worker.sys, name))
    monkeypatch.setitem(worker.sys.modules, worker.MODULE_NAME, worker.sys)


LAYER = Load([Source("class A:\n    def forward(self, x):\n        return x + 1\n", 1)], False)
CASES = [[Step(NEW, 0, [0]), Step(FORWARD, 0, [number])] for number in range(200)]


def test_many_answers_come_in_few_turns_and_in_order(restored, monkeypatch):
    monkeypatch.setattr(worker, "_now", lambda: 0)
    turns = said_in_turns(LAYER, Run(["A"], [*range(200)], CASES, gathered=True))[2:]
    *several, done = [message for turn in turns for message in turn]
    assert [len(messages_in(bytes(one))) for one in several] == [192, 8]
    said = [decode_from_worker(body) for one in several for body in messages_in(bytes(one))[::-1]]
    assert said == [Answer(number, 1, False, [number + 1]) for number in range(200)]
    assert done == Done()


def test_large_answers_do_not_wait_for_as_many_others(restored, monkeypatch):
    monkeypatch.setattr(worker, "_now", lambda: 0)
    large = [[Step(NEW, 0, [0]), Step(FORWARD, 0, [encode_array(np.zeros(5000))])] for _ in range(12)]
    turns = said_in_turns(LAYER, Run(["A"], [*range(12)], large, gathered=True))[2:]
    *several, done = [message for turn in turns for message in turn]
    assert [len(messages_in(bytes(one))) for one in several] == [6, 6]
    assert all(len(frame(one)) < MAX_FRAME for one in several)
    assert done == Done()


def test_a_case_of_many_answers_does_not_come_as_more_than_the_grader_takes(restored, monkeypatch):
    monkeypatch.setattr(worker, "_now", lambda: 0)
    long = [[Step(NEW, 0, [0]), *[Step(FORWARD, 0, [number]) for number in range(MOST_GATHERED + 1)]]]
    turns = said_in_turns(LAYER, Run(["A"], [0], long, gathered=True))[2:]
    *several, done = [message for turn in turns for message in turn]
    assert [len(messages_in(bytes(one))) for one in several] == [128, 129]
    assert done == Done()


def test_an_answer_does_not_wait_long_for_others(restored, monkeypatch):
    clock = iter(range(0, 10_000_000_000, 1_500_000))
    monkeypatch.setattr(worker, "_now", lambda: next(clock))
    turns = said_in_turns(LAYER, Run(["A"], [*range(6)], CASES[:6], gathered=True))[2:]
    *several, done = [message for turn in turns for message in turn]
    assert [len(messages_in(bytes(one))) for one in several] == [2, 2, 2]
    assert done == Done()


def test_one_by_one_each_answer_is_a_turn(restored):
    turns = said_in_turns(LAYER, Run(["A"], [0, 1], CASES[:2]))[2:]
    assert [len(turn) for turn in turns] == [1, 1, 1]


def test_a_right_file_needs_one_worker(sandbox):
    assert graded(sandbox, INNOCENT).score == 100
    assert sandbox.started == 1


@pytest.mark.parametrize("does", ["while True: pass", "import os; os._exit(3)", "import os; os.abort()"])
def test_the_call_that_ends_a_worker_is_found_and_costs_no_other(sandbox, does):
    text = INNOCENT.replace("return dout, dout", f"{does}\n        return dout, dout")
    found = verdicts(graded(sandbox, text, call_seconds=0.5, submission_seconds=5.0))
    assert found["AddLayer.forward"] is Verdict.PASSED
    assert found["AddLayer.backward"] is (Verdict.TIMEOUT if "while" in does else Verdict.CRASHED)
    assert {verdict for check, verdict in found.items() if check.startswith("MulLayer")} == {Verdict.PASSED}


def test_a_file_that_is_slow_and_right_has_all_its_time(sandbox):
    # All calls together take longer than one call may, which ends the first attempt and not the grading.
    text = INNOCENT.replace("return x + y", "import time; time.sleep(0.004)\n        return x + y")
    report = graded(sandbox, text, call_seconds=0.4, submission_seconds=20.0)
    assert report.score == 100
    assert sandbox.started == 2


def test_nothing_of_the_first_attempt_is_left_in_the_second(sandbox, monkeypatch):
    take, at_entry = evaluation.Evaluation._take, []

    def answered_and_lost(self, *arguments):
        at_entry.append({type(call) for row in self.calls for call in row})
        take(self, *arguments)
        if len(at_entry) == 1:
            raise WorkerGone(Ending.CRASHED, "its process ended by itself")

    monkeypatch.setattr(evaluation.Evaluation, "_take", answered_and_lost)
    monkeypatch.setattr(evaluation, "Recogniser", lambda streams: Recogniser([]))
    assert graded(sandbox, INNOCENT).score == 100
    assert at_entry == [{type(None)}, {type(None)}]


#: Right, and not what the reference answers: a 0-d array is handed on as it is.
HANDED_ON = INNOCENT
#: Without a number of its own, which would be asked about beside the bank.
WRONG = INNOCENT.replace("dout * self.y, dout * self.x", "dout * self.x, dout * self.y")


@pytest.fixture
def own_assignment():
    """An assignment that no other test has taught anything."""
    given = limited(call_seconds=1.875, submission_seconds=9.0)
    recognition.known_answers.cache_clear()
    yield given
    recognition.known_answers.cache_clear()


def test_right_answers_are_judged_once_and_recognised_from_then_on(sandbox, own_assignment, monkeypatch):
    def report():
        return grade(submission_from_bytes("layers.py", HANDED_ON.encode()), own_assignment, sandbox=sandbox)

    first = report()
    monkeypatch.setattr("harness.grader.CHECKS", {})
    second = report()
    assert first.score == 100
    assert replace(second, timing=first.timing) == first


def test_wrong_answers_are_judged_each_time(sandbox, own_assignment):
    def score():
        return grade(
            submission_from_bytes("layers.py", WRONG.encode()), own_assignment, sandbox=sandbox, shrink=False
        ).score

    first = score()
    assert first < 100
    assert score() == first


def test_right_answers_of_one_layer_do_not_count_for_another_file(sandbox, own_assignment):
    assert grade(submission_from_bytes("a.py", HANDED_ON.encode()), own_assignment, sandbox=sandbox).score == 100
    assert grade(submission_from_bytes("b.py", WRONG.encode()), own_assignment, sandbox=sandbox).score < 100


def test_right_answers_about_a_number_in_the_file_are_recognised_beside_wrong_ones(sandbox):
    given = limited()
    bank = bank_for(given, given.default_seed)
    text = WRONG.replace("class AddLayer:", "class AddLayer:\n    number = 7.5")
    seen = observe(sandbox, submission_from_bytes("layers.py", text.encode()), given, bank)
    asked = [call for row in seen.calls[len(bank.cases) :] for call in row if call is not None]
    assert not seen.known_right
    assert len(asked) > 10
    assert all(call.exact for call in asked)
