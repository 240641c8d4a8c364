"""Nothing of a submission runs in pytest's process, by any route; and whose configuration is in force is said.

Each route is first shown open for a pytest without ``--grade``: the planted code makes a file, the canary. So a test
here fails when its trap does not work, too.
"""

import json

import pytest
from pytest_runs import RIGHT, planted, run_pytest, write

CONFIGURATIONS = {
    "pytest.ini": "[pytest]\naddopts = -p evil\npythonpath = .\n",
    "tox.ini": "[pytest]\naddopts = -p evil\npythonpath = .\n",
    "setup.cfg": "[tool:pytest]\naddopts = -p evil\npythonpath = .\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p evil"\npythonpath = ["."]\n',
}


@pytest.fixture
def canary(tmp_path):
    return tmp_path / "canary"


@pytest.fixture
def course(tmp_path):
    """An instructor's folder, with a configuration of its own and one submission."""
    write(tmp_path, course__pytest_ini="[pytest]\n", course__alice__layers_py=RIGHT)
    return tmp_path / "course"


def assert_open(canary, *arguments, folder, **options):
    # Hypothesis' plugin would import all of Hypothesis at the end, for nothing here.
    run_pytest("-p", "no:hypothesispytest", *arguments, folder=folder, **options)
    assert canary.exists(), "the trap does not work: plain pytest did not run what was planted"
    canary.unlink()


def assert_closed(canary, *arguments, folder, **options):
    run = run_pytest(*arguments, folder=folder, **options)
    assert not canary.exists()
    run.shows("SCORE 100/100")
    assert run.status == 0
    return run


@pytest.mark.parametrize("grade", ["--grade=alice", "--grade=alice/layers.py"])
@pytest.mark.parametrize(
    ("file", "plain"),
    [
        ("conftest.py", ["alice"]),
        ("__init__.py", ["--noconftest", "alice/test_own.py"]),
        ("test_own.py", ["alice"]),
    ],
    ids=["conftest.py", "__init__.py", "test_own.py"],
)
def test_a_python_file_beside_the_submission_does_not_run(course, canary, file, plain, grade):
    write(course, alice__test_own_py="def test_own(): pass\n")
    (course / "alice" / file).write_text(planted(canary) + "def test_own(): pass\n")
    assert_open(canary, *plain, folder=course)
    assert_closed(canary, grade, folder=course)


@pytest.mark.parametrize("again", [[], ["alice/layers.py"], ["alice"]], ids=["", "file", "folder"])
def test_the_submission_itself_is_not_imported(course, canary, again):
    write(course, alice__layers_py=planted(canary) + RIGHT)
    assert_open(canary, "alice/layers.py", folder=course)
    assert_closed(canary, "--grade=alice/layers.py", *again, folder=course)


def test_a_conftest_beside_a_path_with_a_space_does_not_run(course, canary):
    write(course, alice__conftest_py=planted(canary))
    assert_open(canary, "alice", folder=course)
    assert_closed(canary, "--grade", "alice/layers.py", folder=course)


def test_doctests_of_the_submission_do_not_run(course, canary):
    test = f'"""\n>>> import pathlib; pathlib.Path({str(canary)!r}).touch()\n"""\n'
    write(course, alice__layers_py=test + RIGHT)
    assert_open(canary, "--doctest-modules", "alice", folder=course)
    assert_closed(canary, "--doctest-modules", "--grade=alice", folder=course)


def test_text_doctests_beside_the_submission_do_not_run(course, canary):
    write(course, alice__notes_txt=f">>> import pathlib; pathlib.Path({str(canary)!r}).touch()\n")
    assert_open(canary, "--doctest-glob=*.txt", "alice", folder=course)
    assert_closed(canary, "--doctest-glob=*.txt", "--grade=alice", folder=course)


@pytest.mark.skipif(pytest.version_tuple < (8, 4), reason="older ones load plugins before they apply pythonpath")
@pytest.mark.parametrize("file", CONFIGURATIONS)
def test_a_configuration_beside_the_submission_is_not_read(course, canary, file):
    write(course, alice__evil_py=planted(canary), alice__test_own_py="def test_own(): pass\n")
    (course / "alice" / file).write_text(CONFIGURATIONS[file])
    assert_open(canary, "alice", folder=course)
    assert_closed(canary, "--grade=alice", folder=course)


def test_file_patterns_beside_the_submission_are_not_read(course, canary):
    write(course, alice__evil_py=planted(canary), alice__pytest_ini="[pytest]\npython_files = evil.py\n")
    assert_open(canary, "alice", folder=course)
    assert_closed(canary, "--grade=alice", folder=course)


def plant_distribution(folder, canary):
    """A package that is found as installed where ``folder`` is on the import path, with a pytest plugin."""
    (folder / "evil.py").write_text(planted(canary))
    metadata = folder / "evil-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\nevil = evil\n")


def test_a_planted_distribution_is_not_loaded_from_a_folder_of_ones_own(course, canary):
    plant_distribution(course / "alice", canary)
    assert_open(canary, folder=course / "alice", safe_path=False)
    assert_closed(canary, "--grade=alice", folder=course, safe_path=False)


@pytest.mark.parametrize("module", ["numpy", "msgspec", "reference"])
def test_a_module_beside_the_submission_is_not_imported_in_place_of_a_real_one(course, canary, module):
    alice = course / "alice"
    (alice / f"{module}.py").write_text(planted(canary))
    (alice / "test_own.py").write_text(f"import {module}\ndef test_own(): pass\n")
    assert_open(canary, "test_own.py", folder=alice, safe_path=False)
    assert_closed(canary, "--grade=layers.py", folder=alice, safe_path=False)


def test_a_module_in_the_folder_is_not_imported_to_say_that_there_is_nothing_to_grade(course, canary):
    alice = course / "alice"
    (alice / "msgspec.py").write_text(planted(canary))
    run = run_pytest("--grade=gone.py", folder=alice, safe_path=False, DOUT_LANG="ko")
    assert run.status == 4
    assert "채점할 것이 없습니다" in run.err
    assert not canary.exists()


def test_a_layer_that_ends_its_process_does_not_end_pytest(course):
    write(course, alice__layers_py=RIGHT.replace("return x * y", "__import__('os')._exit(0)"))
    run = run_pytest("--grade=alice", folder=course)
    assert run.status == 1
    run.shows("* failed, *")


# A path that pytest itself took for one to collect brought its configuration into force: refused.


@pytest.mark.parametrize(
    "arguments",
    [["--grade", "alice/layers.py"], ["--grade", "alice"], ["--grade=alice", "alice/layers.py::AddLayer.forward"]],
    ids=" ".join,
)
@pytest.mark.parametrize("file", ["pytest.ini", "pyproject.toml"])
def test_a_path_that_brings_its_configuration_into_force_is_refused(course, arguments, file):
    (course / "alice" / file).write_text("[pytest]\n" if file == "pytest.ini" else "[tool.pytest.ini_options]\n")
    run = run_pytest(*arguments, folder=course)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    error, hint = run.err.strip().splitlines()
    assert error.startswith("ERROR: pytest took its configuration from ")
    assert "--grade=PATH" in hint
    assert run.out == ""


def test_a_configuration_named_with_c_is_not_refused(course):
    write(course, alice__pytest_ini="[pytest]\n")
    run = run_pytest("-c", "pytest.ini", "--grade", "alice/layers.py", folder=course)
    run.shows("SCORE 100/100")
    assert "SELF-CHECK" not in run.out


# Self-check or mark of record.

SELF_CHECK = "SELF-CHECK - not a mark of record*"


@pytest.mark.parametrize("file", [None, "pytest.ini", "pyproject.toml"])
@pytest.mark.parametrize("arguments", [["--grade"], ["--grade=layers.py"], ["--grade", "layers.py"], ["--grade=."]])
def test_a_learner_in_their_own_folder_is_told_that_it_is_a_self_check(tmp_path, canary, file, arguments):
    write(
        tmp_path, home__layers_py=RIGHT, home__conftest_py=planted(canary), home__test_own_py="def test_own(): pass\n"
    )
    home = tmp_path / "home"
    if file:
        (home / file).write_text("[pytest]\n" if file == "pytest.ini" else "[tool.pytest.ini_options]\n")
    assert_open(canary, folder=home)
    run = assert_closed(canary, *arguments, "--grade-report=json:r.json", folder=home)
    run.shows(SELF_CHECK)
    codes = [warning["code"] for warning in json.loads((home / "r.json").read_text())["warnings"]]
    assert codes == ["SELF-CHECK"]


@pytest.mark.parametrize("text", ["", "class AddLayer(:\n  x = (\n"], ids=["empty", "not parsable"])
def test_a_self_check_of_what_cannot_be_graded_says_why_first(tmp_path, text):
    write(tmp_path, layers_py=text)
    run = run_pytest("--grade", "--grade-report=json:r.json", folder=tmp_path)
    run.shows("NOT GRADABLE *", SELF_CHECK)
    warnings = json.loads((tmp_path / "r.json").read_text())["warnings"]
    assert [warning["code"] for warning in warnings][1:] == ["SELF-CHECK"]


def test_a_configuration_below_the_graded_folder_is_the_submissions_own(tmp_path):
    write(tmp_path, hw__layers_py=RIGHT, hw__sub__pytest_ini="[pytest]\n")
    run = run_pytest("--grade=..", folder=tmp_path / "hw" / "sub")
    run.shows("SCORE 100/100", SELF_CHECK)


def test_a_configuration_of_the_submission_named_with_c_makes_a_self_check(course):
    write(course, alice__pytest_ini="[pytest]\n")
    run_pytest("-c", "alice/pytest.ini", "--grade=alice", folder=course).shows("SCORE 100/100", SELF_CHECK)


@pytest.mark.parametrize("arguments", [["--grade=alice"], ["--grade=alice/layers.py"]])
def test_an_instructor_in_a_folder_above_makes_a_mark_of_record(course, arguments):
    run = run_pytest(*arguments, "--grade-report=json:r.json", folder=course)
    assert "SELF-CHECK" not in run.out
    assert json.loads((course / "r.json").read_text())["warnings"] == []


def test_a_folder_without_any_configuration_above_the_submission_makes_a_mark_of_record(tmp_path):
    write(tmp_path, alice__layers_py=RIGHT)
    assert "SELF-CHECK" not in run_pytest("--grade=alice", folder=tmp_path).out


def test_python_m_pytest_in_the_submissions_folder_is_a_self_check(course):
    alice = course / "alice"
    assert "SELF-CHECK" not in run_pytest("--grade=layers.py", folder=alice).out
    run_pytest("--grade=layers.py", folder=alice, safe_path=False).shows("SCORE 100/100", SELF_CHECK)


def test_nothing_is_left_in_the_submissions_folder(course):
    before = sorted((course / "alice").iterdir())
    run_pytest("--grade=alice", folder=course, PYTHONDONTWRITEBYTECODE="")
    assert sorted((course / "alice").iterdir()) == before
    assert sorted(path.name for path in course.iterdir()) == [".pytest_cache", "alice", "pytest.ini"]
