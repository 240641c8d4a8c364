"""Report files, JUnit properties, and how much feedback they hold."""

import json
import xml.etree.ElementTree as ET

import pytest
from pytest_runs import RIGHT, SWAPPED, run_pytest, write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, hw__layers_py=SWAPPED, hw2__layers_py=RIGHT)
    return tmp_path


def test_reports_are_written_in_each_format_asked_for(folder):
    run = run_pytest("--grade=hw", "--grade-report=json:r.json", "--grade-report=text:r.txt", folder=folder)
    run.shows("json report: r.json", "text report: r.txt")
    report = json.loads((folder / "r.json").read_text())
    assert (report["score"], report["submission"]["name"]) == (45.0, "hw/layers.py")
    assert "SCORE 45/100" in (folder / "r.txt").read_text()


def test_several_submissions_are_an_array(folder):
    run_pytest("--grade=hw", "--grade=hw2", "--grade-report=json:r.json", folder=folder)
    assert [report["score"] for report in json.loads((folder / "r.json").read_text())] == [45.0, 100.0]


def test_the_report_is_that_of_dout_grade(folder):
    from harness.cli import main

    run_pytest("--grade=hw", "--grade-report=json:r.json", folder=folder)
    main(["grade", str(folder / "hw"), "--format", "json", "--output", str(folder / "cli.json")])
    one, other = (json.loads((folder / name).read_text()) for name in ("r.json", "cli.json"))
    del one["timing"], other["timing"]
    assert one == other


@pytest.mark.parametrize("name", ["github", "codequality"])
def test_a_report_for_a_repository_calls_the_file_by_its_path(folder, name):
    run_pytest("--grade=hw", f"--grade-report={name}:r.txt", folder=folder)
    assert "hw/layers.py" in (folder / "r.txt").read_text()
    run_pytest("--grade=hw/layers.py", f"--grade-report={name}:r.txt", folder=folder)
    assert "hw/layers.py" in (folder / "r.txt").read_text()


ANNOTATES = "pytest_github_actions_annotate_failures"


def annotated(folder, *options, **environment):
    pytest.importorskip(ANNOTATES)
    return run_pytest("--grade=hw", "--grade-report=github:r.txt", *options, folder=folder, **environment)


def test_no_annotation_is_written_where_another_plugin_writes_them(folder):
    run = annotated(folder, GITHUB_ACTIONS="true")
    assert "::error file=hw/layers.py" in run.err
    assert (folder / "r.txt").read_text() == ""
    run.shows(f"r.txt is empty: {ANNOTATES} annotates already.")


def test_annotations_are_written_where_that_plugin_is_silent(folder):
    for run in (annotated(folder), annotated(folder, "-p", f"no:{ANNOTATES}", GITHUB_ACTIONS="true")):
        assert "::error" not in run.err
        assert (folder / "r.txt").read_text().count("::error file=hw/layers.py,line=") == 1


@pytest.mark.parametrize("selection", [["-k", "forward"], ["hw/layers.py"], ["--collect-only"]], ids=" ".join)
def test_an_older_report_stays_as_it_was_when_checks_are_left_out(folder, selection):
    (folder / "r.json").write_text("older")
    run_pytest("--grade=hw", "--grade=hw2", *selection, "--grade-report=json:r.json", folder=folder)
    assert (folder / "r.json").read_text() == "older"


def test_a_report_that_cannot_be_written_is_said_and_changes_the_exit_status(folder):
    # A plugin of the caller's makes the folder go away between the check of the option and the end of the run.
    write(
        folder,
        gone_py="import shutil\ndef pytest_runtest_teardown(): shutil.rmtree('out', ignore_errors=True)\n",
        out__x_txt="",
    )
    run = run_pytest(
        "--grade=hw2", "-p", "gone", "--grade-report=json:out/r.json", folder=folder, PYTHONPATH=str(folder)
    )
    assert run.status == pytest.ExitCode.USAGE_ERROR
    run.shows("SCORE 100/100", "ERROR: */out/r.json cannot be written: *")
    assert "Traceback" not in run.out + run.err


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_junit_files_carry_flat_properties(folder, family):
    run_pytest("--grade=hw", "--junitxml=j.xml", "-o", f"junit_family={family}", folder=folder)
    suite = ET.parse(folder / "j.xml").getroot().find("testsuite")
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    properties = {
        name: {item.get("name"): item.get("value") for item in case.find("properties")} for name, case in cases.items()
    }
    assert properties["AddLayer.forward"] == {
        "grade.score": "8",
        "grade.max": "8",
        "grade.verdict": "passed",
        "grade.code": "",
    }
    assert {p["grade.verdict"] for p in properties.values()} == {"passed", "wrong", "blocked"}
    assert sum(float(p["grade.score"]) for p in properties.values()) == 45
    assert sum(float(p["grade.max"]) for p in properties.values()) == 100
    assert cases["MulLayer.backward"].find("failure").get("message").startswith("FAIL  MulLayer.backward")
    assert suite.get("failures") == "6"
    if family == "xunit1":
        assert (cases["AddLayer.backward"].get("file"), cases["AddLayer.backward"].get("line")) == ("hw/layers.py", "4")


def test_junit_says_why_a_file_cannot_be_graded(tmp_path):
    write(tmp_path, layers_py="")
    run_pytest("--grade", "--junitxml=j.xml", folder=tmp_path)
    case = ET.parse(tmp_path / "j.xml").getroot().find("testsuite").find("testcase")
    values = {item.get("name"): item.get("value") for item in case.find("properties")}
    assert values == {"grade.score": "0", "grade.max": "100", "grade.verdict": "blocked", "grade.code": "EMPTY"}
    assert case.find("failure").get("message").startswith("NOT GRADABLE  layers.py")


@pytest.mark.parametrize(
    ("feedback", "told", "kept_back"),
    [
        ("full", ["MUL-SWAP", "inputs:", "expected", "dx     2.0        3.0        3.0"], []),
        ("actual-only", ["inputs:   x = 2.0", "yours"], ["3.0 was expected", "measured", "nudging"]),
        ("none", ["FAIL  MulLayer.backward"], ["inputs:", "returned dx", "yours", "where:"]),
    ],
    ids=["full", "actual-only", "none"],
)
def test_feedback_holds_for_the_screen_the_failures_and_the_files(folder, feedback, told, kept_back):
    files = ["--grade-report=text:r.txt", "--grade-report=json:r.json", "--junitxml=j.xml"]
    run = run_pytest("--grade=hw", f"--grade-feedback={feedback}", "--tb=long", *files, folder=folder)
    for text in (run.out, (folder / "r.txt").read_text()):
        assert [part for part in told if part not in text] == []
    for text in (run.out, *((folder / name).read_text() for name in ("r.txt", "r.json", "j.xml"))):
        assert [part for part in kept_back if part in text.replace('"measured": null', "")] == []
    assert "SCORE 45/100" in run.out
