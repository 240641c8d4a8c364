"""A mistake gets its own name, or a general one; never the name of another mistake, whatever a layer returns."""

import math
import warnings

import msgspec
import numpy as np
import pytest
from inprocess import assignment, bank, judge, observe_text
from mutants import TABLES, submission
from mutants.templates import RIGHT_ADD, RIGHT_MUL
from naming import FITTING, NAMED, TWO_AT_ONCE

import harness.diagnosis
from harness.answers import Returned
from harness.checks import CHECKS
from harness.checks.evidence import Evidence
from harness.diagnosis import CODES, GENERAL, OF_A_FORMULA, name
from harness.records import Verdict
from harness.sandbox.values import Other

LAYERS = [(code, spelling) for code, spellings in NAMED.items() for spelling in spellings]
VALUES = CODES | {mistake.code: OF_A_FORMULA for layer in assignment().layer for mistake in layer.mistakes}
#: Only a real sandbox stops these.
OF_PROCESSES = {"TIMEOUT", "MEMORY", "CRASH"}


def result_of(named):
    return judge(submission(named.layer, named.source))[named.check]


@pytest.fixture(scope="module")
def given():
    return {(code, spelling): result_of(NAMED[code][spelling]).code for code, spelling in LAYERS}


def test_at_least_95_percent_get_the_right_name(given):
    right = sum(given[key] == key[0] for key in LAYERS)
    assert right >= 0.95 * len(LAYERS)


def test_none_gets_the_name_of_another_mistake(given):
    assert {key: code for key, code in given.items() if code not in {key[0], *GENERAL}} == {}


def test_every_code_is_tried_in_some_spelling():
    assert NAMED.keys() | GENERAL | OF_PROCESSES == VALUES.keys()


@pytest.mark.parametrize("named", TWO_AT_ONCE.values(), ids=TWO_AT_ONCE)
def test_two_mistakes_at_once_get_the_general_name(named):
    assert result_of(named).code in GENERAL


@pytest.mark.parametrize("code", ["MUL-SWAP", "MUL-NO-DOUT", "SIGN", "SCALED", "ADD-USES-INPUT"])
def test_the_check_of_the_derivative_names_the_same_mistake(code):
    for named in NAMED[code].values():
        results = judge(submission(named.layer, named.source))
        assert results[f"{named.layer}.gradient"].code == results[named.check].code == code


def test_a_waiting_check_and_a_passed_one_have_no_name():
    results = judge(submission("MulLayer", NAMED["MUL-SWAP"]["Mul: return dout * self.x, dout * self.y"].source))
    assert {result.code for result in results.values() if result.verdict in (Verdict.PASSED, Verdict.BLOCKED)} == {None}


def test_the_values_are_those_of_the_code():
    for spellings in NAMED.values():
        result = result_of(next(iter(spellings.values())))
        assert tuple(result.values) == VALUES[result.code]


@pytest.mark.parametrize(
    ("code", "spelling", "name", "value"),
    [
        ("SCALED", "Mul: return dout * self.y / 2, dout * self.x / 2", "constant", 0.5),
        ("SCALED", "MulLayer: return x * y / 3", "constant", 0.333333333333),
        ("FORWARD-OTHER", "AddLayer: return x - y", "formula", "x - y"),
        ("METHOD-NAME", "Mul: backword", "found", "backword"),
        ("STATE-MISSING", "forward keeps nothing", "name", "self.y"),
        ("ONLY-SOMETIMES", "MulLayer: return x * abs(y)", "region", "y < 0"),
        ("ONLY-SOMETIMES", "Mul: return np.clip(dout, -10, 10) * self.y, dout * self.x", "region", "abs(dout) > 10"),
        ("NO-RETURN", "Mul: print(x * y)", "variant", "printed"),
        ("NO-RETURN", "Mul: out = x * y", "variant", "silent"),
        ("INPLACE-INPUT", "x += y", "name", "x"),
        (
            "NUMERIC-GRADIENT",
            "Add: x, y, h = self.x, self.y, 0.001\ng = dout * (((x + h) + y - (x + y)) / h)\nreturn g, dout * ((x + (y + h) - (x + y)) / h)",
            "step",
            1e-3,
        ),
        ("PRECISION", "AddLayer: return np.asarray(x + y, 'f4')[()]", "dtype", "float32"),
        ("SHAPE", "MulLayer: return np.sum(x * y)", "variant", "summed"),
    ],
)
def test_a_value_says_what_was_found(code, spelling, name, value):
    named = NAMED[code].get(spelling) or NAMED[code][spelling.replace("MulLayer:", "Mul on arrays:")]
    assert result_of(named).values[name] == value


@pytest.mark.parametrize("table", TABLES)
def test_a_mutant_gets_a_fitting_name_or_a_general_one_and_never_through_a_mistake_of_ours(table, monkeypatch):
    monkeypatch.setattr(harness.diagnosis, "diagnose", np.errstate(all="ignore")(name.named))
    warnings.simplefilter("ignore")
    for mutant in list(TABLES[table].values())[::4]:
        for result in judge(submission(mutant.layer, mutant.source)).values():
            failed = result.verdict not in (Verdict.PASSED, Verdict.BLOCKED)
            assert (result.code in FITTING[table] | GENERAL) == failed


def test_a_right_file_does_not_even_import_the_diagnosis(monkeypatch):
    monkeypatch.setattr(harness.diagnosis, "diagnose", None)
    assert {result.code for result in judge(RIGHT_ADD + RIGHT_MUL).values()} == {None}


def test_a_mistake_of_ours_costs_the_name_and_not_the_grade(monkeypatch):
    monkeypatch.setattr(name, "named", lambda *arguments: 1 / 0)
    results = judge(submission("MulLayer", NAMED["MUL-SWAP"]["Mul: return dout * self.x, dout * self.y"].source))
    assert results["MulLayer.backward"].code == "BACKWARD-WRONG"
    assert results["MulLayer.backward"].verdict is Verdict.WRONG


HOSTILE = {
    "NaN": math.nan,
    "infinity": -math.inf,
    "the largest integer": 2**63 - 1,
    "the smallest integer": -(2**63),
    "something else": Other("an int beyond 64 bits"),
    "an empty text": Other(""),
    "no entries": np.zeros((0, 3)),
    "eight axes": np.ones((1,) * 8),
    "booleans": np.array([True, False]),
    "complex": np.array([1j, math.nan]),
    "eight bits": np.array([255, 0, 1], np.uint8),
    "a scalar array": np.array(math.nan, np.float16),
    "the largest unsigned": np.array(2**64 - 1, np.uint64),
}


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_whatever_comes_back_a_diagnosis_raises_nothing(value, several):
    """Every third answer is replaced, and then every one."""
    seen = observe_text(RIGHT_ADD + RIGHT_MUL)
    for every in (3, 1):
        calls = [
            [
                Returned(several, [value] * (1 + several), [value] * len(call.after))
                if isinstance(call, Returned) and (number + step) % every == 0
                else call
                for step, call in enumerate(row)
            ]
            for number, row in enumerate(seen.calls)
        ]
        changed = msgspec.structs.replace(seen, calls=calls)
        for spec in assignment().check:
            evidence = Evidence(assignment(), bank(), changed)
            finding = CHECKS[spec.kind](evidence, spec)
            if finding is not None:
                with np.errstate(all="ignore"):
                    told = name.named(evidence, spec, finding)
                assert told is None or told.code in VALUES


def test_another_assignment_names_its_own_mistakes(monkeypatch):
    """The package knows no layer: without the assignment's data a swap has no name."""
    layers = tuple(msgspec.structs.replace(layer, mistakes=()) for layer in assignment().layer)
    other = msgspec.structs.replace(assignment(), layer=layers)
    seen = observe_text(submission("MulLayer", NAMED["MUL-SWAP"]["Mul: kept under other names"].source))
    spec = next(check for check in other.check if check.id == "MulLayer.backward")
    evidence = Evidence(other, bank(), seen)
    told = name.diagnose(evidence, spec, CHECKS["backward"](evidence, spec))
    assert told.code == "BACKWARD-WRONG"
