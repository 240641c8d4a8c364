"""The formats of other programs: each keeps to that program's schema and limits, whatever the submission is."""

import functools
import json
import re
import unicodedata
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from submissions import ADD, HOSTILE, NOT_GRADABLE, RIGHT, WRONG, mul

from harness.errors import SandboxError, UsageError
from harness.feedback import Feedback, with_feedback
from harness.grader import fault_report
from harness.language import language
from harness.records import Timing
from harness.render import FORMATS, render
from harness.render.causes import causes
from harness.render.classroom50 import SET_BY_RUNNER, classroom50
from harness.render.prairielearn import LIMIT

SCHEMAS = Path(__file__).parent / "schemas"
ALL = {**WRONG, **HOSTILE, "right": RIGHT, **NOT_GRADABLE}
SWAPPED = ADD + mul(backward="return dout * self.x, dout * self.y")
NAMES = ["junit", "ctrf", "gradescope", "classroom50", "exercism", "prairielearn", "codequality"]
JSON = [name for name in NAMES if name != "junit"]
RUNNER = {
    "CLASSROOM": "nn1",
    "ASSIGNMENT": "ch05",
    "SUBMISSION_TAG": "submit/20261125T080000Z-abc1234",
    "COMMIT_URL": "https://github.com/o/r/commit/abc",
    "RELEASE_URL": "https://github.com/o/r/releases/tag/x",
    "REVIEW_URL": "https://github.com/o/r/compare/a...b",
}
#: What the runner of Classroom 50 writes into every result itself.
STAMPED = {"owner": "ada", "assignment_type": "individual", "datetime": "2026-11-25T08:00:00Z"}


@pytest.fixture(scope="session")
def graded(graded):
    """Grades each submission once: here reports are only written."""
    return functools.cache(graded)


@pytest.fixture(autouse=True)
def _runner(monkeypatch):
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def fault(assignment):
    return fault_report(SandboxError("it broke", "mend it"), "layers.py", "", assignment, 1)


def schema(name):
    found = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.validators.validator_for(found).check_schema(found)
    return jsonschema.validators.validator_for(found)(found)


def written(report, name):
    document = json.loads(render(report, name))
    return document | STAMPED if name == "classroom50" else document


def suite_of(report):
    return ET.fromstring(render(report, "junit")).find("testsuite")


def reports(graded, fault):
    return [*map(graded, ALL.values()), fault]


def test_every_format_of_another_program_is_tested_here():
    assert [*FORMATS][6:] == NAMES


# Schemas and limits.


@pytest.mark.parametrize("name", JSON)
def test_every_report_keeps_to_the_schema(graded, fault, name):
    validator = schema(name)
    for report in reports(graded, fault):
        validator.validate(written(report, name))


def test_every_report_keeps_to_the_schema_of_xunit2(graded, fault):
    xmlschema = pytest.importorskip("xmlschema")
    validator = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    for report in reports(graded, fault):
        validator.validate(render(report, "junit"))


ALTERED = {
    "ctrf": lambda d: d["results"]["summary"].pop("stop"),
    "gradescope": lambda d: d.update(output_format="markdown"),
    "classroom50": lambda d: d["tests"][0].update(score=0.5),
    "exercism": lambda d: d.update(status="error"),
    "prairielearn": lambda d: d.update(score=45),
    "codequality": lambda d: d[0]["location"]["lines"].update(begin=0),
}


@pytest.mark.parametrize("name", JSON)
def test_the_schema_refuses_an_altered_report(graded, name):
    document = written(graded(SWAPPED), name)
    ALTERED[name](document)
    assert not schema(name).is_valid(document)


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_plain_ascii_without_anything_that_steers(graded, name):
    for source in HOSTILE.values():
        for code in ("en", "ko"):
            text = render(graded(source), name, language(code))
            assert text.isascii()
            assert text.endswith("\n")
            assert not {char for char in text if char != "\n" and unicodedata.category(char) == "Cc"}


def test_xml_holds_what_no_number_can_name(graded):
    report = graded(SWAPPED)
    named = msgspec.structs.replace(report.submission, name='a\x00b\ufffe<&>".py')
    suite = suite_of(msgspec.structs.replace(report, submission=named))
    assert suite.get("name") == 'a\\u0000b\\ufffe<&>".py'


@pytest.mark.parametrize("name", NAMES)
def test_two_gradings_differ_in_their_time_only(graded, name):
    first, second = graded(SWAPPED), graded.__wrapped__(SWAPPED)
    same = msgspec.structs.replace(second, timing=first.timing)
    assert render(first, name) == render(same, name)
    slow = msgspec.structs.replace(first, timing=Timing(wall_s=1234.5678, cpu_s=1.0))
    changed = set(render(slow, name).splitlines()) ^ set(render(first, name).splitlines())
    assert all(re.search(r'"(stop|duration|execution_time)"|<testsuite ', line) for line in changed)


# What they say.


def test_a_test_case_has_the_verdict_of_its_check(graded):
    report = graded(SWAPPED)
    cases = suite_of(report).findall("testcase")
    assert [case.get("name") for case in cases] == [check.id for check in report.checks]
    shown = {case.get("name"): [part.tag for part in case] for case in cases}
    assert shown["MulLayer.forward"] == []
    assert shown["MulLayer.backward"] == ["failure"]
    assert shown["MulLayer.state"] == ["skipped"]
    suite = suite_of(report)
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["13", "2", "0", "4"]


def test_ctrf_counts_what_waits_as_skipped_and_a_fault_as_other(graded, fault):
    def counts(report):
        summary = written(report, "ctrf")["results"]["summary"]
        return [summary[name] for name in ("tests", "passed", "failed", "skipped", "pending", "other")]

    assert counts(graded(SWAPPED)) == [13, 7, 2, 4, 0, 0]
    assert counts(fault) == [13, 0, 0, 0, 0, 13]


def test_gitlab_finds_no_two_test_cases_of_one_name(graded):
    for source in WRONG.values():
        names = [(case.get("classname"), case.get("name")) for case in suite_of(graded(source)).findall("testcase")]
        assert len(names) == len(set(names))


def test_a_failure_says_what_is_wrong_its_values_and_what_to_do(graded):
    (failure, _) = suite_of(graded(SWAPPED)).findall("testcase/failure")
    assert failure.get("type") == "MUL-SWAP"
    assert "swapped" in failure.get("message")
    assert "inputs: x = 2.0, y = 3.0, dout = 1.0\ndx: yours 2.0, expected 3.0, measured 3.0" in failure.text
    assert "\nNext: " in failure.text


def test_the_points_are_properties_of_the_suite(graded):
    found = {one.get("name"): one.get("value") for one in suite_of(graded(SWAPPED)).iter("property")}
    assert (found["score"], found["max_score"], found["points MulLayer.backward"]) == ("45", "100", "0/20")


@pytest.mark.parametrize("source", [SWAPPED, RIGHT], ids=["swapped", "right"])
def test_all_formats_have_the_same_total(graded, source):
    report = graded(source)
    assert written(report, "gradescope")["score"] == report.score
    assert sum(test["score"] for test in written(report, "gradescope")["tests"]) == report.score
    assert written(report, "classroom50")["score"] == report.score
    assert written(report, "prairielearn")["score"] * report.max_score == report.score
    assert sum(test["points"] for test in written(report, "prairielearn")["tests"]) == report.score
    assert sum(test["extra"]["score"] for test in written(report, "ctrf")["results"]["tests"]) == report.score


def test_a_mistake_is_one_remark_in_gitlab_at_its_line(graded):
    report = graded(SWAPPED)
    (remark,) = written(report, "codequality")
    assert len(causes(report.checks)) == 1
    assert (remark["check_name"], remark["severity"]) == ("MUL-SWAP", "major")
    assert remark["location"] == {"path": "layers.py", "lines": {"begin": report.checks[6].line}}
    assert written(graded(RIGHT), "codequality") == []


def test_a_remark_keeps_its_fingerprint_when_its_line_moves(graded):
    (first,), (second,) = (written(graded(source), "codequality") for source in (SWAPPED, "\n\n\n" + SWAPPED))
    assert first["fingerprint"] == second["fingerprint"]
    assert first["location"] != second["location"]
    (other,) = written(graded(ADD + mul(backward="return self.y, self.x")), "codequality")
    assert other["fingerprint"] != first["fingerprint"]


def test_exercism_tells_a_wrong_answer_from_none(graded):
    def first(source):
        tests = written(graded(source), "exercism")["tests"]
        return next(test["status"] for test in tests if test["status"] != "pass")

    assert (first(SWAPPED), first(WRONG["a name error"]), first(WRONG["a loop"])) == ("fail", "error", "error")
    assert written(graded(RIGHT), "exercism")["status"] == "pass"
    assert written(graded(SWAPPED), "exercism")["status"] == "fail"


# Not graded.


def test_what_cannot_be_graded_costs_no_attempt_and_fails_everywhere(graded):
    report = graded(NOT_GRADABLE["NOT-PARSABLE"])
    assert written(report, "prairielearn")["gradable"] is False
    assert written(report, "exercism")["status"] == "error"
    assert written(report, "gradescope")["score"] == 0
    assert (written(report, "classroom50")["score"], written(report, "classroom50")["max-score"]) == (0, 100)
    assert suite_of(report).get("errors") == "1"
    assert [remark["severity"] for remark in written(report, "codequality")] == ["blocker"]


def test_a_fault_of_the_grader_is_never_a_zero(fault):
    assert "score" not in written(fault, "gradescope")
    assert written(fault, "gradescope")["tests"] == []
    assert "score" not in written(fault, "prairielearn")
    assert written(fault, "classroom50")["max-score"] == 0
    assert [test["passed"] for test in written(fault, "classroom50")["tests"]] == [False]
    assert written(fault, "ctrf")["results"]["extra"]["score"] is None
    assert [remark["severity"] for remark in written(fault, "codequality")] == ["info"]


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_says_what_to_do(fault, name):
    text = render(fault, name)
    assert "it broke" in text
    assert "mend it" in text


# What a learner may see.


@pytest.fixture
def hiding(graded):
    hidden = {"MulLayer.backward", "MulLayer.gradient", "graph.random"}
    report = graded(SWAPPED)
    checks = [
        msgspec.structs.replace(check, visibility="hidden") if check.id in hidden else check for check in report.checks
    ]
    return msgspec.structs.replace(report, checks=checks)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "gradescope"])
def test_a_hidden_check_is_not_told(hiding, name):
    text = render(hiding, name)
    assert "MUL-SWAP" not in text
    assert "MulLayer.backward" not in text
    assert "graph.random" not in text
    if name in ("junit", "classroom50"):
        assert "65" in text
        assert "100" not in text


@pytest.mark.parametrize("name", ["ctrf", "gradescope", "prairielearn"])
def test_how_many_checks_are_hidden_is_told(hiding, name):
    assert "Hidden checks: 3." in render(hiding, name)


def test_gradescope_gets_hidden_checks_as_hidden_and_shows_the_others_without_them(hiding):
    results = written(hiding, "gradescope")
    hidden = [test for test in results["tests"] if test["visibility"] == "hidden"]
    shown = [test for test in results["tests"] if test["visibility"] == "visible"]
    assert len(hidden) == 3
    assert "MulLayer.backward" not in json.dumps([shown, results["output"]])
    assert results["score"] == 45


@pytest.mark.parametrize("name", NAMES)
def test_less_feedback_tells_less(graded, name):
    text = render(with_feedback(graded(SWAPPED), Feedback.NONE), name)
    assert "MUL-SWAP" not in text
    assert "expected 3.0" not in text


# Limits.


def test_points_with_fractions_are_whole_numbers_in_classroom50(graded):
    report = graded(SWAPPED)
    checks = [
        msgspec.structs.replace(check, score=check.score / 8, max_score=check.max_score / 8) for check in report.checks
    ]
    result = json.loads(classroom50(msgspec.structs.replace(report, checks=checks), RUNNER))
    assert (result["score"], result["max-score"]) == (5625, 12500)


@pytest.mark.parametrize("name", SET_BY_RUNNER.values())
def test_classroom50_wants_the_variables_of_its_runner(graded, name):
    with mock.patch.dict("os.environ", {name: ""}), pytest.raises(UsageError, match=name):
        render(graded(RIGHT), "classroom50")


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_endless(graded, name):
    report = graded(SWAPPED)
    long = [msgspec.structs.replace(check, code=None, message="x" * 10**6) for check in report.checks]
    assert max(map(len, re.findall("x+", render(msgspec.structs.replace(report, checks=long), name)))) <= 4000


def test_a_result_is_never_larger_than_prairielearn_takes(graded):
    report = graded(SWAPPED)
    check = report.checks[6]
    many = [
        msgspec.structs.replace(check, id=f"c{number}", code=None, message="\ud55c" * 3000) for number in range(400)
    ]
    text = render(msgspec.structs.replace(report, checks=many), "prairielearn")
    assert len(text.encode()) <= LIMIT
    assert len(json.loads(text)["tests"]) == 400
