"""Reading an assignment: every fault is named with its file, its line and what would be right."""

import re

import pytest

from harness.assignment import BUILT_IN, built_in, faults_of, read_assignment
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
    "a reference that is not in its module": ("reference.layers:MulLayer", "reference.layers:Mul", "cannot be imported: there is no Mul in it", (":Mul\"", 1)),
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
    "an id that is no name": ('id = "ch05-add-mul"', 'id = "chapter 5"', "an id has letters, digits", ("id = ", 1)),
    "an empty title": ('title = "MulLayer.forward returns x * y"', 'title = " "', "title is empty", ('title = " "', 1)),
    "a title twice": ('titles = { ko = "MulLayer.forward: x', 'titles = { en = "MulLayer.forward: x', "the English title is the key title", ("en = ", 1)),
    "a language by its name": ('titles = { ko = "MulLayer.forward: x', 'titles = { korean = "MulLayer.forward: x', "'korean' is no language code", ("korean", 1)),
    "a check without an English title": ('title = "MulLayer.forward returns x * y"\n', "", "check needs the key 'title'", ("[[check]]", 6)),
    "a due date that is none": ('version = "1"', 'version = "1"\ndue = "18.12.2026"', "'18.12.2026' is no date", ("due", 1)),
    "a due time without a date": ('version = "1"', 'version = "1"\ndue = 23:59:00', "'23:59:00' is no date", ("due", 1)),
    "a due number": ('version = "1"', 'version = "1"\ndue = 2026', "due has to be text in quotes, not a whole number", ("due", 1)),
    "no time for a call": ("call_seconds = 2.0", "call_seconds = 0", "call_seconds has to be above 0", ("call_seconds", 1)),
    "endless time": ("submission_seconds = 10.0", "submission_seconds = inf", "submission_seconds has to be above 0", ("submission_seconds", 1)),
    "points that are no number": ("points = 20", "points = nan", "points have to be a finite number", ("points = nan", 1)),
    "endless points": ("points = 20", "points = inf", "points have to be a finite number", ("points = inf", 1)),
    "a class that cannot be": ('name = "MulLayer"', 'name = "Mul Layer"', "'Mul Layer' cannot be the name of a class", ('name = "Mul Layer"', 1)),
    "an input twice": ('inputs = ["x", "y"]', 'inputs = ["x", "x"]', "the name 'x' is taken", ('"x", "x"', 1)),
    "an input called dout": ('inputs = ["x", "y"]', 'inputs = ["x", "dout"]', "the name 'dout' is taken", ('"dout"', 1)),
    "four inputs": ('inputs = ["x", "y"]', 'inputs = ["x", "y", "z", "w"]', "a layer has at most 3 inputs", ('"w"', 1)),
    "a list for a pair": ("magnitudes = [1e-60, 1e60]", "magnitudes = [1e-60]", "magnitudes needs 2 entries", ("magnitudes = [1e-60]", 1)),
    "a table for a list": ('inputs = ["x", "y"]', "inputs = { x = 1 }", "inputs has to be a list, not a table", ("inputs = {", 1)),
    "a list for a table": ('limits]\ncall_seconds = 2.0\nsubmission_seconds = 10.0\nmemory_mib = 512\nsize_kib = 1024', 'odd]', "there is no key 'odd' here", ("[odd]", 1)),
    "a number for true": ("one_gradient_for_all = false", "one_gradient_for_all = 0", "one_gradient_for_all has to be true or false, not a whole number", ("_all = 0", 1)),
    "a fraction for a whole number": ("memory_mib = 512", "memory_mib = 0.5", "memory_mib has to be a whole number, not a number", ("memory_mib", 1)),
    "a word of no meaning": ('kind = "swap"', 'kind = "swop"', "kind is one of", ('"swop"', 1)),
    "an unknown feedback": ('version = "1"', 'version = "1"\nfeedback = "some"', "feedback is one of actual-only, full, none", ("feedback", 1)),
    "a leaf that is not finite": ("value = 1.1", "value = inf", "value has to be between -2^53 and 2^53", ("value = inf", 1)),
    "a leaf that is too large": ("value = 1.1", "value = 1" + 400 * "0", "value has to be between -2^53 and 2^53", ("value = 10000", 1)),
    "a leaf's name twice": ('{ name = "tax", value', '{ name = "apple_price", value', "the name 'apple_price' is taken", ('"apple_price", value = 1.1', 1)),
    "a label of nothing": ('tax = "tax"', 'vat = "tax"', "the label of 'vat' belongs to no input or node", ("vat = ", 1)),
    "nodes that feed each other": ('inputs = ["apple_total", "mandarin_total"]', 'inputs = ["apple_total", "price"]', "these nodes feed each other: sum -> price -> sum", ('"apple_total", "price"', 1)),
    "checks that wait for each other": (
        'kind = "gradient"\ntitle = "MulLayer', 'kind = "gradient"\nneeds = ["MulLayer.state"]\ntitle = "MulLayer', "which is not a check above it", ('needs = ["MulLayer.state"]', 1)),
    "a computed field": ('version = "1"', 'version = "1"\nsha256 = "0"', "there is no key 'sha256' here", ("sha256", 1)),
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


def test_checks_that_wait_for_each_other_are_told_as_a_circle(tmp_path):
    text = TEXT.replace('id = "MulLayer.forward"', 'id = "MulLayer.forward"\nneeds = ["MulLayer.state"]')
    with pytest.raises(
        AssignmentError, match=r"wait for each other: MulLayer\.forward -> MulLayer\.state -> MulLayer\.forward"
    ):
        read(tmp_path, text)


def test_an_unknown_key_is_told_with_the_nearest_that_there_is(tmp_path):
    with pytest.raises(AssignmentError) as fault:
        read(tmp_path, TEXT.replace("default_seed", "defualt_seed"))
    assert fault.value.hint == "did you mean default_seed?"


def test_everything_that_is_wrong_is_told_in_the_order_of_the_lines(tmp_path):
    text = (
        TEXT.replace("points = 20", "points = -20")
        .replace('kind = "state"', 'kind = "stat"', 1)
        .replace('title = "Chapter 5: addition and multiplication layers"', 'title = ""')
    )
    path = tmp_path / "assignment.toml"
    path.write_text(text, "utf-8")
    lines = [line_of(text, part) for part in ("title = ", 'kind = "stat"', "points = -20")]
    assert [error.message for error in faults_of(path)] == [
        f"{path}:{lines[0]}: title is empty",
        f"{path}:{lines[1]}: the kind 'stat' is not one of forward, backward, arrays, gradient, state",
        f"{path}:{lines[2]}: points cannot be negative",
    ]


def test_checks_without_points_are_a_fault(tmp_path):
    with pytest.raises(AssignmentError, match="all checks together are worth no points"):
        read(tmp_path, re.sub(r"points = \d+", "points = 0", TEXT))


def test_checks_of_a_graph_need_one(tmp_path):
    text = TEXT[: TEXT.index("# The fruit shop")] + TEXT[TEXT.index("[[check]]") :]
    with pytest.raises(AssignmentError, match=r"the kind 'shop_forward' needs a \[graph\]"):
        read(tmp_path, text)


@pytest.mark.parametrize("due", ['"2026-12-18"', "2026-12-18", '"2026-12-18T18:00+09:00"', "2026-12-18T18:00:00+09:00"])
def test_a_due_date_is_a_label_of_the_assignment(due, tmp_path):
    given = read(tmp_path, TEXT.replace('version = "1"', f'version = "1"\ndue = {due}'))
    assert given.due.startswith("2026-12-18")
    assert given.identity.due == given.due


def test_a_byte_order_mark_and_lines_of_windows_change_nothing(tmp_path):
    path = tmp_path / "assignment.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode().replace(b"\n", b"\r\n"))
    assert read_assignment(path) == built_in()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a" * (1 << 20) + b"a", "is larger than 1 MiB"),
        (b"a = 1\n\xff\xfe", r":2: this is not UTF-8 \(byte 6\)"),
        ("id = 1".encode("utf-16"), "is not UTF-8"),
        (b"\0\1\2", ":1: Invalid statement"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b"a = " + b"1" * 5000, ":1: Exceeds the limit"),
        (b"a = 1\nb = [\n", ":2: Invalid value|:3: Invalid value"),
        (b"", "needs the key 'id'"),
    ],
    ids=["huge", "not UTF-8", "UTF-16", "binary", "nested", "a long number", "half-written", "empty"],
)
def test_a_file_that_is_no_toml_is_a_fault(data, message, tmp_path):
    path = tmp_path / "assignment.toml"
    path.write_bytes(data)
    with pytest.raises(AssignmentError, match=message):
        read_assignment(path)


def test_a_folder_without_an_assignment_is_a_fault(tmp_path):
    with pytest.raises(AssignmentError, match=r"there is no file assignment\.toml in "):
        built_in(str(tmp_path))
    (tmp_path / "assignment.toml").mkdir()
    with pytest.raises(AssignmentError, match=r"there is no file assignment\.toml in "):
        built_in(str(tmp_path))
    with pytest.raises(AssignmentError, match="cannot be read: Is a directory"):
        read_assignment(tmp_path / "assignment.toml")


# --- A reference beside the file. ---

OWN = TEXT.replace("reference.layers:MulLayer", "own.py:MulLayer")
OWN_LAYER = """
FACTOR = 1


def product(x, y):
    return FACTOR * x * y


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return product(x, y)

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""


def read_own(tmp_path, source):
    (tmp_path / "own.py").write_text(source, "utf-8")
    return read(tmp_path, OWN)


def test_a_reference_may_be_a_file_beside_the_assignment_and_leaves_nothing_there(tmp_path):
    given = read_own(tmp_path, OWN_LAYER)
    assert [made.__module__.partition("_")[0] for made in given.reference_classes()] == ["reference.layers", "dout"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assignment.toml", "own.py"]


def test_whatever_changes_in_the_file_of_a_reference_changes_the_hash(tmp_path):
    hashes = {
        read_own(tmp_path, source).sha256 for source in (OWN_LAYER, OWN_LAYER.replace("FACTOR = 1", "FACTOR = 2"))
    }
    assert len(hashes) == 2
    assert read_own(tmp_path, OWN_LAYER).sha256 in hashes


def test_a_changed_reference_is_used_at_once_and_the_one_that_was_hashed_stays(tmp_path):
    first = read_own(tmp_path, OWN_LAYER)
    second = read_own(tmp_path, OWN_LAYER.replace("FACTOR = 1", "FACTOR = 2"))
    products = [given.reference_classes()[1]().forward(2, 3) for given in (first, second)]
    assert products == [6, 12]


def test_examples_and_texts_are_no_part_of_the_hash(tmp_path):
    before = read_own(tmp_path, OWN_LAYER).sha256
    (tmp_path / "catalogue.en.toml").write_text("", "utf-8")
    (tmp_path / "examples").mkdir()
    assert read_own(tmp_path, OWN_LAYER).sha256 == before


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("x = (", "'(' was never closed", ":1"),
        ("\n1 / 0", "ZeroDivisionError: division by zero", ":2"),
        ("import sys; sys.exit(3)", "SystemExit: 3", ":1"),
        ("import no_such_module", "No module named 'no_such_module'", ":1"),
        ("MulLayer = 3", "MulLayer is not a class", ""),
        ("", "cannot be imported: there is no MulLayer in it", ""),
        (None, "its source cannot be read: No such file or directory", ""),
    ],
)
def test_a_reference_that_cannot_be_loaded_is_told_with_both_places(source, message, hint, tmp_path):
    if source is not None:
        (tmp_path / "own.py").write_text(source, "utf-8")
    with pytest.raises(AssignmentError) as fault:
        read(tmp_path, OWN)
    assert f":{line_of(OWN, 'own.py')}: the reference 'own.py:MulLayer' cannot be imported" in fault.value.message
    assert message in fault.value.message
    assert fault.value.hint == (f"look at {tmp_path / 'own.py'}{hint}" if hint else "")


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
