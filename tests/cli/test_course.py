"""The course unit that `dout init` writes: it is complete, it begins at 0, and each step of its README gains points."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment

from harness.template import template_directory

FILES = {
    ".github/workflows/grade.yml",
    ".vscode/settings.json",
    "README.ko.md",
    "README.md",
    "graph.ko.svg",
    "graph.svg",
    "layers.py",
    "shop.py",
}
#: What a learner writes at each step, and the score that the README promises for it.
STEPS = {
    "AddLayer.forward": ("return x + y", 8),
    "AddLayer.backward": ("return dout, dout", 30),
    "MulLayer.forward": ("self.x, self.y = x, y\n        return x * y", 45),
    "MulLayer.backward": ("return dout * self.y, dout * self.x", 100),
}
GRADIENTS = {
    "apple price": "4.4",
    "apples": "110.0",
    "mandarin price": "3.3",
    "mandarins": "77.0",
    "apple total": "1.1",
    "mandarin total": "1.1",
    "sum": "1.1",
    "tax": "610.0",
}
UNWRITTEN = "raise NotImplementedError"


@pytest.fixture
def unit(dout, tmp_path: Path) -> Path:
    """The folder as a learner finds it."""
    assert dout("init", tmp_path / "chapter5").returncode == 0
    return tmp_path / "chapter5"


def write(unit: Path, methods: int) -> None:
    """Write the first ``methods`` methods, as the README has them follow."""
    text = (unit / "layers.py").read_text("utf-8")
    for body, _ in list(STEPS.values())[:methods]:
        text = text.replace(f"        {UNWRITTEN}\n", f"        {body}\n", 1)
    (unit / "layers.py").write_text(text, "utf-8")


def shop(unit: Path, **changed: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "shop.py"], cwd=unit, env=environment(**changed), capture_output=True, text=True, check=False
    )


def test_init_writes_every_file_of_the_template(unit):
    written = {path.relative_to(unit).as_posix() for path in unit.rglob("*") if path.is_file()}
    assert written == FILES


def test_what_runs_leave_behind_is_not_written(dout, tmp_path, monkeypatch):
    from harness.cli import init, new_files

    template = tmp_path / "template"
    shutil.copytree(
        template_directory("student_template"), template, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
    )
    for litter in ("__pycache__/shop.cpython-311.pyc", ".pytest_cache/README.md", ".ruff_cache/x"):
        (template / litter).parent.mkdir()
        (template / litter).write_text("", "utf-8")
    monkeypatch.setattr(new_files, "template_directory", lambda name: template)
    assert init.run(type("Options", (), {"directory": str(tmp_path / "made")})()) == 0
    made = tmp_path / "made"
    assert {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()} == FILES


def test_each_step_gains_points_in_the_order_of_the_readme(dout, unit):
    untouched = (unit / "layers.py").read_text("utf-8")
    found = []
    for step in range(len(STEPS) + 1):
        (unit / "layers.py").write_text(untouched, "utf-8")
        write(unit, step)
        report = json.loads(dout("grade", unit, "--format", "json").stdout)
        found.append(report["score"])
        assert report["submission"]["name"] == "chapter5/layers.py"
    assert found == [0, *(score for _, score in STEPS.values())]
    assert found == sorted(set(found))


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_readme_has_these_steps_and_scores(name):
    rows = re.findall(
        r"^\| \d \| `([^`]+)`.*\| (\d+) \|$",
        (template_directory("student_template") / name).read_text("utf-8"),
        re.MULTILINE,
    )
    assert rows == [(step, str(score)) for step, (_, score) in STEPS.items()]


def test_the_next_step_on_the_screen_is_that_of_the_readme(dout, unit):
    untouched = (unit / "layers.py").read_text("utf-8")
    for step, name in enumerate(STEPS):
        (unit / "layers.py").write_text(untouched, "utf-8")
        write(unit, step)
        last = re.split(r"^Next: ", dout("grade", unit).stdout.decode(), flags=re.MULTILINE)[-1]
        assert name in last


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_the_shop_says_kindly_what_is_missing(unit, step):
    write(unit, step)
    done = shop(unit)
    missing = list(STEPS)[step:]
    (first,) = [name for name in missing if name in done.stderr]
    assert done.stderr == f"The shop waits. {first} is not written yet. README.md says what to do next.\n"
    assert done.returncode == 1


def test_the_shop_prints_the_price_and_its_eight_gradients(unit):
    write(unit, len(STEPS))
    done = shop(unit, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    numbers = dict(re.findall(r"^  (\S.*?) +([\d.]+)$", done.stdout, re.MULTILINE))
    assert numbers == {"price": "671.0"} | GRADIENTS
    assert "The price is right." in done.stdout


def test_the_shop_takes_one_gradient_for_both_from_the_addition(unit):
    write(unit, len(STEPS))
    layers = unit / "layers.py"
    layers.write_text(layers.read_text("utf-8").replace("return dout, dout", "return dout"), "utf-8")
    assert "671.0" in shop(unit).stdout


UNFINISHED = {
    "nothing returned forward": ("return x * y", "x * y", "MulLayer.forward returned nothing"),
    "nothing returned backward": ("return dout * self.y, dout * self.x", "pass", "MulLayer.backward returned nothing"),
    "one gradient": ("return dout * self.y, dout * self.x", "return dout", "Two gradients are needed here: dx, dy."),
    "an error": ("return x + y", "return x + z", "AddLayer.forward stopped with NameError: name 'z' is not defined"),
    "not Python": ("return x + y", "return x +", "Python cannot read the two classes in layers.py"),
    "an error outside of the classes": ("class AddLayer", "print(z)\n\n\nclass AddLayer", "name 'z' is not defined"),
    "another class": ("class MulLayer", "class Mul", "cannot import name 'MulLayer'"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), UNFINISHED.values(), ids=UNFINISHED)
def test_the_shop_shows_no_traceback(unit, right, wrong, said):
    write(unit, len(STEPS))
    layers = unit / "layers.py"
    layers.write_text(layers.read_text("utf-8").replace(right, wrong), "utf-8")
    done = shop(unit)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_price_is_told(unit):
    write(unit, len(STEPS))
    layers = unit / "layers.py"
    layers.write_text(layers.read_text("utf-8").replace("return x + y", "return x - y"), "utf-8")
    assert "The price should be 671.0." in shop(unit).stdout


# What comes with the exercise.


def test_the_testing_panel_shows_each_check(unit):
    settings = json.loads((unit / ".vscode/settings.json").read_text("utf-8"))
    assert settings["python.testing.pytestEnabled"] is True
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", *settings["python.testing.pytestArgs"], "--rootdir=.", "--collect-only", "-q"],
        cwd=unit,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    checks = [line for line in listed.stdout.splitlines() if line.startswith("layers.py::")]
    assert len(checks) == 13
    # What the editor runs when one of them is clicked.
    write(unit, 1)
    clicked = subprocess.run(
        [sys.executable, "-m", "pytest", *settings["python.testing.pytestArgs"], "--rootdir=.", checks[0]],
        cwd=unit,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in clicked.stdout
