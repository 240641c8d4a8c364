"""An assignment quite unlike the book's is graded by the same grader, sandbox, checks and renderers.

Its layers have three inputs and one, its gradients other names, and it has no graph of its own, a default language,
a hidden check, a check that tells less, a due date, and words of its own.
"""

import json
import re
import subprocess
import sys

import pytest
from commands import ROOT, environment

from harness.cli import main

CHECKS = [
    ("AffineLayer", "forward", 10, "[]", ""),
    ("AffineLayer", "backward", 20, "[]", ""),
    ("AffineLayer", "arrays", 5, '["AffineLayer.forward", "AffineLayer.backward"]', 'feedback = "none"'),
    ("AffineLayer", "gradient", 5, "[]", ""),
    ("AffineLayer", "state", 5, '["AffineLayer.forward", "AffineLayer.backward"]', 'visibility = "hidden"'),
    ("HalfLayer", "forward", 2, "[]", ""),
    ("HalfLayer", "backward", 3, "[]", ""),
    ("HalfLayer", "gradient", 2.5, "[]", ""),
    ("graph", "random_graphs", 7.5, '["AffineLayer.forward", "AffineLayer.backward", "HalfLayer.backward"]', ""),
]
TOML = """
id = "affine"
version = "2026 spring"
title = "An affine layer of numbers"
titles = { ko = "아핀 계층" }
default_seed = 3
language = "ko"
due = 2026-12-18
[[layer]]
name = "AffineLayer"
reference = "answers/affine.py:Affine"
formula = "w * x + b"
inputs = ["w", "x", "b"]
gradients = ["grad_w", "grad_x", "grad_b"]
one_gradient_for_all = false
magnitudes = [1e-40, 1e40]
mistakes = [{ kind = "no_dout", code = "AFFINE-NO-UPSTREAM" }]
[[layer]]
name = "HalfLayer"
reference = "answers/affine.py:Half"
formula = "x / 2"
inputs = ["value"]
gradients = ["slope"]
one_gradient_for_all = true
magnitudes = [1e-40, 1e40]
""" + "".join(
    f'[[check]]\nid = "{layer}.{kind}"\nlayer = "{layer}"\nkind = "{kind}"\ntitle = "{layer}.{kind} is right"\n'
    f'titles = {{ ko = "{layer}.{kind}: 맞습니다" }}\npoints = {points}\nneeds = {needs}\n{more}\n'
    for layer, kind, points, needs, more in CHECKS
)
REFERENCE = """
class Affine:
    def forward(self, w, x, b):
        self.w, self.x = w, x
        return w * x + b

    def backward(self, dout):
        return dout * self.x, dout * self.w, dout


class Half:
    def forward(self, value):
        return value / 2

    def backward(self, dout):
        return dout / 2
"""
RIGHT = """
class affine_layer:
    def forward(self, w, x, b):
        self.kept = [w, x]
        return b + x * w

    def backward(self, d):
        w, x = self.kept
        return [x * d, w * d, d * 1]


class HalfLayer:
    def forward(self, z):
        return z * 0.5

    def backward(self, d):
        return (0.5 * d,)
"""
WRONG = {
    "no dout": (RIGHT.replace("x * d, w * d, d * 1", "x, w, 1"), "AffineLayer.backward", "AFFINE-NO-UPSTREAM"),
    "another forward": (RIGHT.replace("b + x * w", "b - x * w"), "AffineLayer.forward", None),
    "two gradients": (RIGHT.replace("x * d, w * d, d * 1", "x * d, w * d"), "AffineLayer.backward", None),
    "not halved": (RIGHT.replace("(0.5 * d,)", "d"), "HalfLayer.backward", "SCALED"),
    "an input changed": (RIGHT.replace("return b + x * w", "y = x * w\n        x *= 1 + bool(getattr(x, 'shape', ()))\n        return b + y"), "AffineLayer.state", None),
}  # fmt: skip
KOREAN = '[AFFINE-NO-UPSTREAM]\nmessage = "{layer}: dout을 잊었습니다 ({names})."\nexplanation = "ㄱ"\nhints = ["ㄱ", "ㄴ", "ㄷ"]\n'
ENGLISH = (
    '[AFFINE-NO-UPSTREAM]\nmessage = "{layer} forgets dout ({names})."\nexplanation = "a"\nhints = ["a", "b", "c"]\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("affine")
    (made / "answers").mkdir()
    for name, text in (
        ("assignment.toml", TOML),
        ("answers/affine.py", REFERENCE),
        ("catalogue.en.toml", ENGLISH),
        ("catalogue.ko.toml", KOREAN),
        ("right.py", RIGHT),
        *((f"{name}.py", source) for name, (source, _, _) in WRONG.items()),
    ):
        (made / name).write_text(text, "utf-8")
    return made


@pytest.fixture(autouse=True)
def no_language(monkeypatch, folder):
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for name in ("DOUT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def graded(capsys, folder, *words):
    status = main(["grade", *map(str, words), "--assignment", str(folder)])
    return status, capsys.readouterr().out


def test_it_is_in_order(folder, capsys):
    assert main(["assignment", "check", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("affine 버전 2026 spring: 아핀 계층\n")
    assert "     60  " in out


def test_a_right_file_earns_every_point_and_the_report_says_which_assignment_it_was(folder, capsys):
    status, out = graded(capsys, folder, folder / "right.py", "--format", "json")
    report = json.loads(out)
    assert (status, report["score"], report["max_score"]) == (0, 60, 60)
    assert [check["verdict"] for check in report["checks"]] == ["passed"] * len(CHECKS)
    assert report["assignment"]["id"] == "affine"
    assert report["assignment"]["due"] == "2026-12-18"
    assert re.fullmatch("[0-9a-f]{64}", report["assignment"]["sha256"])
    assert report["graph"] == {"name": None, "nodes": [], "edges": []}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_loses_points_and_its_mistake_is_named(name, folder, capsys):
    _, check, code = WRONG[name]
    status, out = graded(capsys, folder, folder / f"{name}.py", "--format", "json")
    report = json.loads(out)
    assert status in (0, 1)
    assert report["score"] < report["max_score"]
    (found,) = (one for one in report["checks"] if one["id"] == check)
    assert found["verdict"] in ("wrong", "contract")
    assert found["score"] == 0
    if code:
        assert found["code"] == code


def test_the_language_of_the_assignment_is_used_unless_the_reader_chooses_one(folder, capsys, monkeypatch):
    wrong = folder / "no dout.py"
    korean, english = "AffineLayer: dout을 잊었습니다", "AffineLayer forgets dout (grad_w, grad_x, grad_b)."
    assert korean in graded(capsys, folder, wrong)[1]
    assert english in graded(capsys, folder, wrong, "--lang", "en")[1]
    monkeypatch.setenv("DOUT_LANG", "en")
    assert english in graded(capsys, folder, wrong)[1]
    assert korean in graded(capsys, folder, wrong, "--lang", "ko")[1]


def test_hints_and_explanations_are_in_the_language_of_the_assignment(folder, capsys):
    for words, said in ((["hint"], "1/3  ㄱ"), (["explain"], "dout을 잊었습니다")):
        assert main([*words, "AFFINE-NO-UPSTREAM", "--assignment", str(folder)]) == 0
        assert said in capsys.readouterr().out


def test_a_screen_has_the_due_date_no_graph_and_nothing_of_the_hidden_check(folder, capsys):
    out = graded(capsys, folder, folder / "right.py", "--lang", "en")[1]
    assert out.startswith("right.py: affine version 2026 spring, seed 3, due 2026-12-18, isolation ")
    assert "AffineLayer 40/40   HalfLayer 7.5/7.5   graph 7.5/7.5" in out
    assert "AffineLayer.state" not in out
    assert "SCORE 55/55" in out


@pytest.mark.parametrize(
    "name", ["text", "html", "markdown", "svg", "github", "junit", "ctrf", "gradescope", "exercism", "prairielearn", "codequality"]
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_format_can_be_made_of_it(name, language, folder, capsys):
    for file in ("right", "no dout"):
        status, out = graded(capsys, folder, folder / f"{file}.py", "--format", name, "--lang", language)
        assert status == (file != "right")
        assert out or name in ("github", "svg")


def test_a_check_tells_no_more_than_the_assignment_lets_it(folder, capsys):
    source = RIGHT.replace("return b + x * w", "return b + x * w + 1 * bool(getattr(x, 'shape', ()))")
    (folder / "arrays.py").write_text(source, "utf-8")
    report = json.loads(graded(capsys, folder, folder / "arrays.py", "--format", "json")[1])
    arrays = next(check for check in report["checks"] if check["id"] == "AffineLayer.arrays")
    assert arrays["verdict"] == "wrong"
    assert arrays["feedback"] == "none"
    assert (arrays["code"], arrays["line"]) == (None, None)
    assert arrays["counterexample"]["inputs"] == arrays["counterexample"]["expected"] == {}


def test_the_assignment_says_how_much_is_told_unless_the_command_does(folder, capsys, tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "affine.py").write_text(REFERENCE, "utf-8")
    (tmp_path / "assignment.toml").write_text(
        f'feedback = "none"\n{TOML}'.replace("AFFINE-NO-UPSTREAM", "SIGN"), "utf-8"
    )
    wrong = folder / "not halved.py"
    assert "yours" not in graded(capsys, tmp_path, wrong, "--lang", "en")[1]
    assert "yours" in graded(capsys, tmp_path, wrong, "--lang", "en", "--feedback", "full")[1]


def test_editing_the_reference_changes_the_hash_in_every_report(folder, capsys, tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "assignment.toml").write_text(TOML.replace("AFFINE-NO-UPSTREAM", "SIGN"), "utf-8")
    hashes = []
    for remark in ("", "# another\n"):
        (tmp_path / "answers" / "affine.py").write_text(remark + REFERENCE, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "grade", folder / "right.py", "--assignment", tmp_path, "--format", "json"],
            env=environment(XDG_CACHE_HOME=str(tmp_path / "cache")),
            capture_output=True,
            check=True,
        )  # fmt: skip
        hashes.append(json.loads(done.stdout)["assignment"]["sha256"])
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(("file", "status", "language", "said"), [
    ("right", 0, "en", "8 passed"),
    ("no dout", 1, "en", "AffineLayer forgets dout (grad_w, grad_x, grad_b)."),
    ("no dout", 1, None, "AffineLayer: dout을 잊었습니다"),
])  # fmt: skip
def test_pytest_grades_it_too(file, status, language, said, folder):
    options = [f"--grade={folder / file}.py", f"--grade-assignment={folder}", "-p", "no:cacheprovider"]
    options += [f"--grade-lang={language}"] if language else []
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "--rootdir", folder, *options],
        env=environment(PYTHONPATH=ROOT, XDG_CACHE_HOME=str(folder / "cache"), PYTHONUTF8="1", **dict.fromkeys(("DOUT_LANG", "LC_ALL", "LANG"))),
        cwd=folder,
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout.decode()
    assert said in done.stdout.decode()


def test_a_reference_that_fails_is_a_fault_of_the_grader_and_no_zero(folder, capsys, tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "affine.py").write_text(REFERENCE.replace("return value / 2", "return 1 / 0"), "utf-8")
    (tmp_path / "assignment.toml").write_text(TOML.replace("AFFINE-NO-UPSTREAM", "SIGN"), "utf-8")
    status, out = graded(capsys, tmp_path, folder / "right.py", "--format", "json")
    report = json.loads(out)
    assert (status, report["outcome"], report["score"]) == (3, "grader_fault", None)
    assert "a reference layer of affine raised ZeroDivisionError" in report["warnings"][0]["message"]
