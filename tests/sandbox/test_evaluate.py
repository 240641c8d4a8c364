"""Each call gets fresh arguments, its answer is told at once, and the first that raises ends the case."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from harness.sandbox.evaluate import FILE_NAME, describe_error, evaluate_cases, sendable
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW, Answer, Fault, Step
from harness.sandbox.values import (
    C_ORDER,
    F_ORDER,
    SCALAR,
    STRIDED,
    Other,
    Value,
    encode_array,
    result_reference,
    value_of,
)


class Mul:
    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dout: Any) -> Any:
        return dout * self.y, dout * self.x


def evaluated(steps: list[Step], *classes: type | None) -> list[Answer | Fault]:
    told: list[Answer | Fault] = []
    evaluate_cases([0], [steps], classes, told.append)
    return told


def call(steps: list[Step], *classes: type | None) -> list[Any]:
    """The values of each answer; one value alone where it came alone."""
    results = []
    for answer in evaluated(steps, *classes):
        assert isinstance(answer, Answer), answer
        values = [value_of(value) for value in answer.values]
        results.append(tuple(values) if answer.several else values[0])
    return results


def layer(forward: Any, backward: Any = None) -> type:
    return type("Layer", (), {"forward": lambda self, *args: forward(*args), "backward": lambda self, d: backward(d)})


def forward_of(function: Any, *args: Value) -> Answer | Fault:
    return evaluated([Step(NEW, 0, [0]), Step(FORWARD, 0, [*args])], layer(function))[0]


def test_a_layer_is_made_and_called() -> None:
    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [2, 3]), Step(BACKWARD, 0, [1.5])]
    assert call(steps, Mul) == [6, (4.5, 3.0)]


def test_instances_are_kept_apart_by_their_slots() -> None:
    steps = [
        Step(NEW, 0, [0]),
        Step(NEW, 1, [0]),
        Step(FORWARD, 0, [2, 3]),
        Step(FORWARD, 1, [5, 7]),
        Step(BACKWARD, 0, [1]),
    ]
    assert call(steps, Mul) == [6, 35, (3, 2)]


def test_each_case_starts_anew() -> None:
    told: list[Answer | Fault] = []
    cases = [[Step(NEW, 0, [0]), Step(FORWARD, 0, [2, 3])], [Step(BACKWARD, 0, [1])]]
    evaluate_cases([1, 0], cases, [Mul], told.append)
    assert [(type(message), message.case) for message in told] == [(Fault, 1), (Answer, 0)]


def test_an_answer_is_told_before_the_next_call() -> None:
    told: list[Answer | Fault] = []
    count = layer(lambda *args: len(told))
    evaluate_cases([0], [[Step(NEW, 0, [0]), Step(FORWARD, 0, []), Step(FORWARD, 0, [])]], [count], told.append)
    assert [message.values for message in told if isinstance(message, Answer)] == [[0], [1]]


def test_a_result_is_passed_on_whole_or_by_item() -> None:
    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [2, 3]), Step(BACKWARD, 0, [1])]
    steps += [Step(FORWARD, 0, [result_reference(1), result_reference(2, 1)])]
    steps += [Step(FORWARD, 0, [result_reference(1, 0), 1])]
    assert call(steps, Mul)[2:] == [12, 6]


@pytest.mark.parametrize("pair", [lambda d: (d, d + 1), lambda d: [d, d + 1], lambda d: np.array([d, d + 1])])
def test_one_of_a_pair_is_picked_from_any_sequence(pair: Any) -> None:
    steps = [Step(NEW, 0, [0]), Step(BACKWARD, 0, [5]), Step(FORWARD, 0, [result_reference(1, 1)])]
    assert call(steps, layer(lambda x: x, pair))[-1] == 6


def test_an_earlier_result_is_looked_at_again() -> None:
    kept: list[float] = []

    def forward(x: float) -> list[float]:
        kept.append(x)
        return kept

    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [1]), Step(FORWARD, 0, [2]), Step(LOOK, 0, [1])]
    assert call(steps, layer(forward)) == [(1,), (1, 2), (1, 2)]


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
def test_a_number_of_numpys_own_type_arrives_as_one(dtype: str) -> None:
    met: list[type] = []
    forward_of(lambda x: met.append(type(x)), encode_array(np.array(2, dtype), SCALAR))
    assert met == [np.dtype(dtype).type]


@pytest.mark.parametrize("layout", [C_ORDER, F_ORDER, STRIDED])
def test_an_array_argument_is_fresh_writable_and_laid_out_as_asked(layout: int) -> None:
    met: list[np.ndarray] = []

    def forward(x: np.ndarray) -> float:
        met.append(x.copy(order="K") if layout != STRIDED else x)
        x[...] = 0
        return float(x.flags.c_contiguous) + 2 * float(x.flags.f_contiguous)

    sent = encode_array(np.arange(6.0).reshape(2, 3), layout)
    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [sent]), Step(FORWARD, 0, [sent])]
    contiguous = {C_ORDER: 1.0, F_ORDER: 2.0, STRIDED: 0.0}[layout]
    assert call(steps, layer(forward)) == [contiguous, contiguous]
    assert all(array.shape == (2, 3) for array in met)
    if layout != STRIDED:
        assert np.array_equal(met[1], np.arange(6.0).reshape(2, 3))


def test_watched_arguments_are_sent_as_they_are_after_the_call() -> None:
    def forward(x: np.ndarray, y: float) -> float:
        x += 1
        return 0.0

    def backward(dout: np.ndarray) -> float:
        dout *= 2
        return 0.0

    array = encode_array(np.zeros(2))
    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [array, 7], True), Step(BACKWARD, 0, [encode_array(np.ones(1))], True)]
    forward_answer, backward_answer = evaluated(steps, layer(forward, backward))
    assert isinstance(forward_answer, Answer)
    assert isinstance(backward_answer, Answer)
    assert seen(forward_answer.after) == [[1.0, 1.0], None]
    assert seen(backward_answer.after) == [[2.0], [1.0, 1.0], None]


def seen(after: list[Value | None]) -> list[object]:
    return [None if value is None else np.asarray(value_of(value)).tolist() for value in after]


@pytest.mark.parametrize("layout", [C_ORDER, F_ORDER, STRIDED, SCALAR])
def test_watched_arguments_that_are_left_alone_are_not_sent(layout: int) -> None:
    array = encode_array(np.array(2.0) if layout == SCALAR else np.arange(6.0).reshape(2, 3), layout)
    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [array, 7], True), Step(BACKWARD, 0, [array], True)]
    answers = evaluated(steps, layer(lambda x, y: 0.0, lambda dout: 0.0))
    assert [getattr(answer, "after", None) for answer in answers] == [[None, None], [None, None, None]]


# Numpy 2.5 warns of the first two; a learner's file may do it still, and an older numpy says nothing.
@pytest.mark.filterwarnings("ignore:Setting the:DeprecationWarning")
@pytest.mark.parametrize("change", ["x.shape = (3, 2)", "x.dtype = 'i8'", "x[0, 0] = -0.0", "x.fill(np.nan)"])
def test_any_change_of_a_watched_array_is_seen(change: str) -> None:
    def forward(x: np.ndarray) -> float:
        exec(change, {"x": x, "np": np})
        return 0.0

    [answer] = evaluated([Step(NEW, 0, [0]), Step(FORWARD, 0, [encode_array(np.zeros((2, 3)))], True)], layer(forward))
    assert isinstance(answer, Answer)
    [value] = answer.after
    assert value is not None


def test_arguments_that_nobody_watches_are_not_sent() -> None:
    def forward(x: np.ndarray) -> float:
        x += 1
        return 0.0

    [answer] = evaluated([Step(NEW, 0, [0]), Step(FORWARD, 0, [encode_array(np.zeros(2))])], layer(forward))
    assert isinstance(answer, Answer)
    assert answer.after == []


class Pair(NamedTuple):
    dx: int
    dy: int


SEQUENCES = {
    "a tuple": ((1, 2), True, 2),
    "a list": ([1, 2], True, 2),
    "a named tuple": (Pair(1, 2), True, 2),
    "nothing in a tuple": ((), True, 0),
    "a long list": ([1] * 100, True, 8),
    "a number": (1, False, 1),
    "an array": (np.zeros(3), False, 1),
    "text": ("12", False, 1),
    "None": (None, False, 1),
}


@pytest.mark.parametrize(("result", "several", "count"), SEQUENCES.values(), ids=list(SEQUENCES))
def test_a_sequence_is_told_from_one_value(result: object, several: bool, count: int) -> None:
    answer = forward_of(lambda: result)
    assert isinstance(answer, Answer)
    assert (answer.several, len(answer.values)) == (several, count)


def test_the_first_call_that_raises_ends_its_case() -> None:
    def forward() -> None:
        raise ValueError("no")

    told = evaluated([Step(NEW, 0, [0]), Step(FORWARD, 0, []), Step(FORWARD, 0, [])], layer(forward))
    assert told == [Fault(0, 1, "ValueError", "no", None)]


def test_a_constructor_that_raises_is_a_fault_of_its_own_step() -> None:
    def refuse(self: object) -> None:
        raise ValueError("no")

    told = evaluated([Step(NEW, 0, [0]), Step(FORWARD, 0, [])], type("Layer", (), {"__init__": refuse}))
    assert told == [Fault(0, 0, "ValueError", "no", None)]


@pytest.mark.parametrize(
    "error", [SystemExit(0), KeyboardInterrupt(), GeneratorExit(), MemoryError(), RecursionError()]
)
def test_whatever_is_raised_is_an_answer(error: BaseException) -> None:
    def forward() -> None:
        raise error

    answer = forward_of(forward)
    assert isinstance(answer, Fault)
    assert answer.kind == type(error).__name__


def test_a_division_by_zero_in_numpy_is_no_error_whatever_the_file_set() -> None:
    with np.errstate(all="raise"):
        answer = forward_of(lambda x: np.float64(x) / 0, 1)
    assert isinstance(answer, Answer)
    assert answer.values == [np.inf]


# Errors


class Meta(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit


class Unprintable(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


class Nameless(Exception, metaclass=Meta):
    pass


@pytest.mark.parametrize("error", [Unprintable("x"), Nameless("x")], ids=["message", "name"])
def test_an_error_that_cannot_be_read_is_named_generally(error: Exception) -> None:
    assert describe_error(error) == ("Exception", "(its message could not be read)", None)


def raised_by(text: str) -> BaseException:
    """What ``text`` raises when it runs as a learner's file."""
    try:
        exec(compile(text, FILE_NAME, "exec"), {})
    except Exception as error:  # noqa: BLE001 - returned to the test
        return error
    raise AssertionError("nothing was raised")


def test_the_line_is_the_innermost_one_of_the_learners_file() -> None:
    error = raised_by("def f():\n    import json\n    json.loads('x')\n\nf()\n")
    assert describe_error(error)[2] == 3


def test_the_line_of_a_syntax_error_is_its_own() -> None:
    assert describe_error(raised_by("x = = 1")) == ("SyntaxError", "invalid syntax", 1)


@pytest.mark.parametrize("line", ["-5", "0", "10 ** 30", "'seven'", "None"])
def test_a_line_that_no_file_has_is_not_believed(line: str) -> None:
    error = raised_by(f"\n\nraise SyntaxError('x', ('{FILE_NAME}', {line}, 1, 'x'))")
    assert describe_error(error)[2] in {3, None}


def test_a_syntax_error_elsewhere_has_the_line_that_met_it() -> None:
    error = raised_by("\nimport ast\nast.parse('x = = 1', 'elsewhere.py')")
    assert describe_error(error)[2] == 3


def test_names_and_messages_are_cut() -> None:
    kind, message, _ = describe_error(type("N" * 1000, (Exception,), {})("x" * 10_000))
    assert (kind, message) == ("N" * 200, "x" * 2000)


def test_what_no_encoding_holds_is_escaped() -> None:
    assert sendable("a\ud800b", 2) == "a\\ud800"
    assert describe_error(ValueError("\udcff"))[1] == "\\udcff"


def printing(text: str, *, then: Any = None) -> list[Answer | Fault]:
    class Printing:
        def forward(self, x: Any, y: Any) -> Any:
            said.append(text)
            return then

    said: list[str] = ["printed before"]
    told: list[Answer | Fault] = []

    def take() -> str:
        kept = "".join(said)
        said.clear()
        return kept

    steps = [Step(NEW, 0, [0]), Step(FORWARD, 0, [2.0, 3.0])]
    evaluate_cases([0], [steps], [Printing], told.append, take)
    return told


def description(told: list[Answer | Fault]) -> Any:
    assert isinstance(told[0], Answer)
    return value_of(told[0].values[0])


def test_a_call_that_returns_nothing_tells_what_it_printed() -> None:
    assert description(printing("6.0\n")) == Other("None (it printed 6.0)")


def test_a_call_that_returns_a_value_tells_nothing_of_what_it_printed() -> None:
    assert description(printing("6.0\n", then=7.0)) == 7.0


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_a_call_that_prints_nothing_to_see_returned_nothing(text: str) -> None:
    assert description(printing(text)) == Other("None")


@pytest.mark.parametrize("text", ["\ud800" * 200, "\U0001f34e" * 200, "x" * 200, "a\tb\n" * 50])
def test_whatever_is_printed_can_be_sent_and_is_capped(text: str) -> None:
    found = description(printing(text))
    assert isinstance(found, Other)
    assert found.description.startswith("None (it printed ")
    assert len(found.description) < 180
