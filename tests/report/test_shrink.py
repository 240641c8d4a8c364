"""The smallest case: simple inputs that show the same mistake, and what is measured there."""

import json
import math
import subprocess
import sys
from fractions import Fraction

import pytest
from submissions import ADD, WRONG, mul
from wrong_regions import ARRAYS, REGIONS, forward_only, number_only, numbers

import harness.shrink
import harness.shrink.failure
from harness.grader import grade
from harness.gradients.finite_difference import nearest_float
from harness.submission import submission_from_bytes

pytestmark = pytest.mark.usefixtures("patience")


@pytest.mark.parametrize(("source", "wanted"), REGIONS.values(), ids=REGIONS)
def test_a_mistake_in_a_region_is_shown_at_its_simplest_inputs(example_of, source, wanted):
    found = numbers(example_of(source))
    if wanted is None:
        # Two numbers can be traded for each other; fewer digits than any case of the bank has are left.
        assert 10**6 < abs(found[0] * found[1]) < 1.01 * 10**6
        assert found[2] == 1
    else:
        assert found == wanted


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
    assert example_of(source, "MulLayer.arrays").inputs["x"] == [
        "inf",
        "-inf",
        "nan",
        0.0,
        2.0,
        -3.0,
        5.0,
        -7.0,
        0.5,
        11.0,
        -0.25,
        13.0,
    ]


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
    assert [nearest_float(sign * Fraction(10) ** 400) for sign in (1, -1)] == [math.inf, -math.inf]


def test_nothing_is_measured_where_forward_gives_no_number(example_of):
    assert example_of(ADD + mul(forward="return 'six'", backward="return dout, dout")).measured is None


def test_a_file_whose_examples_do_not_end_is_called_again_without_them(example_of):
    assert numbers(example_of(number_only("self.x < 0") + "\nwhile True: pass\n")) == (-2, 3, 1)


def test_two_gradings_in_two_processes_show_the_same(tmp_path):
    path = tmp_path / "layers.py"
    wrong_add = ADD.replace("return x + y", "return x + y + (not hasattr(x, 'shape') and x > 10 ** 2)")
    path.write_text(REGIONS["numbers that are large together"][0] + wrong_add)
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
        assert (
            next(one for one in data["checks"] if one["id"] == "AddLayer.forward")["counterexample"]["inputs"]["x"]
            == 101
        )
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
