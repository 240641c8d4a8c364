"""What ``--grade`` takes: files, notebooks, folders, zips, and no path at all."""

import json
import zipfile

import pytest
from pytest_runs import RIGHT, SWAPPED, run_pytest, write


def notebook(source):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_a_python_file_is_graded_with_one_test_per_check(tmp_path):
    write(tmp_path, alice__layers_py=RIGHT)
    run = run_pytest("--grade=alice/layers.py", folder=tmp_path)
    assert run.status == 0
    run.shows(
        "grade: ch05-add-mul version 1, seed 20261123, 13 checks, 100 points",
        "alice/layers.py PPPPPPPPPPPPP*100%]",
        "SCORE 100/100",
        "* 13 passed in *",
    )


def test_a_notebook_is_graded(tmp_path):
    (tmp_path / "hw.ipynb").write_text(notebook(RIGHT))
    run = run_pytest("--grade=hw.ipynb", folder=tmp_path)
    run.shows("hw.ipynb PPPPPPPPPPPPP*", "SCORE 100/100")


def test_a_folder_is_one_submission_and_its_items_name_the_file_in_it(tmp_path):
    write(tmp_path, alice__layers_py=RIGHT)
    run = run_pytest("--grade=alice", "--collect-only", "-q", folder=tmp_path)
    run.shows("alice/layers.py::AddLayer.forward")


def test_a_zip_is_graded(tmp_path):
    with zipfile.ZipFile(tmp_path / "hw.zip", "w") as file:
        file.writestr("layers.py", RIGHT)
    run = run_pytest("--grade=hw.zip", folder=tmp_path)
    run.shows("hw.zip PPPPPPPPPPPPP*", "SCORE 100/100")


def test_a_korean_file_name_is_graded(tmp_path):
    folder = tmp_path / "김철수"
    folder.mkdir()
    (folder / "층.py").write_text(SWAPPED, encoding="utf-8")
    run = run_pytest("--grade=김철수/층.py", "-v", folder=tmp_path)
    run.shows("김철수/층.py::AddLayer.forward PASS*", "*  where:    김철수/층.py:15", "SCORE 45/100")


@pytest.mark.parametrize("name", ["layers[1].py", "[2026] homework/layers.py", "a::b.py", "\x1b[31m.py"])
def test_a_path_that_pytest_would_take_for_a_test_in_it_is_graded(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(RIGHT)
    run_pytest(f"--grade={name}", folder=tmp_path).shows("SCORE 100/100", "* 13 passed in *")


def test_grade_alone_works_in_a_folder_that_pytest_would_take_for_a_test(tmp_path):
    folder = tmp_path / "[2026] homework"
    folder.mkdir()
    (folder / "layers.py").write_text(RIGHT)
    run_pytest("--grade", folder=folder).shows("SCORE 100/100")


def test_several_paths_are_graded_in_the_order_given(tmp_path):
    write(tmp_path, bob__layers_py=SWAPPED, alice__layers_py=RIGHT)
    run = run_pytest("--grade=bob/layers.py", "--grade=alice/layers.py", folder=tmp_path)
    run.shows("=* bob/layers.py =*", "SCORE 45/100", "=* alice/layers.py =*", "SCORE 100/100")


def test_files_of_the_same_name_have_different_node_ids(tmp_path):
    write(tmp_path, course__pytest_ini="[pytest]\n", course__a__layers_py=RIGHT, elsewhere__layers_py=RIGHT)
    outside = tmp_path / "elsewhere" / "layers.py"
    run = run_pytest("--grade=a", f"--grade={outside}", "--collect-only", "-q", folder=tmp_path / "course")
    ids = [line for line in run.lines if "::" in line]
    assert len(set(ids)) == len(ids) == 26
    assert f"{outside}::AddLayer.forward" in ids


@pytest.mark.parametrize("second", ["layers.py", "./layers.py", "../{}/layers.py", "."])
def test_a_file_given_twice_is_graded_once(tmp_path, second):
    write(tmp_path, layers_py=RIGHT)
    run = run_pytest("--grade=layers.py", f"--grade={second.format(tmp_path.name)}", folder=tmp_path)
    run.shows("* 13 passed in *")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\ngrade_paths = hw/mine.py\n"),
        ("tox.ini", "[pytest]\ngrade_paths = hw/mine.py\n"),
        ("setup.cfg", "[tool:pytest]\ngrade_paths = hw/mine.py\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\ngrade_paths = ["hw/mine.py"]\n'),
        pytest.param(
            "pyproject.toml",
            '[tool.pytest]\ngrade_paths = ["hw/mine.py"]\nstrict = true\n',
            marks=pytest.mark.skipif(pytest.version_tuple < (9,), reason="[tool.pytest] is new in pytest 9"),
            id="native",
        ),
    ],
)
def test_grade_alone_grades_what_the_configuration_names(tmp_path, file, text):
    write(tmp_path, hw__mine_py=RIGHT, layers_py=SWAPPED)
    (tmp_path / file).write_text(text)
    run = run_pytest("--grade", folder=tmp_path)
    run.shows("hw/mine.py PPPPPPPPPPPPP*")


def test_grade_paths_are_relative_to_the_configuration_not_to_the_current_folder(tmp_path):
    write(tmp_path, pytest_ini="[pytest]\ngrade_paths = hw/mine.py\n", hw__mine_py=RIGHT, sub__x_txt="")
    run = run_pytest("--grade", folder=tmp_path / "sub")
    run.shows("../hw/mine.py PPPPPPPPPPPPP*")


def test_grade_alone_grades_layers_py_in_the_root_directory(tmp_path):
    write(tmp_path, layers_py=RIGHT)
    run_pytest("--grade", folder=tmp_path).shows("layers.py PPPPPPPPPPPPP*")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grade"], "ERROR: nothing to grade: there is no layers.py in *"),
        (["--grade="], "ERROR: --grade= needs a path"),
        (["--grade=nobody.py"], "ERROR: nothing to grade: there is no nobody.py"),
        (["--grade=nobody.py::AddLayer.forward"], "ERROR: nothing to grade: there is no nobody.py"),
        (["--grade=here.py::Add"], "ERROR: here.py has no check Add"),
        (["--grade=here.py", "--grade-assignment=ch99"], "ERROR: there is no assignment 'ch99'"),
        (["--grade=here.py", "--grade-report=report.json"], "ERROR: --grade-report=report.json is not FORMAT:FILE*"),
        (["--grade=here.py", "--grade-report=pdf:x.pdf"], "ERROR: --grade-report=pdf:x.pdf is not FORMAT:FILE*"),
        (["--grade=here.py", "--grade-report=json:"], "ERROR: --grade-report=json: is not FORMAT:FILE*"),
        (["--grade=here.py", "--grade-report=json:no/r.json"], "ERROR: --grade-report=json:no/r.json: no file can*"),
        (["--grade=here.py", "tests"], "ERROR: tests is not part of what --grade grades*"),
        (["--grade=here.py", "other.py::test_x"], "ERROR: other.py::test_x is not part of what --grade grades*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_line_and_a_hint(tmp_path, arguments, message):
    write(tmp_path, here_py=RIGHT, tests__test_own_py="def test_own(): assert 0\n", other_py="def test_x(): assert 0\n")
    run = run_pytest(*arguments, folder=tmp_path)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    error, hint = run.err.strip().splitlines()
    pytest.LineMatcher([error]).fnmatch_lines([message])
    assert hint
    assert run.out == ""


@pytest.mark.parametrize(
    "option", ["--grade-seed=x", "--grade-feedback=some", "--grade-isolation=E"], ids=lambda option: option
)
def test_a_bad_value_of_an_option_is_a_usage_error(tmp_path, option):
    write(tmp_path, layers_py=RIGHT)
    run = run_pytest("--grade", option, folder=tmp_path)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert option.partition("=")[0] in run.err


def test_a_seed_and_an_assignment_can_be_chosen(tmp_path):
    write(tmp_path, layers_py=RIGHT)
    run = run_pytest("--grade", "--grade-seed=7", "--grade-assignment=ch05-add-mul", folder=tmp_path)
    run.shows(
        "grade: ch05-add-mul version 1, seed 7, 13 checks, 100 points", "*layers.py: *, seed 7, *", "SCORE 100/100"
    )


@pytest.mark.parametrize("form", [["--grade", "alice/layers.py"], ["alice/layers.py", "--grade=alice/layers.py"]])
def test_a_space_or_a_repeated_path_gives_the_same_result(tmp_path, form):
    write(tmp_path, pytest_ini="[pytest]\n", alice__layers_py=SWAPPED)
    same = run_pytest("--grade=alice/layers.py", "--no-header", folder=tmp_path)
    other = run_pytest(*form, "--no-header", folder=tmp_path)
    assert other.status == same.status == 1
    assert other.lines[:-1] == same.lines[:-1]


def test_a_space_before_a_path_far_from_the_current_folder_gives_the_same_grade(tmp_path):
    # For pytest, setup.py makes a root directory; it configures nothing.
    write(tmp_path, here__x_txt="", there__layers_py=SWAPPED, there__setup_py="")
    run = run_pytest("--grade", tmp_path / "there" / "layers.py", folder=tmp_path / "here")
    run.shows(f"rootdir: {tmp_path / 'there'}")
    run.shows("SCORE 45/100")
    assert "SELF-CHECK" not in run.out


def test_grade_can_stand_in_addopts(tmp_path):
    write(tmp_path, pytest_ini="[pytest]\naddopts = --grade=hw.py\n", hw_py=RIGHT)
    run_pytest(folder=tmp_path).shows("hw.py PPPPPPPPPPPPP*")


def test_help_shows_the_options_in_a_group_of_their_own(tmp_path):
    run = run_pytest("--help", "--grade", folder=tmp_path)
    assert run.status == 0
    run.shows("grading of neural-network layers (dout):", "*--grade=[[]PATH]*")
