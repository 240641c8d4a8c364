"""``dout bundle gradescope``: its scripts run in the folders that Gradescope documents. Nothing ran at Gradescope."""

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from right_layers import RIGHT, SWAPPED

from harness import assignment
from harness.assignment import BUILT_IN
from harness.bundle import gradescope
from harness.bundle import wheel as wheels
from harness.cli import main

ROOT = Path(__file__).resolve().parents[2]


def results(autograder) -> dict:
    """Return the results, as far as Gradescope would take them."""
    found = json.loads(autograder.results.read_text("utf-8"))
    schema = json.loads((ROOT / "tests/report/schemas/gradescope.schema.json").read_text("utf-8"))
    pytest.importorskip("jsonschema", reason="jsonschema is not installed here").validate(found, schema)
    return found


def bundle(path: Path, *options: str) -> int:
    return main(["bundle", "gradescope", "-o", str(path), *options])


# What is in it.


def test_the_scripts_are_at_the_top_and_may_be_run(tmp_path):
    assert bundle(tmp_path / "a.zip") == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == stat.S_IFREG | 0o755
    assert {mode for name, mode in modes.items() if name not in ("setup.sh", "run_autograder")} == {
        stat.S_IFREG | 0o644
    }


def test_the_same_bundle_is_the_same_bytes(tmp_path, monkeypatch):
    bundle(tmp_path / "a.zip", "--seed", "7")
    monkeypatch.setattr("time.time", lambda: 2e9)
    bundle(tmp_path / "b.zip", "--seed", "7")
    bundle(tmp_path / "c.zip", "--seed", "8")
    first, second, other = ((tmp_path / name).read_bytes() for name in ("a.zip", "b.zip", "c.zip"))
    assert first == second
    assert first != other


def test_the_wheel_in_it_holds_what_the_build_of_a_wheel_holds(tmp_path, wheel_in):
    pytest.importorskip("hatchling", reason="hatchling is not installed here")
    bundle(tmp_path / "a.zip")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (built,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        assert sorted(wheel_in(tmp_path / "a.zip")) == sorted(archive.namelist())


def test_dout_that_is_not_installed_cannot_be_packed(tmp_path, monkeypatch, capsys):
    def missing(name: str) -> None:
        raise wheels.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(wheels.importlib.metadata, "distribution", missing)
    assert bundle(tmp_path / "a.zip") == 2
    assert "dout is not installed here" in capsys.readouterr().err
    assert not (tmp_path / "a.zip").exists()


def test_the_scripts_have_the_lines_of_a_shell_whatever_wrote_them_here(tmp_path, monkeypatch):
    for name in ("setup.sh", "run_autograder"):
        (tmp_path / name).write_bytes(b"#!/usr/bin/env bash\r\nexit\r\n")
    monkeypatch.setattr(gradescope, "_SCRIPTS", tmp_path)
    bundle(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("setup.sh") == archive.read("run_autograder") == b"#!/usr/bin/env bash\nexit\n"


# Where it is written.


def test_an_earlier_bundle_is_replaced(tmp_path):
    for seed in ("7", "8"):
        assert bundle(tmp_path / "a.zip", "--seed", seed) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert b"--seed\n8\n" in archive.read("options.txt")


def other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run_autograder", "made by hand")
        archive.writestr("setup.sh", "")


OTHERS = {
    "a text": lambda path: path.write_text("class AddLayer: ..."),
    "an empty file": lambda path: path.touch(),
    "an autograder made by hand": other_zip,
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_another_file_is_not_overwritten(tmp_path, capsys, make):
    path = tmp_path / "a.zip"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    assert bundle(path) == 2
    assert "exists already and is no bundle of dout; nothing was written" in capsys.readouterr().err
    assert before is None or path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_one_line_and_2(tmp_path, capsys):
    assert bundle(tmp_path / "nowhere/a.zip") == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_write_that_fails_leaves_the_earlier_bundle(tmp_path, monkeypatch):
    bundle(tmp_path / "a.zip")
    before = (tmp_path / "a.zip").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert bundle(tmp_path / "a.zip", "--seed", "8") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert (tmp_path / "a.zip").read_bytes() == before


# What Gradescope does with it.


def test_a_submission_is_graded_by_the_dout_in_the_bundle(bundled):
    autograder = bundled("--isolation", "D")
    built = autograder.set_up()
    assert built.returncode == 0, built.stdout
    assert "in all; the reference layers earn every point" in built.stdout
    assert "isolation level" in built.stdout
    (autograder.root / "submission/layers.py").write_text(SWAPPED, "utf-8")
    done = autograder.grade()
    assert (done.returncode, done.stdout) == (0, "dout grade ended with status 1\n")
    found = results(autograder)
    assert found["score"] == 45
    assert "MulLayer.backward returns its gradients swapped" in "".join(one["output"] for one in found["tests"])
    # A new submission in the same place.
    (autograder.root / "submission/layers.py").write_text(RIGHT, "utf-8")
    autograder.grade()
    assert results(autograder)["score"] == 100
    assert installed_from(autograder).is_relative_to(autograder.root)
    shutil.rmtree(autograder.root / "dout")
    autograder.grade()
    assert "score" not in results(autograder)


def installed_from(autograder) -> Path:
    code = "import harness; print(harness.__file__)"
    found = subprocess.run(
        [autograder.root / "dout/bin/python", "-P", "-c", code], capture_output=True, text=True, check=True
    )
    return Path(found.stdout.strip())


@pytest.fixture
def graded_by(bundled):
    """Grade with another program in the place of the installed ``dout``."""

    def grade(program: str, *options: str):
        autograder = bundled(*options)
        (autograder.root / "dout/bin").mkdir(parents=True)
        (autograder.root / "dout/bin/dout").write_text(f"#!/bin/sh\n{program}\n", "utf-8")
        (autograder.root / "dout/bin/dout").chmod(0o755)
        return autograder, autograder.grade(PYTHONPATH="")

    return grade


FAILURES = {
    "a crash": "exit 1",
    "wrong use": "exit 2",
    "killed for its memory": "kill -9 $$",
    "not a program": "exit 127",
}


@pytest.mark.parametrize("program", FAILURES.values(), ids=FAILURES)
def test_a_grader_that_fails_gives_no_score_and_says_whose_fault_it_is(graded_by, program):
    autograder, done = graded_by(program)
    assert done.returncode == 0
    found = results(autograder)
    assert "score" not in found
    assert found["tests"] == []
    assert found["output"] == (
        "the grader ended before it had a result.\nNext: tell your instructor: this is not your file's fault."
    )
    assert found["extra_data"]["outcome"] == "grader_fault"


def test_an_older_result_does_not_stand_for_a_grading_that_failed(graded_by, bundled):
    autograder, _ = graded_by("exit 1")
    autograder.results.write_text('{"score": 100}', "utf-8")
    autograder.grade()
    assert "score" not in results(autograder)


def test_the_fault_is_told_in_the_language_of_the_bundle(graded_by):
    autograder, _ = graded_by("exit 1", "--lang", "ko")
    assert "제출한 파일의 잘못이 아닙니다" in results(autograder)["output"]


def test_the_options_of_the_bundle_are_those_of_the_grading(graded_by):
    options = ["--seed", "7", "--lang", "ko", "--feedback", "none", "--isolation", "A"]
    autograder, done = graded_by('printf "%s\\n" "$@"', *options)
    assert done.stdout.splitlines()[:-1] == [
        *("grade", str(autograder.root / "submission"), "--assignment", "ch05-add-mul"),
        *("--isolation", "A", "--feedback", "none", "--seed", "7", "--lang", "ko"),
        *("--format", "gradescope", "--output", str(autograder.results)),
    ]


def test_a_bundle_refuses_less_than_level_b_unless_told_otherwise(graded_by):
    _, done = graded_by('printf "%s " "$@"')
    assert "--isolation B" in done.stdout


# An assignment of one's own.


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """An assignment whose reference layers are in a module beside it, in a folder with other things."""
    folder = tmp_path / "chapter6"
    folder.mkdir()
    text = (BUILT_IN / "ch05_add_mul/assignment.toml").read_text("utf-8")
    text = text.replace('id = "ch05-add-mul"', 'id = "mine"').replace("reference.layers:", "my_layers:")
    (folder / "assignment.toml").write_text(text, "utf-8")
    shutil.copy(ROOT / "reference/layers.py", folder / "my_layers.py")
    (folder / "catalogue.en.toml").write_text('[MUL-SWAP]\nmessage = "See page 160."\n', "utf-8")
    (folder / "marks.csv").write_text("ada,100\n", "utf-8")
    monkeypatch.syspath_prepend(folder)
    # Each test has a module of this name of its own.
    monkeypatch.delitem(sys.modules, "my_layers", raising=False)
    assignment.built_in.cache_clear()
    return folder


def test_an_assignment_of_ones_own_is_packed_with_its_texts_and_its_layers_and_nothing_else(own, bundled):
    autograder = bundled("--isolation", "D", "--assignment", str(own))
    packed = {path.relative_to(autograder.root / "source").as_posix() for path in autograder.root.glob("source/*/*")}
    assert packed == {"assignment/assignment.toml", "assignment/catalogue.en.toml", "modules/my_layers.py"}
    built = autograder.set_up()
    assert built.returncode == 0, built.stdout
    (autograder.root / "submission/layers.py").write_text(SWAPPED, "utf-8")
    autograder.grade()
    found = results(autograder)
    assert (found["score"], found["extra_data"]["assignment"]) == (45, "mine")
    assert "See page 160." in "".join(one["output"] for one in found["tests"])


def test_reference_layers_in_a_package_are_packed_as_a_package(own, bundled):
    (own / "my_layers").mkdir()
    (own / "my_layers.py").rename(own / "my_layers/__init__.py")
    (own / "my_layers/__pycache__").mkdir()
    (own / "my_layers/__pycache__/x.pyc").write_bytes(b"")
    autograder = bundled("--assignment", str(own))
    packed = [path.name for path in (autograder.root / "source/modules/my_layers").rglob("*")]
    assert packed == ["__init__.py"]


def test_reference_layers_in_a_file_beside_the_assignment_are_packed_with_it(own, bundled):
    text = (own / "assignment.toml").read_text("utf-8").replace('"my_layers:', '"my_layers.py:')
    (own / "assignment.toml").write_text(text, "utf-8")
    autograder = bundled("--isolation", "D", "--assignment", str(own))
    packed = {path.relative_to(autograder.root / "source").as_posix() for path in autograder.root.glob("source/*/*")}
    assert packed == {"assignment/assignment.toml", "assignment/catalogue.en.toml", "assignment/my_layers.py"}
    built = autograder.set_up()
    assert built.returncode == 0, built.stdout


def test_a_reference_file_elsewhere_is_refused(own, tmp_path, capsys):
    text = (own / "assignment.toml").read_text("utf-8").replace('"my_layers:', '"../my_layers.py:')
    (own / "assignment.toml").write_text(text, "utf-8")
    shutil.move(own / "my_layers.py", tmp_path / "my_layers.py")
    assert bundle(tmp_path / "a.zip", "--assignment", str(own)) == 2
    assert "is not in the assignment's folder" in capsys.readouterr().err


def test_reference_layers_of_an_installed_package_are_refused(own, tmp_path, capsys):
    text = (own / "assignment.toml").read_text("utf-8").replace("my_layers:AddLayer", "pytest:Item")
    (own / "assignment.toml").write_text(text, "utf-8")
    assert bundle(tmp_path / "a.zip", "--assignment", str(own)) == 2
    assert "the reference module pytest is not one of your own files" in capsys.readouterr().err


def test_an_assignment_that_does_not_work_fails_the_build(own, bundled):
    autograder = bundled("--isolation", "D", "--assignment", str(own))
    layers = autograder.root / "source/modules/my_layers.py"
    layers.write_text(layers.read_text("utf-8").replace("x * y", "x + y"), "utf-8")
    built = autograder.set_up()
    assert built.returncode == 2
    assert "the reference layers fail" in built.stdout


# The image.


def image(tmp_path: Path, *, ubuntu: str) -> Path:
    """Return a folder of programs as on an image whose python3 is too old or cannot make environments."""
    folder = tmp_path / "image"
    folder.mkdir()
    for name in ("bash", "env", "sh", "touch"):
        (folder / name).symlink_to(shutil.which(name))
    programs = {
        # Before python3-venv is there, `import ensurepip` fails; on 22.04 it is Python 3.10, which is too old anyway.
        "python3": 'if [ -e "$IMAGE/python3-venv" ] && [ "$UBUNTU" = 24.04 ]; then exec "$IMAGE/real" "$@"; fi; exit 1',
        "apt-get": 'echo "apt-get $*"; for word in "$@"; do case "$word" in python3*) touch "$IMAGE/$word";; esac; done',
        "add-apt-repository": 'echo "add-apt-repository $*"',
        "python3.12": 'if [ -e "$IMAGE/python3.12-venv" ]; then exec "$IMAGE/real" "$@"; fi; exit 1',
        # Only that one was found and used is of interest here.
        "real": 'case "$1" in -c) exit 0;; *) echo "made by $0"; exit 9;; esac',
    }
    for name, text in programs.items():
        known = text.replace("$IMAGE", str(folder)).replace("$UBUNTU", ubuntu)
        (folder / name).write_text(f"#!/bin/sh\n{known}\n", "utf-8")
        (folder / name).chmod(0o755)
    return folder


UBUNTU = {
    "24.04": ["apt-get update", "apt-get install -y python3-venv"],
    "22.04": [
        "apt-get update",
        "apt-get install -y python3-venv",
        "apt-get install -y software-properties-common",
        "add-apt-repository -y ppa:deadsnakes/ppa",
        "apt-get install -y python3.12 python3.12-venv",
    ],
}


@pytest.mark.parametrize("release", UBUNTU)
def test_a_python_is_installed_where_the_image_has_none_that_will_do(bundled, tmp_path, release):
    built = bundled().set_up(PATH=str(image(tmp_path, ubuntu=release)))
    *installed, made = built.stdout.splitlines()
    assert installed == UBUNTU[release]
    assert made.startswith("made by ")
    assert built.returncode == 9


def test_an_image_without_any_such_python_says_what_to_do(bundled, tmp_path):
    folder = image(tmp_path, ubuntu="22.04")
    (folder / "apt-get").unlink()
    built = bundled().set_up(PATH=str(folder))
    assert built.returncode == 1
    assert built.stdout == "dout needs Python 3.11 or newer, and there is none: choose another base image.\n"


def test_the_scripts_know_gradescopes_place_by_themselves():
    for name in ("setup.sh", "run_autograder"):
        text = (Path(gradescope.__file__).parent / "scripts" / name).read_text("utf-8")
        assert "root=${DOUT_AUTOGRADER:-/autograder}\n" in text
