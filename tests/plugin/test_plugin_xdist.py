"""Under pytest-xdist workers grade; the controller shows the same screen and writes the same files."""

import json

import pytest
from pytest_runs import RIGHT, SWAPPED, needs_xdist, run_pytest, write

pytestmark = needs_xdist

SCORES = [100.0, 45.0, 0.0, 0.0]


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, a__layers_py=RIGHT, b__layers_py=SWAPPED, c__layers_py="class X(:\n", d__layers_py="")
    return tmp_path


def graded(folder, *arguments):
    paths = [f"--grade={name}" for name in ("a", "b", "c/layers.py", "d/layers.py")]
    return run_pytest(*paths, "--grade-report=json:r.json", *arguments, folder=folder)


def screen(run):
    return run.lines[
        run.lines.index(next(line for line in run.lines if line.startswith("=") and "a/layers.py" in line)) : -1
    ]


@pytest.mark.parametrize(
    "arguments",
    [["-n", "2"], ["-n", "2", "--dist=worksteal"], ["-n", "2", "--dist=loadscope"], ["-p", "no:xdist"]],
    ids=" ".join,
)
def test_the_result_is_the_same_however_the_items_are_spread(folder, arguments):
    alone = graded(folder)
    spread = graded(folder, *arguments)
    assert spread.status == alone.status == 1
    assert screen(spread) == screen(alone)
    assert [report["score"] for report in json.loads((folder / "r.json").read_text())] == SCORES


def test_the_checks_of_a_submission_stay_in_one_worker(folder):
    run = graded(folder, "-n", "2", "-v")
    workers = {}
    for line in run.lines:
        if line.startswith("[gw"):
            workers.setdefault(line.split("::")[0].split()[-1], set()).add(line[:5])
    assert len(workers) == 4
    assert all(len(seen) == 1 for seen in workers.values())


def test_a_selection_is_partial_in_the_controller_too(folder):
    run = graded(folder, "-n", "2", "-k", "forward")
    run.shows("PARTIAL RUN - not a grade: 3 of 13 checks ran.", "PARTIAL RUN - not a grade: r.json was not written*")
    assert "SCORE" not in run.out
    assert not (folder / "r.json").exists()


def test_junit_properties_arrive_through_a_worker(folder):
    graded(folder, "-n", "2", "--junitxml=j.xml")
    text = (folder / "j.xml").read_text()
    assert text.count('name="grade.verdict"') == 13 * 3 + 1


def test_a_usage_error_is_said_once(folder):
    run = run_pytest("--grade=nobody.py", "-n", "2", folder=folder)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert (run.out + run.err).count("nobody.py") == 1
