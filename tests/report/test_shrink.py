"""The smallest case: simple inputs that show the same mistake, whatever the learner's code does when called again."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from fractions import Fraction

import pytest
from submissions import ADD, HOSTILE, RIGHT, WRONG, mul
from test_schema import data_of

import harness.shrink
import harness.shrink.failure
from harness.cases import bank_for
from harness.grader import grade
from harness.observe import Observations
from harness.records import Outcome, Verdict
from harness.sandbox.channel import WorkerGone
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.protocol import Answer, Done, Fault, Loaded, Parsed
from harness.sandbox.runner import Sandbox
from harness.shrink.measure import _as_number
from harness.shrink.points import Point, simple_numbers, telling
from harness.shrink.replay import Replays
from harness.shrink.search import Arrays, Numbers, OutOfReplays, smallest
from harness.submission import submission_from_bytes

RIGHT_BODY = "return dout * self.y, dout * self.x"


def number_only(condition: str, wrong: str = "return dout * self.x, dout * self.y") -> str:
    """Return two layers of which Mul's backward is wrong where ``condition`` holds, and right for arrays."""
    return ADD + mul(
        backward=f"if not hasattr(self.x, 'shape') and ({condition}): {wrong}\n        {RIGHT_BODY}",
    )


def forward_only(condition: str, wrong: str) -> str:
    return ADD + mul(
        forward=f"import numpy as np; self.x = x; self.y = y\n        if {condition}: {wrong}\n        return x * y"
    )


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    # How long a search may take has a test of its own: elsewhere a busy machine must not change what is found.
    monkeypatch.setattr(harness.shrink, "SUBMISSION_SECONDS", 60.0)
    monkeypatch.setattr(harness.shrink, "FAILURE_SECONDS", 30.0)


@pytest.fixture
def example_of(graded):
    def example_of(source, check="MulLayer.backward"):
        result = next(one for one in graded(source).checks if one.id == check)
        assert result.counterexample is not None
        return result.counterexample

    return example_of


def numbers(example):
    return (*example.inputs.values(), example.dout)


REGIONS = {
    "over a thousand": (number_only("self.x > 10 ** 3"), (1001, 3, 1)),
    "over a thousand that is written so": (number_only("self.x > 1000"), (1001, 3, 1)),
    "a single number": (number_only("self.x == 12345"), (12345, 3, 1)),
    "a negative input": (number_only("self.x < 0"), (-2, 3, 1)),
    "two negative inputs": (number_only("self.x < 0 and self.y < 0"), (-2, -3, 1)),
    "a negative upstream gradient": (number_only("dout < 0"), (2, 3, -1)),
    "a large upstream gradient": (number_only("dout > 10 ** 3"), (2, 3, 1001)),
    "equal inputs": (number_only("self.x == self.y", "return dout, dout"), (3, 3, 1)),
    "opposite inputs": (number_only("self.x == -self.y"), (3, -3, 1)),
    "three signs": (number_only("self.x > 0 > self.y and dout < 0"), (2, -3, -1)),
    "an input of zero": (
        ADD + mul("self.x = x; self.y = y; return x * y", "o = self.x * self.y * dout; return o / self.x, o / self.y"),
        (0, 3, 1),
    ),
    "a fraction": (number_only("self.x % 1", "return 0.0, 0.0"), (0.5, 3, 1)),
    "Python integers": (number_only("isinstance(self.x, int)"), (2, 3, 1)),
    "numbers that are large together": (number_only("abs(self.x * self.y) > 10 ** 6"), None),
}


@pytest.mark.parametrize(("source", "wanted"), REGIONS.values(), ids=REGIONS)
def test_a_mistake_in_a_region_is_shown_at_its_simplest_inputs(example_of, source, wanted):
    found = numbers(example_of(source))
    if wanted is None:
        # Two numbers can be traded for each other; fewer digits than any case of the bank has are left.
        assert 10**6 < abs(found[0] * found[1]) < 1.01 * 10**6
        assert found[2] == 1
    else:
        assert found == wanted


ARRAYS = {
    "arrays as such": (forward_only("hasattr(x, 'shape')", "return float(x[0]) * y"), [2.0, 5.0]),
    "the last entry": (forward_only("np.ndim(x) and np.size(x)", "r = x * y; r[..., -1] = 0; return r"), [2.0, 5.0]),
    "two axes": (forward_only("np.ndim(x) == 2", "return x @ y.T"), [[2.0], [5.0]]),
    "a negative entry": (forward_only("np.ndim(x)", "return abs(x) * y"), [2.0, -2.0]),
    "an infinite entry": (forward_only("np.ndim(x)", "return np.nan_to_num(x * y)"), None),
    "an entry over a hundred": (forward_only("np.ndim(x)", "return np.where(abs(x) > 10 ** 2, 0, x) * y"), [101.0]),
    "more than a hundred entries": (
        forward_only("np.size(x) > 10 ** 2", "return x * y + 1"),
        {"shape": [6, 17], "entry": [0, 0], "value": 2.0},
    ),
    "integers": (forward_only("np.ndim(x) and x.dtype.kind == 'i'", "return x * y + 1"), [2, 5]),
    "Fortran order": (
        forward_only("np.ndim(x) == 2 and not x.flags.c_contiguous and x.flags.f_contiguous", "return x * y + 1"),
        [[2.0, 5.0], [8.0, 11.0]],
    ),
    "an empty array": (forward_only("np.ndim(x) and not np.size(x)", "return 0.0"), []),
}


@pytest.mark.parametrize(("source", "wanted"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_shown_in_the_smallest_shape_with_the_fewest_special_entries(example_of, source, wanted):
    found = example_of(source, "MulLayer.arrays").inputs
    if wanted is None:
        assert sum(value in ("inf", "-inf", "nan") for array in found.values() for value in array) == 1
    else:
        assert found["x"] == wanted


def test_inputs_that_could_stand_for_each_other_are_shown_only_where_no_others_fail(example_of):
    assert numbers(example_of(number_only("self.x > 10 ** 3 and self.y > 10 ** 3"))) == (1001, 1002, 1)


def test_a_failure_that_no_simpler_arrays_show_stays_as_it_was_seen(example_of):
    source = forward_only("np.size(x) > 4 and np.isnan(x).any() and np.isinf(x).any()", "return x * y + 1")
    assert example_of(source, "MulLayer.arrays").inputs["x"] == ["inf", "-inf", "nan", 0.0, 2.0, -3.0]


def test_the_best_inputs_are_shown_when_the_replays_are_used_up(example_of, monkeypatch):
    monkeypatch.setattr(harness.shrink.failure, "MOST_REPLAYS", 6)
    found = numbers(example_of(REGIONS["numbers that are large together"][0]))
    assert found == numbers(example_of(REGIONS["numbers that are large together"][0]))
    assert abs(found[0] * found[1]) > 10**6
    assert found != (1234.5, -5678.25, 123.5)


def test_message_inputs_and_values_agree_and_the_verdict_stays(sandbox, assignment):
    submission = submission_from_bytes("layers.py", number_only("self.x > 10 ** 3").encode())
    plain, small = (grade(submission, assignment, sandbox=sandbox, shrink=shrink) for shrink in (False, True))
    assert [(one.id, one.verdict, one.score) for one in plain.checks] == [
        (one.id, one.verdict, one.score) for one in small.checks
    ]
    result = next(one for one in small.checks if one.id == "MulLayer.backward")
    assert result.message.startswith("MulLayer.backward(1.0) returned dx = 1001.0, but 3.0 was expected;")
    assert result.counterexample.got == {"dx": 1001.0, "dy": 3.0}
    assert result.counterexample.expected == {"dx": 3.0, "dy": 1001.0}
    assert next(one for one in plain.checks if one.id == "MulLayer.backward").counterexample.inputs["x"] == 1234.5


def test_the_learners_own_forward_is_measured_at_the_inputs_shown(example_of):
    assert example_of(WRONG["swapped"]).measured == {"dx": 3.0, "dy": 2.0}
    assert example_of(WRONG["nothing returned"]).measured == {"dx": 3.0, "dy": 2.0}
    assert example_of(number_only("self.x > 10 ** 3")).measured == {"dx": 3.0, "dy": 1001.0}


def test_what_is_measured_is_the_learners_forward_and_not_the_references(example_of):
    source = ADD + mul(
        forward="self.x = x; self.y = y; return 7 * x - y", backward="return dout * self.x, dout * self.y"
    )
    assert example_of(source).measured == {"dx": 7.0, "dy": -1.0}


@pytest.mark.parametrize("value", ["3e59", "6e-60", "0.0"])
def test_very_large_and_very_small_inputs_are_measured_with_a_step_of_their_size(example_of, value):
    condition = f"self.x == {value}" if value == "0.0" else f"{float(value) / 3} < self.x < {float(value) * 3}"
    example = example_of(number_only(condition, "return 7.0, 7.0"))
    assert example.got == {"dx": 7.0, "dy": 7.0}
    assert example.measured == pytest.approx(example.expected, rel=1e-12)


def test_a_measured_value_beyond_the_largest_float_is_infinite():
    assert [_as_number(sign * Fraction(10) ** 400) for sign in (1, -1)] == ["inf", "-inf"]


class Scripted:
    """A worker, and the sandbox that starts it, that says what it was told to say."""

    exit = None

    def __init__(self, *messages):
        self._messages = [Parsed([], [], [], 1), Loaded([], []), *messages]

    def spawn(self, limits, modules):
        return self

    def send(self, request, seconds):
        pass

    def receive(self, seconds, until):
        return self._messages.pop(0)

    def close(self):
        pass


PAIR = Answer(0, 2, several=True, values=[1.0, 1.0])
BROKEN = {
    "another step": [PAIR],
    "another case": [Answer(1, 1, several=False, values=[1.0])],
    "an end in the middle": [Done()],
    "one answer more": [Answer(0, 1, several=False, values=[1.0]), PAIR, PAIR],
    "no value": [Answer(0, 1, several=False, values=[])],
    "an error of a step before": [Answer(0, 1, several=False, values=[1.0]), Fault(0, 1, "E", "", None)],
}


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN)
def test_a_worker_that_breaks_the_protocol_is_not_asked_again(assignment, messages):
    submission = submission_from_bytes("layers.py", RIGHT.encode())
    seen = Observations(layers=[], cases=[], calls=[], probes=0, warnings=[], isolation=None, cpu_seconds=0.0)
    case = bank_for(assignment, assignment.default_seed).cases[0]
    with Replays(Scripted(*messages), submission, assignment, seen) as replays:
        for _ in range(2):
            with pytest.raises(WorkerGone):
                replays.ask([case])
        assert replays.gone


def test_nothing_is_measured_where_forward_gives_no_number(example_of):
    assert example_of(ADD + mul(forward="return 'six'", backward="return dout, dout")).measured is None


def test_a_file_whose_examples_do_not_end_is_called_again_without_them(example_of):
    assert numbers(example_of(number_only("self.x < 0") + "\nwhile True: pass\n")) == (-2, 3, 1)


def test_two_gradings_in_two_processes_show_the_same(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(
        REGIONS["numbers that are large together"][0]
        + ARRAYS["an entry over a hundred"][0].replace(ADD, "").replace("MulLayer", "Other")
    )
    script = (
        "import sys, json, harness.shrink\n"
        "harness.shrink.FAILURE_SECONDS = harness.shrink.SUBMISSION_SECONDS = 60\n"
        "for name in sys.argv[1:]: __import__(name)\n"
        "from harness.cli import main\n"
        f"sys.argv = ['dout', 'grade', {str(path)!r}, '--format', 'json']\n"
        "main()\n"
    )
    reports = []
    # Hypothesis draws the numbers that it finds in loaded modules: what is loaded must not matter.
    for modules in ([], ["colorsys", "statistics", "harness.draws"]):
        done = subprocess.run([sys.executable, "-c", script, *modules], capture_output=True, cwd=tmp_path, check=False)
        data = json.loads(done.stdout)
        data.pop("timing")
        reports.append(data)
    assert reports[0] == reports[1]
    assert [one.name for one in tmp_path.iterdir()] == ["layers.py"]


def test_common_mistakes_do_not_import_hypothesis(tmp_path):
    script = (
        "import sys\n"
        "from harness.assignment import built_in\n"
        "from harness.grader import grade\n"
        "from harness.sandbox.runner import Sandbox\n"
        "from harness.submission import submission_from_bytes\n"
        "with Sandbox() as sandbox:\n"
        "    for source in sys.argv[1:]:\n"
        "        report = grade(submission_from_bytes('layers.py', source.encode()), built_in(), sandbox=sandbox)\n"
        "        assert report.score < 100\n"
        "sys.exit('hypothesis' in sys.modules)\n"
    )
    common = [WRONG[name] for name in ("swapped", "dout ignored", "nothing returned", "not written", "a wrong shape")]
    common += [REGIONS["over a thousand that is written so"][0], REGIONS["a negative input"][0]]
    subprocess.run([sys.executable, "-c", script, *common], check=True)


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

    monkeypatch.setattr("harness.grader.shrunk", broken)
    assert graded(WRONG["swapped"]).score == 45


def test_simple_numbers_begin_with_telling_ones_and_hold_every_pattern_of_signs():
    points = simple_numbers(2, backward=True)
    assert points[:2] == [(2, 3, 1), (2, 3, 5)]
    assert len(set(points)) == len(points)
    signs = {(x > 0, y > 0, dout > 0) for x, y, dout in points if x and y and dout}
    assert len(signs) == 8
    assert all(len(point) == 3 for point in simple_numbers(3, backward=False))


@pytest.mark.parametrize(
    ("values", "tells"),
    [
        ((2, 3, 1), True),
        ((2, 2, 1), False),
        ((2, -2, 5), False),
        ((0, 3, 5), False),
        ((1, 3, 5), False),
        ((2, 3, 3), False),
    ],
)
def test_a_point_tells_when_no_two_values_could_stand_for_each_other(values, tells):
    assert telling(values, 2) is tells


def test_a_search_ends_with_the_best_point_when_the_replays_are_used_up():
    left = iter(range(12))

    def fails(point: Point) -> bool:
        if next(left, None) is None:
            raise OutOfReplays
        return point.values[0] > 1000

    found = smallest(Numbers((123457.0, 5678.0), 2), fails)
    assert 1000 < found.values[0] <= 123457


def test_what_the_replays_raise_comes_out_of_the_search():
    def fails(point: Point) -> bool:
        if point.values != (5678.0,):
            raise KeyError("gone")
        return True

    with pytest.raises(KeyError, match="gone"):
        smallest(Numbers((5678.0,), 1), fails)


@pytest.mark.parametrize("value", [2.0, 7, -3, 0.1, 1234.5, -1e300, 3e-60, float("inf"), 2.0**60, -4.0])
def test_a_search_begins_at_the_number_that_was_seen(value):
    space = Numbers((value,), 1)
    (found,) = space.point(space.start).values
    assert found == value
    assert type(found) is type(value)


def test_a_search_in_arrays_shortens_every_axis():
    found = smallest(Arrays(Point((), (17, 20)), 2), lambda point: point.shape[0] > 2 and point.shape[1] > 4)
    assert found.shape == (3, 5)
