"""Mistakes of memory: the shortest calls that show them, as Python to type in, and the line that they are made on."""

import numpy as np
import pytest
from submissions import ADD, mul

from harness.checks.statements import statements

pytestmark = pytest.mark.usefixtures("patience")

_KEEP = "self.x, self.y = x, y"


def _mul(keep=_KEEP, forward="return x * y", backward="return dout * self.y, dout * self.x", init="pass", above=""):
    body = "\n".join(
        [
            above,
            "class MulLayer:",
            "    def __init__(self):",
            *(f"        {line}" for line in init.splitlines()),
            "    def forward(self, x, y):",
            *(f"        {line}" for line in f"{keep}\n{forward}".splitlines()),
            "    def backward(self, dout):",
            *(f"        {line}" for line in backward.splitlines()),
        ]
    )
    return f"import numpy as np\n{body}\n{ADD}"


_TWO = ["a = MulLayer()", "a.forward(2, 3)", "b = MulLayer()", "b.forward(5, 7)", "a.backward(1)"]
_AGAIN = ["a = MulLayer()", "a.forward(5, 7)", "a.forward(2, 3)", "a.backward(1)"]
_TWICE = ["a = MulLayer()", "a.forward(5, 7)", "a.backward(11)", "a.forward(2, 3)", "a.backward(1)"]
_ARRAYS = [f"np.array([{n}.0, {n + 3}.0])" for n in (2, 3, 12, 13)]
_REUSED = "if np.ndim(x) == 0:\n    return x * y\nself.out = np.zeros_like(x) if self.out is None or self.out.shape != x.shape else self.out\nself.out[...] = x * y\nreturn self.out"

#: The submission, the calls, and the line that has the mistake.
MEMORY = {
    "kept in the class": (_mul("MulLayer.x, MulLayer.y = x, y"), _TWO, "MulLayer.x, MulLayer.y = x, y"),
    "kept in a module's dictionary": (
        _mul("KEPT['x'], KEPT['y'] = x, y", backward="return dout * KEPT['y'], dout * KEPT['x']", above="KEPT = {}"),
        _TWO,
        "KEPT['x'], KEPT['y'] = x, y",
    ),
    "a constructor that resets": (
        _mul("MulLayer.x, MulLayer.y = x, y", init="MulLayer.x = MulLayer.y = 0"),
        ["a = MulLayer()", "a.forward(2, 3)", "b = MulLayer()", "a.backward(1)"],
        "MulLayer.x, MulLayer.y = x, y",
    ),
    "only the first inputs": (
        _mul("if self.x is None:\n    self.x, self.y = x, y", init="self.x = None"),
        _AGAIN,
        "    self.x, self.y = x, y",
    ),
    "older inputs first": (
        _mul(
            "self.kept.append((x, y))",
            backward="x, y = self.kept.pop(0)\nreturn dout * y, dout * x",
            init="self.kept = []",
        ),
        _AGAIN,
        "self.kept.append((x, y))",
    ),
    "added up": (
        _mul(
            backward="self.dx += dout * self.y\nself.dy += dout * self.x\nreturn self.dx + 0, self.dy + 0",
            init="self.dx = self.dy = 0",
        ),
        _TWICE,
        "self.dx += dout * self.y",
    ),
    "added up in the class": (
        _mul(
            backward="MulLayer.n += 1\nreturn dout * self.y * MulLayer.n, dout * self.x * MulLayer.n",
            above="",
        ).replace("class MulLayer:", "class MulLayer:\n    n = 0"),
        None,
        None,
    ),
    "an output that is filled again": (
        _mul(forward=_REUSED, init="self.out = None"),
        [
            "a = MulLayer()",
            f"out = a.forward({_ARRAYS[0]}, {_ARRAYS[1]})",
            f"a.forward({_ARRAYS[2]}, {_ARRAYS[3]})",
            "out",
        ],
        "self.out[...] = x * y",
    ),
    "a second call that raises": (
        _mul("self.n += 1\nif self.n > 1 and np.ndim(x) == 0: raise ValueError('again')\n" + _KEEP, init="self.n = 0"),
        ["a = MulLayer()", "a.forward(5, 7)", "a.forward(2, 3)"],
        None,
    ),
}


def result_of(report, check="MulLayer.state"):
    return next(one for one in report.checks if one.id == check)


@pytest.mark.parametrize(("source", "calls", "line"), MEMORY.values(), ids=MEMORY)
def test_a_mistake_of_memory_is_shown_by_the_shortest_calls(graded, source, calls, line):
    result = result_of(graded(source))
    if calls is not None:
        assert result.counterexample.calls == calls
    if line is not None:
        assert source.splitlines()[result.line - 1].strip() == line.strip()
        start, end = result.excerpt.span
        assert line.strip().startswith(result.excerpt.lines[result.line - result.excerpt.first_line][start:end])


_ANSWER = [one for one in MEMORY if one not in ("a second call that raises", "added up in the class")]


@pytest.mark.parametrize("name", _ANSWER)
def test_the_calls_that_are_shown_give_what_is_shown_when_they_are_typed_in(graded, name):
    source = MEMORY[name][0]
    example = result_of(graded(source)).counterexample
    names: dict = {}
    exec(source, names)
    *calls, last = example.calls
    exec("\n".join(calls), names)
    value = eval(last, names)
    values = value if isinstance(value, tuple) else (value,)
    assert [np.asarray(one).tolist() for one in values] == [*example.got.values()]
    assert example.got != example.expected


IN_PLACE = {
    "an input in forward": (
        _mul("self.x, self.y = x * 1, y * 1\nout = x * y\nx *= 0", forward="return out"),
        "x",
        "x *= 0",
    ),
    "an input under another name": (_mul(_KEEP + "\nout = y\nout *= x", forward="return out"), "y", "out *= x"),
    "an input that was kept": (
        _mul(backward="dx = dout * self.y\nself.x *= dout\nreturn dx, self.x"),
        "x",
        "self.x *= dout",
    ),
    "dout": (_mul(backward="dy = dout * self.x\ndout *= self.y\nreturn dout, dy"), "dout", "dout *= self.y"),
    "dout by an argument called out": (
        _mul(
            backward="dy = dout * self.x\nreturn (np.multiply(dout, self.y, out=dout) if np.ndim(dout) else dout * self.y), dy"
        ),
        "dout",
        "np.multiply(dout, self.y, out=dout)",
    ),
    "whole numbers only": (
        _mul(_KEEP, forward="out = x * y\nif getattr(x, 'dtype', None) == 'i8': x[...] = 0\nreturn out"),
        "x",
        "x[...] = 0",
    ),
}


@pytest.mark.parametrize(("source", "name", "line"), IN_PLACE.values(), ids=IN_PLACE)
def test_an_argument_changed_in_place_is_shown_on_two_numbers_with_its_line(graded, source, name, line):
    result = result_of(graded(source))
    example = result.counterexample
    assert example.calls == []
    assert [*example.got] == [*example.expected] == [name]
    before = {"x": [2, 5], "y": [3, 6], "dout": [4, 7]}[name]
    assert example.expected[name] == before != example.got[name]
    shown = result.excerpt.lines[result.line - result.excerpt.first_line]
    assert line in shown
    start, end = result.excerpt.span
    assert shown[start:end] in line or line in shown[start:end]


def test_a_sequence_that_no_short_one_shows_is_shown_as_it_was_seen(graded):
    source = _mul(
        "self.n += 1\nself.x, self.y = x, y",
        backward="k = 2 if self.n == 4 else 1\nreturn k * dout * self.y, k * dout * self.x",
        init="self.n = 0",
    )
    example = result_of(graded(source)).counterexample
    assert example.calls[0] == "a = MulLayer()"
    assert example.calls[-1].startswith("a.backward(np.array([[")
    assert len(example.calls) == 9


def test_a_layer_that_forgets_now_and_then_is_shown_as_it_was_seen(graded):
    # Each process has its own clock: what fails in a grading need not fail when it is asked again.
    source = _mul(
        "self.x, self.y = x, y",
        backward="MulLayer.n += 1\nk = 2 if MulLayer.n % 97 == 41 else 1\nreturn k * dout * self.y, k * dout * self.x",
    ).replace("class MulLayer:", "class MulLayer:\n    n = 0")
    for result in graded(source).checks:
        assert result.counterexample is None or result.counterexample.got != result.counterexample.expected


def test_of_a_long_sequence_the_first_and_the_last_calls_are_shown(sandbox, assignment):
    from harness.cases import bank_for
    from harness.checks.evidence import Evidence
    from harness.observe import observe
    from harness.submission import submission_from_bytes

    bank = bank_for(assignment, assignment.default_seed)
    submission = submission_from_bytes("layers.py", _mul().encode())
    evidence = Evidence(assignment, bank, observe(sandbox, submission, assignment, bank))
    exhibit = evidence.group("MulLayer/state")[-1]
    made = statements(evidence, exhibit, len(exhibit.case.steps) - 1)
    assert made[:2] == ["a = MulLayer()", "..."]
    assert len(made) == 12
    assert made[-1] == "grads"


GRADIENT = {
    "a region": (
        mul(backward="return (dout * self.x if self.x < -20000000 else dout * self.y), dout * self.x"),
        -20000001.0,
    ),
    "large inputs": (mul(backward="return dout * self.y * (1 + (abs(self.y) > 10 ** 7)), dout * self.x"), None),
}


@pytest.mark.parametrize(("source", "x"), GRADIENT.values(), ids=GRADIENT)
def test_a_gradient_that_is_no_derivative_is_shown_at_simple_inputs_and_measured(example_of, source, x):
    example = example_of(ADD + source, "MulLayer.gradient")
    assert example.measured is not None
    assert example.got["dx"] != example.measured["dx"]
    assert example.dout == 1
    if x is not None:
        assert example.inputs == {"x": x, "y": 3.0}
    else:
        assert example.inputs["x"] == 2.0
        assert abs(example.inputs["y"]) == 10**7 + 1


def test_a_point_where_the_learners_forward_bends_is_not_taken_for_simpler(example_of):
    # At 7 a step ahead meets the bump at 8, and half of the difference is no derivative.
    source = ADD + mul(
        forward="self.x = x; self.y = y; return x * y + (x == 8)",
        backward="return dout * self.y * (1 + (self.x < -20000000)), dout * self.x",
    )
    assert example_of(source, "MulLayer.gradient").inputs["x"] == -20000001
