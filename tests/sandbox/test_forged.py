"""Whatever a worker says, in whatever order, the grader makes a report of it, and a silence is never a pass."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from cage import INNOCENT, SHORT, assert_readable
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.cases import bank_for
from harness.grader import grade
from harness.records import Outcome, Report
from harness.sandbox.channel import Ending, Exit, Worker, WorkerGone
from harness.sandbox.evaluate import evaluate_cases
from harness.sandbox.protocol import (
    BACKWARD,
    FRAME,
    Answer,
    BoundClass,
    ClassSeen,
    Done,
    Fault,
    FromWorker,
    Load,
    Loaded,
    Parsed,
    Problem,
    Ready,
    Run,
    decode_to_worker,
    frame,
)
from harness.sandbox.runner import Sandbox
from harness.sandbox.values import ARRAY, OTHER, RESULT, encode_array
from harness.submission import submission_from_bytes

Forge = Callable[[int, FromWorker], FromWorker | bytes | None]
METHODS = ["forward", "backward"]
SUBMISSION = submission_from_bytes("layers.py", INNOCENT.encode())


class _Channel:
    """A worker in this very process, each of whose messages passes through ``forge``."""

    def __init__(self, forge: Forge) -> None:
        self.forge = forge
        self.said = 0
        self.incoming = b""
        self.outgoing: list[bytes] = []

    def write(self, data: bytes, deadline: float) -> None:
        self.incoming += data
        while len(self.incoming) >= FRAME.size:
            length = FRAME.unpack_from(self.incoming)[0]
            if len(self.incoming) < FRAME.size + length:
                return
            request = decode_to_worker(self.incoming[FRAME.size : FRAME.size + length])
            self.incoming = self.incoming[FRAME.size + length :]
            for message in self.answers(request):
                self.say(message)

    def say(self, message: FromWorker) -> None:
        forged = self.forge(self.said, message)
        self.said += 1
        if forged is not None:
            self.outgoing.append(forged if isinstance(forged, bytes) else frame(forged))

    def answers(self, request: Load | Run) -> Iterator[FromWorker]:
        if isinstance(request, Load):
            lines = [("forward", 2), ("backward", 5)]
            yield Parsed([ClassSeen("AddLayer", 1, lines, [7.0]), ClassSeen("MulLayer", 9, lines, [])], [], [], 2)
            yield Loaded([BoundClass("AddLayer", METHODS), BoundClass("MulLayer", METHODS)], [])
            return
        told: list[FromWorker] = []
        classes = dict(zip(["AddLayer", "MulLayer"], SHORT.reference_classes(), strict=True))
        evaluate_cases(
            request.indices, request.cases, [classes.get(name or "") for name in request.classes], told.append
        )
        yield from [*told, Done()]

    def read(self, deadline: float) -> bytes:
        while self.outgoing:
            if data := self.outgoing.pop(0):
                return data
        raise WorkerGone(Ending.CRASHED, "its process ended by itself")

    def close(self) -> Exit:
        return Exit(0, 0.0)


class _Starter:
    missing: dict[str, str] = {}  # noqa: RUF012 - never changed

    def __init__(self, forge: Forge) -> None:
        self.forge = forge

    def spawn(self, *arguments: Any) -> Worker:
        return Worker(_Channel(self.forge), ())

    def close(self) -> None:
        pass


def forged(forge: Forge) -> Report:
    report = grade(SUBMISSION, SHORT, sandbox=Sandbox(starter=_Starter(forge)))
    assert report.outcome in {Outcome.GRADED, Outcome.NOT_GRADABLE}, report.warnings
    assert_readable(report, INNOCENT)
    return report


def honest(number: int, message: FromWorker) -> FromWorker:
    return message


def test_an_honest_worker_with_right_layers_gets_full_marks() -> None:
    assert forged(honest).score == 100.0


VALUES: dict[str, Any] = {
    "an unknown extension": msgspec.msgpack.Ext(99, b""),
    "a timestamp": msgspec.msgpack.Ext(-1, bytes(8)),
    "a reference": msgspec.msgpack.Ext(RESULT, b"\0\0\xff"),
    "an array without a head": msgspec.msgpack.Ext(ARRAY, b""),
    "a long description": msgspec.msgpack.Ext(OTHER, b"x" * 801),
    "a hostile description": msgspec.msgpack.Ext(OTHER, "\x1b[2J\u202e::error::\n##[x]".encode() + b"\xff"),
    "a large integer": 2**64 - 1,
    "nan": float("nan"),
    "infinity": float("-inf"),
    "a wrong number": 0.123,
    "a boolean array": encode_array(np.array([True])),
    "a complex array": encode_array(np.array([complex("nan+infj")])),
    "an empty array": encode_array(np.zeros((0, 3))),
    "a large array": encode_array(np.full((90, 90), np.nan)),
    "integers": encode_array(np.array([[2**64 - 1]], "u8")),
    "half precision": encode_array(np.array(1.5, "f2")),
}


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
def test_no_value_breaks_the_judge(value: Any, several: bool) -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Answer):
            return msgspec.structs.replace(message, values=[value] * len(message.values), several=several)
        return message

    assert forged(forge).score == 0.0


@pytest.mark.parametrize("count", [0, 1, 3, 8])
def test_no_number_of_values_breaks_the_judge(count: int) -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Answer):
            return msgspec.structs.replace(message, values=[1.5] * count, several=count != 1)
        return message

    assert forged(forge).score == 0.0


def watched(answer: Answer) -> int:
    """How many arguments are watched in the call that this is the answer to."""
    cases = bank_for(SHORT, SHORT.default_seed).cases
    steps = cases[answer.case].steps if answer.case < len(cases) else []
    if answer.step >= len(steps) or not steps[answer.step].watch:
        return 0
    step = steps[answer.step]
    return len(step.args) + (len(steps[1].args) if step.op == BACKWARD else 0)


@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
def test_nothing_said_of_the_arguments_breaks_the_judge(value: Any) -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Answer):
            return msgspec.structs.replace(message, after=[value] * watched(message))
        return message

    report = forged(forge)
    assert not {check.id for check in report.checks if check.verdict == "passed"} & {"AddLayer.state", "MulLayer.state"}


@pytest.mark.parametrize("change", [-1, 1])
def test_arguments_that_are_left_out_or_added_break_the_channel(change: int) -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Answer) and watched(message):
            return msgspec.structs.replace(message, after=[1.5] * (watched(message) + change))
        return message

    verdicts = {check.id: check.verdict for check in forged(forge).checks}
    assert {verdicts["AddLayer.state"], verdicts["MulLayer.state"]} <= {"crashed", "blocked"}


@pytest.mark.parametrize("wrong", [0, 1, 17, 150, -2, -1])
def test_one_wrong_answer_among_the_references_own_is_seen(wrong: int) -> None:
    answers = sum(len(case.answered) for case in bank_for(SHORT, SHORT.default_seed).cases)
    seen = 0

    def forge(number: int, message: FromWorker) -> FromWorker:
        nonlocal seen
        seen += isinstance(message, Answer)
        if isinstance(message, Answer) and seen - 1 == wrong % answers:
            return msgspec.structs.replace(message, values=[-123.5] * len(message.values))
        return without_literals(number, message)

    assert (forged(forge).score or 0.0) < 100.0


def without_literals(number: int, message: FromWorker) -> FromWorker:
    """Let no number stand in the file: then there are no probes, and all answers may be the reference's own."""
    if isinstance(message, Parsed):
        classes = [msgspec.structs.replace(one, literals=[]) for one in message.classes]
        return msgspec.structs.replace(message, classes=classes)
    return message


def test_the_references_own_answers_are_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.grader.CHECKS", {})
    assert forged(without_literals).score == 100.0


@pytest.mark.parametrize("last", [2, 3, 4, 30, 101, 400])
def test_a_worker_that_stops_answering_does_not_pass(last: int) -> None:
    report = forged(lambda number, message: message if number < last else None)
    verdicts = [check.verdict for check in report.checks]
    assert "crashed" in verdicts
    assert "grader_fault" not in verdicts
    assert (report.score or 0.0) < report.max_score


def test_a_worker_that_never_answers_earns_nothing() -> None:
    assert forged(lambda number, message: None if isinstance(message, Answer) else message).score == 0.0


def test_silence_about_one_layer_leaves_the_other_its_points() -> None:
    def forge(number: int, message: FromWorker) -> FromWorker | None:
        mul = isinstance(message, Answer) and message.case in range(*MUL_CASES)
        return None if mul else message

    report = forged(forge)
    assert 0.0 < (report.score or 0.0) <= 30.0


def _mul_cases() -> tuple[int, int]:
    groups = bank_for(SHORT, SHORT.default_seed).groups
    mul = [index for name, indices in groups.items() if name.startswith("MulLayer/") for index in indices]
    return min(mul), max(mul) + 1


MUL_CASES = _mul_cases()


@pytest.mark.parametrize("code", ["GRADER-FAULT", "SELF-CHECK", "\x7f"])
def test_a_code_that_no_worker_gives_is_not_shown(code: str) -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Loaded):
            return msgspec.structs.replace(message, problems=[Problem(code, 1, "x")])
        return message

    assert [warning.code for warning in forged(forge).warnings] == ["STATEMENT-FAILED"]


def test_a_line_that_the_file_does_not_have_is_not_shown() -> None:
    def forge(number: int, message: FromWorker) -> FromWorker:
        if isinstance(message, Answer):
            return Fault(message.case, message.step, "E", "", INNOCENT.count("\n") + 2)
        if isinstance(message, Loaded):
            return msgspec.structs.replace(message, problems=[Problem("STATEMENT-FAILED", 2**30, "x")])
        return message

    report = forged(forge)
    assert report.score == 0.0
    assert [warning.line for warning in report.warnings] == [None]
    assert "on line" not in str([check.message for check in report.checks])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LINES = st.none() | st.integers(1, 2**30)
PROBLEMS = st.builds(Problem, TEXTS, LINES, TEXTS)
ANY_VALUE = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([value for value in VALUES.values() if isinstance(value, msgspec.msgpack.Ext)]),
)
INDEX = st.integers(-1, 700)
#: What the parser saw it tells before the learner's first statement runs.
PARSED_LINES = st.integers(1, INNOCENT.count("\n") + 1)
MESSAGES = st.one_of(
    st.builds(Answer, INDEX, st.integers(-1, 12), st.booleans(), st.lists(ANY_VALUE, max_size=3), st.lists(ANY_VALUE, max_size=4)),
    st.builds(Fault, INDEX, st.integers(-1, 12), TEXTS, TEXTS, LINES),
    st.just(Done()),
    st.builds(Ready, st.lists(TEXTS, max_size=2), TEXTS),
    st.builds(
        Parsed,
        st.lists(st.builds(ClassSeen, TEXTS | st.sampled_from(["AddLayer", "mul_layer", "Add"]), PARSED_LINES,
                           st.lists(st.tuples(TEXTS, PARSED_LINES), max_size=3), st.lists(st.floats(), max_size=20)), max_size=3),
        st.lists(st.tuples(TEXTS, PARSED_LINES), max_size=3), st.lists(PROBLEMS, max_size=3), st.integers(-1, 9)),
    st.builds(
        Loaded,
        st.lists(st.builds(BoundClass, TEXTS | st.sampled_from(["AddLayer", "mul_layer", "Add", "MulGate"]),
                           st.lists(TEXTS | st.sampled_from(["forward", "backward", "backword"]), max_size=3)), max_size=4),
        st.lists(PROBLEMS, max_size=30)),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.integers(0, 60) | st.integers(0, 600), MESSAGES | st.binary(max_size=30) | st.none(), max_size=4)
)
@example({0: Parsed([], [], [], 0)})
@example({1: Loaded([BoundClass("AddLayer", [])], [])})
@example({1: Loaded([], [Problem("\x7f", None, "")])})
@example({0: Parsed([ClassSeen("Mul", 1, [], [float("nan"), float("inf"), 1e308, -0.0])], [], [], 0)})
def test_messages_of_any_kind_at_any_place_make_a_report(replaced: dict[int, FromWorker | bytes | None]) -> None:
    forged(replaced.get)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_answers_of_any_kind_to_the_right_questions_make_a_report(data: st.DataObject) -> None:
    spoilt = data.draw(st.sets(st.integers(2, 500), max_size=5))

    def forge(number: int, message: FromWorker) -> FromWorker:
        if number not in spoilt or not isinstance(message, Answer):
            return message
        if data.draw(st.booleans()):
            return Fault(message.case, message.step, data.draw(TEXTS), data.draw(TEXTS), data.draw(LINES))
        several = data.draw(st.booleans())
        values = data.draw(st.lists(ANY_VALUE, min_size=0 if several else 1, max_size=3))
        count = watched(message)
        after = data.draw(st.lists(ANY_VALUE | st.none(), min_size=count, max_size=count))
        return Answer(message.case, message.step, several, values, after)

    forged(forge)
