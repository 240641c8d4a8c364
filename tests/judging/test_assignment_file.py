"""Reading an assignment: every fault is named with its file, its line and what would be right."""

import re

import pytest

from harness.assignment import BUILT_IN, built_in, read_assignment
from harness.cases import decode_bank
from harness.draws import build_bank
from harness.errors import AssignmentError
from harness.grader import judge_trusted
from harness.records import Verdict

TEXT = (BUILT_IN / "ch05_add_mul" / "assignment.toml").read_text(encoding="utf-8")


def read(tmp_path, text):
    path = tmp_path / "assignment.toml"
    path.write_text(text, encoding="utf-8")
    return read_assignment(path)


def line_of(text, part, occurrence=1):
    """Return the 1-based line of the nth occurrence of ``part``."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if part in line]
    return lines[occurrence - 1]


def test_an_unchanged_copy_is_the_same_assignment(tmp_path):
    assert read(tmp_path, TEXT) == built_in()


def test_points_add_up_to_100():
    given = built_in()
    assert given.max_score == 100
    by_layer = {}
    for check in given.check:
        by_layer[check.layer] = by_layer.get(check.layer, 0) + check.points
    assert by_layer == {"AddLayer": 30, "MulLayer": 45, "graph": 25}


def test_a_changed_file_has_another_hash(tmp_path):
    assert read(tmp_path, TEXT + "\n# a comment\n").sha256 != built_in().sha256


def test_limits_are_the_assignments_own(tmp_path):
    limits = read(tmp_path, TEXT.replace("memory_mib = 512", "memory_mib = 64")).worker_limits
    assert (limits.call_seconds, limits.submission_seconds, limits.memory_bytes) == (2.0, 10.0, 64 * 2**20)


def test_the_reference_layers_are_in_the_assignments_order():
    assert [made.__name__ for made in built_in().reference_classes()] == ["AddLayer", "MulLayer"]
    assert [built_in().layer_index(name) for name in ("AddLayer", "MulLayer")] == [0, 1]


#: name -> (what is replaced, by what, message, the line that is named: text on it and which occurrence)
FAULTS = {
    "not TOML": ('id = "ch05-add-mul"', "id = ch05", "Invalid value", ("id = ch05", 1)),
    "a missing part": ('version = "1"\n', "", "assignment.toml needs the key 'version'", ("# The addition", 1)),
    "an unknown part": ("points = 8", "points = 8\npoint = 8", "there is no key 'point' here", ("point = 8", 1)),
    "text for a number": ("points = 20", 'points = "20"', "points has to be a number, not text in quotes", ('points = "20"', 1)),
    "a number for text": ('formula = "x * y"', "formula = 3", "formula has to be text in quotes, not a whole number", ("formula = 3", 1)),
    "a seed that is no number": ("default_seed = 20261123", 'default_seed = "x"', "default_seed has to be a whole number, not text in quotes", ("default_seed", 1)),
    "a layer twice": ('name = "MulLayer"', 'name = "AddLayer"', "the layer name 'AddLayer' is taken", ('name = "AddLayer"', 2)),
    "a layer called graph": ('name = "MulLayer"', 'name = "graph"', "the layer name 'graph' is taken", ('name = "graph"', 1)),
    "a gradient too few": ('gradients = ["dx", "dy"]', 'gradients = ["dx"]', "needs one gradient for each input", ("gradients", 1)),
    "magnitudes in the wrong order": ("[1e-60, 1e60]", "[1e60, 1e-60]", "both positive", ("magnitudes = ", 1)),
    "a magnitude of 0": ("[1e-60, 1e60]", "[0.0, 1e60]", "both positive", ("magnitudes = ", 1)),
    "an endless magnitude": ("[1e-60, 1e60]", "[1e-60, inf]", "both positive", ("magnitudes = ", 1)),
    "a reference that is nowhere": ("reference.layers:MulLayer", "nowhere:MulLayer", "cannot be imported: No module named 'nowhere'", ("nowhere", 1)),
    "a reference that is not in its module": ("reference.layers:MulLayer", "reference.layers:Mul", "cannot be imported", (":Mul\"", 1)),
    "a reference that is no class": ("reference.layers:MulLayer", "math:sin", "sin is not a class", ("math:sin", 1)),
    "a reference without a class": ("reference.layers:MulLayer", "reference.layers", "cannot be imported", ('"reference.layers"', 1)),
    "a node of no layer": ('name = "price", layer = "MulLayer"', 'name = "price", layer = "Mul"', "a layer that is not defined: 'Mul'", ('name = "price", layer', 1)),
    "a node without an input": ('inputs = ["sum", "tax"]', 'inputs = ["sum"]', "the node 'price' needs 2 inputs", ('name = "price", layer', 1)),
    "a node of a value that is not there": ('"sum", "tax"', '"sum", "vat"', "needs 'vat', which is not defined above it", ('name = "price", layer', 1)),
    "a value used twice": ('"sum", "tax"', '"sum", "apple_price"', "or already used", ('name = "price", layer', 1)),
    "a node's name twice": ('name = "price", layer', 'name = "sum", layer', "the name 'sum' is taken", ('name = "sum", layer', 2)),
    "a check of no layer": ('layer = "graph"\nkind = "shop_forward"', 'layer = "shop"\nkind = "shop_forward"', "of a layer that is not defined: 'shop'", ('layer = "shop"', 1)),
    "a check of no kind": ('kind = "state"', 'kind = "memory"', "the kind 'memory' is not one of forward, backward", ('kind = "memory"', 1)),
    "a graph check of a layer's kind": ('kind = "random_graphs"', 'kind = "arrays"', "not one of shop_forward, shop_backward, random_graphs", ('kind = "arrays"', 3)),
    "points below 0": ("points = 20", "points = -20", "points cannot be negative", ("points = -20", 1)),
    "a check twice": ('id = "MulLayer.state"', 'id = "MulLayer.forward"', "the check id 'MulLayer.forward' is taken", ('id = "MulLayer.forward"', 2)),
    "a need that comes later": ('needs = ["AddLayer.forward", "MulLayer.forward"]', 'needs = ["graph.random"]', "needs 'graph.random', which is not a check above it", ('needs = ["graph.random"]', 1)),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "place"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_path_and_line(tmp_path, old, new, message, place):
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(AssignmentError) as fault:
        read(tmp_path, text)
    path, line, said = re.fullmatch(r"(.*\.toml):(\d+): (.*)", fault.value.message, re.DOTALL).groups()
    assert path == str(tmp_path / "assignment.toml")
    assert message in said
    assert int(line) == line_of(text, *place)


def test_an_assignment_without_checks_is_a_fault(tmp_path):
    text = TEXT[: TEXT.index("[[check]]")]
    with pytest.raises(AssignmentError):
        read(tmp_path, text)
    with pytest.raises(AssignmentError, match="needs at least one check"):
        read(tmp_path, "check = []\n" + text)


def test_a_value_that_nothing_uses_is_a_fault(tmp_path):
    extra = '    { name = "tax", value = 1.1 },\n'
    with pytest.raises(AssignmentError, match="every value but the last node's must be used exactly once"):
        read(tmp_path, TEXT.replace(extra, extra + '    { name = "bag", value = 5 },\n'))


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(AssignmentError, match=r"assignment\.toml cannot be read: No such file"):
        read_assignment(tmp_path / "assignment.toml")


def test_a_file_that_is_not_utf_8_is_a_fault(tmp_path):
    path = tmp_path / "assignment.toml"
    path.write_bytes('title = "덧셈"\n'.encode("cp949"))
    with pytest.raises(AssignmentError, match=r"is not UTF-8 \(byte 9\)") as fault:
        read_assignment(path)
    assert fault.value.hint == "save the file as UTF-8"


def test_an_unknown_assignment_names_those_there_are():
    with pytest.raises(AssignmentError, match="there is no assignment 'ch99'") as fault:
        built_in("ch99")
    assert "ch05-add-mul" in fault.value.hint


@pytest.mark.parametrize("name", ["assignment.toml", "."], ids=["a file", "a folder"])
def test_an_assignment_may_be_a_path(name, tmp_path, monkeypatch):
    (tmp_path / "assignment.toml").write_text(TEXT, encoding="utf-8")
    assert built_in(str(tmp_path / name)) == built_in()


# --- Another assignment needs no change to the judge. ---

OTHER_LAYERS = """
class Product:
    def forward(self, x, y, z):
        self.kept = x, y, z
        return x * y * z

    def backward(self, dout):
        x, y, z = self.kept
        return dout * (y * z), dout * (x * z), dout * (x * y)


class Total:
    def forward(self, x, y, z):
        return x + y + z

    def backward(self, dout):
        return dout


class Negative:
    def forward(self, x):
        return -x

    def backward(self, dout):
        return -dout


class Square:
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return (2 * self.x * dout,)


class Difference:
    def forward(self, x, y):
        return x - y

    def backward(self, dout):
        return dout, -dout
"""
#: class -> (number of inputs, one gradient for all, smallest and largest magnitude)
OTHERS = {
    "Product": (3, False, "[1e-60, 1e60]"),
    "Total": (3, True, "[1e-60, 1e60]"),
    "Negative": (1, False, "[0.1, 100.0]"),
    "Square": (1, False, "[1e-3, 1e3]"),
    "Difference": (2, False, "[5.0, 7.0]"),
}


def assignment_text(name, width, one, magnitudes):
    inputs = ["x", "y", "z"][:width]
    names = "[" + ", ".join(f'"{value}"' for value in inputs) + "]"
    leaves = ", ".join(f'{{ name = "{value}", value = 2.5 }}' for value in inputs)
    head = f"""
id = "other"
version = "1"
title = "Another assignment"
default_seed = 1
[[layer]]
name = "{name}"
reference = "other_reference_layers:{name}"
formula = "f"
inputs = {names}
gradients = {names.replace('"', '"d', 1).replace(', "', ', "d')}
one_gradient_for_all = {str(one).lower()}
magnitudes = {magnitudes}
[graph]
name = "g"
inputs = [{leaves}]
nodes = [{{ name = "out", layer = "{name}", inputs = {names} }}]
"""
    kinds = [(name, kind) for kind in ("forward", "backward", "arrays", "gradient", "state")]
    kinds += [("graph", kind) for kind in ("shop_forward", "shop_backward", "random_graphs")]
    checks = [
        f'[[check]]\nid = "{layer}.{kind}"\nlayer = "{layer}"\nkind = "{kind}"\ntitle = "t"\npoints = 1\n'
        for layer, kind in kinds
    ]
    return head + "\n".join(checks)


@pytest.fixture
def others(tmp_path, monkeypatch):
    (tmp_path / "other_reference_layers.py").write_text(OTHER_LAYERS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", OTHERS)
def test_another_layer_is_judged_by_the_same_code(name, others):
    given = read(others, assignment_text(name, *OTHERS[name]))
    cases = decode_bank(build_bank(given, 1), given, 1)
    results = judge_trusted(given, cases, given.reference_classes())
    assert {result.id: result.message for result in results if result.verdict is not Verdict.PASSED} == {}


@pytest.mark.parametrize("name", OTHERS)
def test_another_layer_that_is_empty_earns_nothing(name, others):
    given = read(others, assignment_text(name, *OTHERS[name]))
    cases = decode_bank(build_bank(given, 1), given, 1)
    results = judge_trusted(given, cases, [type(name, (), {})])
    assert sum(result.score for result in results) == 0
    assert all(result.verdict is not Verdict.GRADER_FAULT for result in results)


@pytest.mark.parametrize("name", OTHERS)
def test_another_layer_with_a_wrong_backward_fails(name, others):
    given = read(others, assignment_text(name, *OTHERS[name]))
    (right,) = given.reference_classes()

    class Wrong(right):
        def backward(self, dout):
            gradients = super().backward(dout)
            return tuple(-g for g in gradients) if isinstance(gradients, tuple) else -gradients

    cases = decode_bank(build_bank(given, 1), given, 1)
    verdicts = {result.id: result.verdict for result in judge_trusted(given, cases, [Wrong])}
    assert verdicts[f"{name}.forward"] is Verdict.PASSED
    assert verdicts[f"{name}.backward"] is Verdict.WRONG
    assert verdicts[f"{name}.gradient"] is Verdict.WRONG
