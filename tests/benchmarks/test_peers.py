"""The peers' benchmark without its peers: everyone gets the same checks, and every result is read as it is meant."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from peers import contained as contained_module
from peers.checks import CHECKS, SETUP, looped
from peers.contained import run
from peers.hostile import HOSTILE
from peers.places import NotInstalledError, install
from peers.submissions import right_submissions, wrong_submissions
from peers.with_gradescope import GradescopeUtils
from peers.with_nbgrader import Nbgrader
from peers.with_otter import Otter
from peers.with_pytest import PlainPytest, PytestWithHypothesis
from peers.with_pytest_grader import PytestGrader

SAMPLES = Path(__file__).parent / "samples"
#: Of each peer: the folder with what it left of one submission with swapped gradients.
READ = {
    PlainPytest: "plain",
    PytestWithHypothesis: "plain",
    PytestGrader: "pytest_grader",
    GradescopeUtils: "gradescope",
    Otter: "otter",
}
EVERYONE = [*READ, Nbgrader]
ZEROS = HOSTILE["overwrites the result at exit"].text.rpartition("\nclass AddLayer")


def programs(peer, folder):
    """Return the Python texts of an assignment, a notebook as one text."""
    peer.write_assignment(folder)
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    for path in folder.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts.append("\n".join(cell["source"] for cell in cells))
    return texts


def flat(text):
    return "\n".join(line.strip() for line in text.splitlines())


def passed(layers):
    names = {}
    exec(layers, names)
    exec(SETUP, names)
    done = []
    for check in CHECKS:
        try:
            exec(looped(check), names)
        except AssertionError:
            continue
        done.append(check.name)
    return done


@pytest.mark.parametrize("made", EVERYONE)
def test_every_peer_gets_the_same_twelve_checks_in_the_same_order(made, tmp_path):
    (text,) = (flat(text) for text in programs(made(), tmp_path) if "class RightMul" in text)
    assert text.count(flat(SETUP)) == 1
    places = []
    for check in CHECKS:
        body = flat(check.body if made.__name__ == "PytestWithHypothesis" else looped(check))
        # A check of another layer differs in a word, so each is there once.
        assert text.count(body) == 1
        places.append(text.index(body))
    assert len(CHECKS) == 12
    assert places == sorted(places)


@pytest.mark.parametrize("made", EVERYONE)
def test_every_assignment_is_python(made, tmp_path):
    for text in programs(made(), tmp_path):
        compile(text, "assignment", "exec")


@pytest.mark.parametrize("name", right_submissions())
@pytest.mark.filterwarnings("ignore:x and y are kept")
def test_right_layers_pass_the_twelve_checks(name, capsys):
    assert len(passed(right_submissions()[name])) == 12


def test_layers_of_zeros_pass_none():
    assert passed(ZEROS[1] + ZEROS[2]) == []


def test_wrong_submissions_are_the_same_number_of_every_family():
    families = [name.partition(",")[0] for name in wrong_submissions(3)]
    assert len(families) == 27
    assert {families.count(family) for family in families} == {3}


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_submission_is_python(attack):
    compile(attack.text, "layers.py", "exec")


@pytest.mark.parametrize("made", READ)
def test_the_points_of_a_stored_result_are_read(made):
    assert made().points(SAMPLES / READ[made], 1) == [7.0]


def test_nbgrader_gives_no_points_to_a_submission_that_it_did_not_grade(tmp_path):
    shutil.copytree(SAMPLES / "nbgrader", tmp_path, dirs_exist_ok=True)
    for learner in ("learner000", "learner001"):
        (tmp_path / "autograded" / learner / "ps1").mkdir(parents=True)
    assert Nbgrader().points(tmp_path, 3) == [7.0, 12.0, None]


def test_a_run_of_otter_that_failed_has_no_points(tmp_path):
    failed = {"tests": [{"name": "Autograder Failed", "score": 0}]}
    (tmp_path / "results.json").write_text(json.dumps(failed), encoding="utf-8")
    assert Otter().points(tmp_path, 1) == [None]


def test_a_run_of_pytest_grader_without_a_total_has_no_points(tmp_path):
    (tmp_path / "output.txt").write_text("collected 12 items\n", encoding="utf-8")
    assert PytestGrader().points(tmp_path, 1) == [None]


@pytest.mark.parametrize("made", [PlainPytest, GradescopeUtils])
def test_an_empty_result_file_is_no_result(made, tmp_path):
    for name in ("results.xml", "results.json"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError):  # noqa: PT011 - what reads it says it in its own words
        made().points(tmp_path, 1)


class Broken(PlainPytest):
    """Runs, and gives everyone three points."""

    packages = ()

    def command(self, bin_folder, patience):
        return [sys.executable, "-c", "pass"]

    def points(self, folder, count):
        return [3.0]


def test_a_peer_that_does_not_give_a_right_submission_its_points_is_not_measured(tmp_path):
    with pytest.raises(NotInstalledError, match=r"a right submission got 3.0 of 12 points"):
        install(Broken(), tmp_path / "peer", "", 12)


def has_landlock():
    if sys.platform != "linux":
        return False
    from harness.sandbox.landlock import create_ruleset

    try:
        os.close(create_ruleset())
    except OSError:
        return False
    return True


def contained(folder, *programs, seconds=30):
    return run([[sys.executable, "-c", text] for text in programs], folder, seconds, Path(sys.executable).parent)


def test_a_command_costs_what_its_children_cost(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    text = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nsys.exit(3)"
    (cost,) = contained(tmp_path, text)
    assert cost.status == 3
    assert cost.cpu_s >= 0.3
    assert cost.wall_s >= 0.3


def test_a_command_that_does_not_end_is_ended_and_the_next_one_runs(tmp_path):
    first, second = contained(tmp_path, "while True: pass", "pass", seconds=1)
    assert first.status is None
    assert second.status == 0


@pytest.mark.skipif(sys.platform != "linux", reason="orphans come back on Linux only")
def test_a_child_in_a_session_of_its_own_does_not_outlive_the_command(tmp_path):
    child = "import time\nopen('ready', 'w').close()\ntime.sleep(60)"
    text = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)\n"
        "while not os.path.exists('ready'): time.sleep(0.01)\n"
        "print(child.pid)\n"
    )
    contained(tmp_path, text)
    assert not Path("/proc", (tmp_path / "output.txt").read_text(encoding="utf-8").strip()).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a signal of the parent's death is Linux's")
def test_who_stops_the_benchmark_stops_the_command_as_well(tmp_path):
    command = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\nos.rename('pid', 'ready')\ntime.sleep(60)"
    request = {
        "commands": [[sys.executable, "-c", command]],
        "folder": str(tmp_path),
        "seconds": 60,
        "bin": str(Path(sys.executable).parent),
    }
    with subprocess.Popen([sys.executable, contained_module.__file__, json.dumps(request)]) as runner:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        runner.terminate()
    assert not Path("/proc", (tmp_path / "ready").read_text(encoding="utf-8")).exists()


@pytest.mark.skipif(not has_landlock(), reason="needs Landlock")
def test_nothing_outside_of_the_folder_can_be_written(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "kept").touch()
    text = "open('new', 'w').close()\ntry:\n    open('../kept', 'w')\nexcept PermissionError:\n    raise SystemExit(5)"
    assert contained(inside, text)[0].status == 5
    assert (inside / "new").exists()
