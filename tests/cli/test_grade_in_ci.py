"""What `dout grade` has for CI: several reports of one grading, paths in a repository, and a score to reach."""

import json

import pytest
from commands import WRONG


def test_one_grading_writes_several_reports_beside_the_one_on_the_screen(dout, wrong, tmp_path):
    done = dout("grade", wrong, "--report", f"json:{tmp_path}/r.json", "--report", f"junit:{tmp_path}/r.xml")
    assert b"SCORE 45/100" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["score"] == 45
    assert (tmp_path / "r.xml").read_text("utf-8").startswith("<?xml")


def test_a_report_file_holds_no_more_than_the_feedback_allows(dout, wrong, tmp_path):
    dout("grade", wrong, "--report", f"json:{tmp_path}/r.json", "--feedback", "none")
    assert "MUL-SWAP" not in (tmp_path / "r.json").read_text("utf-8")


REFUSED = {
    "no format": ("report.json", b"--report=report.json is not FORMAT:FILE"),
    "no file": ("json:", b"--report=json: is not FORMAT:FILE"),
    "no such format": ("jsn:report.json", b"--report=jsn:report.json is not FORMAT:FILE"),
    "no folder": ("json:nowhere/r.json", b"--report=json:nowhere/r.json: no file can be written there"),
}


@pytest.mark.parametrize(("value", "said"), REFUSED.values(), ids=REFUSED)
def test_a_report_that_cannot_be_is_refused_before_anything_is_graded(dout, right, value, said):
    done = dout("grade", right, "--report", value)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr


def test_one_report_that_cannot_be_written_loses_no_other(dout, right, wrong, tmp_path):
    # A file of JUnit XML holds one report.
    files = [f"--report=junit:{tmp_path}/r.xml", f"--report=json:{tmp_path}/r.json"]
    done = dout("grade", right, wrong, *files)
    assert done.returncode == 2
    assert b"SCORE 100/100" in done.stdout
    assert [report["score"] for report in json.loads((tmp_path / "r.json").read_text("utf-8"))] == [100, 45]
    assert b"a file of the format junit holds one report, but there are 2" in done.stderr


PATHS = {
    "a file": ("work/hw/layers.py", "work/hw/layers.py"),
    "a folder": ("work/hw", "work/hw/layers.py"),
    "a folder with a dot": ("./work/hw/", "work/hw/layers.py"),
    "a folder above": ("work", "work/layers.py"),
}


@pytest.mark.parametrize("name", ["github", "codequality"])
@pytest.mark.parametrize(("path", "called"), PATHS.values(), ids=PATHS)
def test_what_points_into_a_repository_calls_the_file_by_its_path(dout, tmp_path, path, called, name):
    for folder in (tmp_path / "working/work/hw", tmp_path / "working/work"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "layers.py").write_text(WRONG, "utf-8")
    shown = dout("grade", path, "--format", name, "--report", f"{name}:file").stdout.decode()
    assert (f"file={called}," if name == "github" else f'"path": "{called}"') in shown
    assert (tmp_path / "working/file").read_text("utf-8") == shown


def test_the_file_in_the_folder_that_one_is_in_has_no_dot_before_it(dout, tmp_path):
    (tmp_path / "working/layers.py").write_text(WRONG, "utf-8")
    assert b"file=layers.py," in dout("grade", ".", "--format", "github").stdout


def test_a_report_goes_down_a_pipe(dout, wrong):
    assert b"::error file=" in dout("grade", wrong, "--report", "github:/dev/stdout").stdout


@pytest.mark.parametrize(("percent", "status"), [("0", 0), ("45", 0), ("45.0", 0), ("45.5", 1), ("100", 1)])
def test_a_score_below_the_percentage_is_1_and_any_other_0(dout, wrong, percent, status):
    assert dout("grade", wrong, "--fail-under", percent).returncode == status


def test_one_score_below_the_percentage_is_enough(dout, right, wrong):
    assert dout("grade", right, wrong, "--fail-under", "60").returncode == 1


def test_a_missing_path_and_an_ungradable_file_are_below_nothing_but_their_own_rules(dout, right, tmp_path):
    (tmp_path / "empty.py").write_bytes(b"")
    assert dout("grade", tmp_path / "empty.py", "--fail-under", "1").returncode == 1
    assert dout("grade", right, "nowhere.py", "--fail-under", "0").returncode == 2


@pytest.mark.parametrize("value", ["-1", "101", "nan", "half", ""])
def test_a_percentage_that_is_none_is_refused(dout, right, value):
    done = dout("grade", right, f"--fail-under={value}")
    assert done.returncode == 2
    assert b"is not a number from 0 to 100" in done.stderr


def test_the_percentage_is_that_of_the_visible_points(dout, tmp_path, wrong):
    import harness.assignment

    text = (harness.assignment.BUILT_IN / "ch05_add_mul/assignment.toml").read_text("utf-8")
    hidden = 'visibility = "hidden"\npoints = 20\n'
    assert text.count("points = 20\n") == 1
    (tmp_path / "assignment.toml").write_text(text.replace("points = 20\n", hidden), "utf-8")
    # 45 of the 80 points that are shown: 56.25 %.
    for percent, status in (("56.25", 0), ("56.3", 1)):
        done = dout("grade", wrong, "--assignment", tmp_path / "assignment.toml", "--fail-under", percent)
        assert done.returncode == status, done.stdout
