"""``dout assignment check``, and an assignment of other layers: nothing in grader, sandbox, checks or render knows names."""

import json
from pathlib import Path

import pytest
from commands import ROOT

import harness
from harness.cli import main

CHAPTER_5 = (Path(harness.__file__).parent / "assignments/ch05_add_mul/assignment.toml").read_text("utf-8")

#: What is changed in the assignment of chapter 5, the line that the complaint names, and what it says.
BROKEN = {
    "no TOML": ('version = "1"', 'version = "1', "at line 5", "version = "),
    "a missing key": ('formula = "x * y"\n', "", "formula", None),
    "an unknown key": ("default_seed = 20261123", "default_seed = 20261123\ncolour = 1", "colour", None),
    "a wrong type": ("default_seed = 20261123", 'default_seed = "today"', "Expected `int`", "default_seed"),
    "negative points": ("points = 20", "points = -20", "points cannot be negative", "points = -20"),
    "a check id twice": ('id = "MulLayer.arrays"', 'id = "MulLayer.forward"', "is taken", None),
    "a need that is not above": ('needs = ["AddLayer.forward", "MulLayer.forward"]', 'needs = ["x"]', "needs 'x'", 'needs = ["x"]'),
    "an unknown kind": ('kind = "gradient"', 'kind = "colour"', "'colour' is not one of", 'kind = "colour"'),
    "a reference that is not there": (
        "reference.layers:MulLayer", "reference.layers:Mull", "cannot be imported", "reference.layers:Mull",
    ),
    "a layer that is not defined": ('layer = "MulLayer", inputs = ["sum"', 'layer = "X", inputs = ["sum"', "'X'", "nodes = ["),
    "an input too few": ('inputs = ["sum", "tax"]', 'inputs = ["sum"]', "needs 2 inputs", "nodes = ["),
    "magnitudes the wrong way round": ("[1e-60, 1e60]", "[1e60, 1e-60]", "magnitudes are", "magnitudes = [1e60"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said", "at"), BROKEN.values(), ids=BROKEN)
def test_a_broken_assignment_is_told_with_its_line(tmp_path, capsys, old, new, said, at):
    assert old in CHAPTER_5
    path = tmp_path / "assignment.toml"
    path.write_text(CHAPTER_5.replace(old, new, 1), "utf-8")
    assert main(["assignment", "check", str(path)]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith(f"dout: {path}:")
    assert said in first
    if at is not None:
        lines = path.read_text("utf-8").splitlines()
        line = int(first.removeprefix(f"dout: {path}:").split(":")[0])
        assert at in lines[line - 1]


def test_the_built_in_assignment_makes_sense_and_is_worth_100_points(capsys):
    assert main(["assignment", "check", "ch05-add-mul"]) == 0
    out = capsys.readouterr().out
    assert "    100  in all; the reference layers earn every point" in out


#: One layer, x - y: other gradients, another graph, other points.
SUB = """
id = "ch05-sub"
version = "2"
title = "Subtraction"
default_seed = 5
[[layer]]
name = "SubLayer"
reference = "my_reference:SubLayer"
formula = "x - y"
inputs = ["x", "y"]
gradients = ["dx", "dy"]
one_gradient_for_all = false
magnitudes = [1e-60, 1e60]
[graph]
name = "change"
inputs = [{ name = "paid", value = 50 }, { name = "price", value = 30 }, { name = "tip", value = 2.5 }]
nodes = [
    { name = "change", layer = "SubLayer", inputs = ["paid", "price"] },
    { name = "left", layer = "SubLayer", inputs = ["change", "tip"] },
]
""" + "".join(
    f'[[check]]\nid = "{layer}.{kind}"\nlayer = "{layer}"\nkind = "{kind}"\ntitle = "{kind}"\npoints = 10\nneeds = {needs}\n'
    for layer, kind, needs in [
        ("SubLayer", "forward", "[]"),
        ("SubLayer", "backward", "[]"),
        ("SubLayer", "arrays", '["SubLayer.forward", "SubLayer.backward"]'),
        ("SubLayer", "gradient", "[]"),
        ("SubLayer", "state", '["SubLayer.forward", "SubLayer.backward"]'),
        ("graph", "shop_forward", '["SubLayer.forward"]'),
        ("graph", "shop_backward", '["SubLayer.forward", "SubLayer.backward"]'),
        ("graph", "random_graphs", '["SubLayer.forward", "SubLayer.backward"]'),
    ]
)
SUB_LAYER = """
class SubLayer:
    def forward(self, x, y):
        return x - y

    def backward(self, dout):
        return dout, -dout
"""


@pytest.fixture
def sub(tmp_path):
    (tmp_path / "assignment.toml").write_text(SUB, "utf-8")
    (tmp_path / "reference_folder").mkdir()
    (tmp_path / "reference_folder" / "my_reference.py").write_text(SUB_LAYER, "utf-8")
    env = {"PYTHONPATH": f"{ROOT}:{tmp_path / 'reference_folder'}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return tmp_path, env


def test_an_assignment_of_another_layer_makes_sense_and_grades_right_and_wrong_files(dout, sub):
    folder, env = sub
    checked = dout("assignment", "check", folder, env=env)
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert b"     80  in all; the reference layers earn every point" in checked.stdout
    (folder / "right.py").write_text(SUB_LAYER.replace("SubLayer", "sub_layer"), "utf-8")
    (folder / "wrong.py").write_text(SUB_LAYER.replace("-dout", "dout"), "utf-8")
    done = dout("grade", folder / "right.py", folder / "wrong.py", "--assignment", folder, "--format", "json", env=env)
    right, wrong = json.loads(done.stdout)
    assert (right["score"], right["max_score"], right["layers"][0]["found_as"]) == (80, 80, "sub_layer")
    assert {check["id"]: check["verdict"] for check in wrong["checks"]} == {
        "SubLayer.forward": "passed",
        "SubLayer.backward": "wrong",
        "SubLayer.arrays": "blocked",
        "SubLayer.gradient": "wrong",
        "SubLayer.state": "blocked",
        "graph.shop_forward": "passed",
        "graph.shop_backward": "blocked",
        "graph.random_graphs": "blocked",
    }


def test_a_reference_that_loses_points_is_told(dout, sub):
    folder, env = sub
    (folder / "reference_folder" / "my_reference.py").write_text(SUB_LAYER.replace("-dout", "dout"), "utf-8")
    done = dout("assignment", "check", folder, env=env)
    assert done.returncode == 2
    assert b"the reference layers fail SubLayer.gradient: " in done.stderr


def test_a_mistake_without_a_text_is_refused(tmp_path, capsys):
    path = tmp_path / "assignment.toml"
    path.write_text(CHAPTER_5.replace('code = "MUL-SWAP"', 'code = "MUL-OURS"'), "utf-8")
    assert main(["assignment", "check", str(path)]) == 2
    assert "the mistake 'MUL-OURS' has no text in the language en" in capsys.readouterr().err
