"""The JSON Schema that ships with the package: reports keep to it, altered ones do not, and it agrees with the records."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from submissions import HOSTILE, NOT_GRADABLE, RIGHT, WRONG

import harness
from harness import records
from harness.errors import SandboxError
from harness.grader import fault_report
from harness.records import Outcome, Report, Verdict
from harness.render.json import render_json

SCHEMA = json.loads((Path(harness.__file__).parent / "report.schema.json").read_text("utf-8"))
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def data_of(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        render_json(report), parse_constant=lambda name: pytest.fail(f"{name} is no JSON")
    )
    return found


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("source", [*WRONG.values(), RIGHT], ids=[*WRONG, "right"])
def test_every_graded_report_validates(graded, source):
    report = graded(source)
    assert report.outcome is Outcome.GRADED
    VALIDATOR.validate(data_of(report))


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_text_from_the_learner_is_capped_and_escaped_in_the_report(graded, source):
    VALIDATOR.validate(data_of(graded(source)))


@pytest.mark.parametrize("code", NOT_GRADABLE)
def test_a_report_that_is_not_gradable_validates_and_names_the_reason(graded, code):
    data = data_of(graded(NOT_GRADABLE[code]))
    VALIDATOR.validate(data)
    assert (data["outcome"], data["score"], data["warnings"][0]["code"]) == ("not_gradable", 0, code)


def test_a_report_of_a_grader_fault_has_no_score(assignment):
    data = data_of(fault_report(SandboxError("it broke", "mend it"), "layers.py", "", assignment, 1))
    VALIDATOR.validate(data)
    assert data["score"] is None


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_report_of_every_example_validates(graded, path):
    VALIDATOR.validate(data_of(graded(path.read_bytes(), path.name)))


ALTERED = {
    "an unknown field": lambda r: r.update(extra=1),
    "an unknown field of a check": lambda r: r["checks"][0].update(extra=1),
    "a missing field": lambda r: r.pop("seed"),
    "an unknown outcome": lambda r: r.update(outcome="fine"),
    "an unknown verdict": lambda r: r["checks"][0].update(verdict="ok"),
    "an unknown level": lambda r: r["isolation"].update(level="E"),
    "another schema": lambda r: r.update(schema="dout-report/2"),
    "a graded report without a score": lambda r: r.update(score=None),
    "a fault with a score": lambda r: r.update(outcome="grader_fault"),
    "a graded report without isolation": lambda r: r.update(isolation=None),
    "a wrong value without a message": lambda r: wrong(r).update(message=None),
    "a wrong value without a counterexample": lambda r: wrong(r).update(counterexample=None),
    "points for a wrong value": lambda r: wrong(r).update(score=1.0),
    "a NaN as null": lambda r: wrong(r)["counterexample"]["got"].update(dx=None),
    "a line 0": lambda r: wrong(r).update(line=0),
    "a blocked check that passed": lambda r: r["checks"][0].update(blocked_by="x"),
    "a sentence of something that is none": lambda r: wrong(r).update(said=["yes"]),
    "a passed check with a sentence": lambda r: r["checks"][0].update(said=[{"pattern": "{a}", "values": {"a": "b"}}]),
    "a control character": lambda r: wrong(r).update(message="\x1b[31m"),
    "a right-to-left override": lambda r: wrong(r).update(message="\u202e"),
    "no graph": lambda r: r.update(layers=r["layers"][:-1]),
    "a negative seed": lambda r: r.update(seed=-1),
}


def wrong(data: dict[str, Any]) -> dict[str, Any]:
    return next(check for check in data["checks"] if check["verdict"] == "wrong")


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_an_altered_report_does_not_validate(graded, alter):
    data = copy.deepcopy(data_of(graded(WRONG["swapped"])))
    VALIDATOR.validate(data)
    alter(data)
    assert not VALIDATOR.is_valid(data)


RECORDS = {
    "assignment": records.AssignmentId,
    "submission": records.SubmissionId,
    "isolation": records.Isolation,
    "cases": records.CasesId,
    "layer": records.LayerScore,
    "check": records.CheckResult,
    "counterexample": records.Counterexample,
    "said": records.Said,
    "warning": records.Warn,
    "graph": records.Graph,
    "versions": records.Versions,
    "timing": records.Timing,
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_schema_has_the_fields_of_the_record_in_their_order(name):
    fields = list(RECORDS[name].__struct_fields__)
    part = SCHEMA["$defs"][name]
    assert list(part["properties"]) == part["required"] == fields
    assert part["additionalProperties"] is False


def test_the_schema_has_the_fields_of_the_report_and_its_closed_words():
    assert list(SCHEMA["properties"]) == SCHEMA["required"] == list(Report.__struct_fields__)
    assert SCHEMA["properties"]["outcome"]["enum"] == [word.value for word in Outcome]
    assert SCHEMA["$defs"]["check"]["properties"]["verdict"]["enum"] == [word.value for word in Verdict]
    assert SCHEMA["$defs"]["isolation"]["properties"]["level"]["enum"] == [word.value for word in records.Level]


def test_a_report_read_back_from_its_json_is_the_same(graded):
    report = graded(WRONG["swapped"])
    assert msgspec.json.decode(render_json(report), type=Report) == report
