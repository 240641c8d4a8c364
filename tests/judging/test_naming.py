"""Which class is graded as which layer: tolerant of spelling, and never silently."""

import pytest
from inprocess import assignment

from harness.naming import Absence, find_layers, folded, misspelt
from harness.sandbox.protocol import BoundClass, ClassSeen, Loaded, Parsed, Problem

LAYERS = assignment().layer
METHODS = ["backward", "forward"]


def find(*names, methods=METHODS, functions=(), problems=(), seen=None):
    """Return what was found of a file with these classes, one every ten lines, and the notes on it."""
    there = [ClassSeen(name, 10 * n, [("forward", 10 * n + 1)], [671.0]) for n, name in enumerate(seen or names, 1)]
    parsed = Parsed(there, list(functions), [], 1)
    loaded = Loaded([BoundClass(name, list(methods)) for name in names], list(problems))
    (add, mul), notes = find_layers(LAYERS, parsed, loaded)
    return add, mul, [note.message for note in notes]


#: name in the file -> whether it needs a note
SPELLINGS = {
    "MulLayer": False,
    "Mullayer": True,
    "mullayer": True,
    "MULLAYER": True,
    "Mul_Layer": True,
    "mul_layer": True,
    "_MulLayer_": True,
    "mulLayer": True,
    "MultiplyLayer": True,
    "MultiplicationLayer": True,
    "MulGate": True,
    "Multiply": True,
    "Mul": True,
    "mul": True,
    "product_layer": True,
}


@pytest.mark.parametrize(("name", "noted"), SPELLINGS.items(), ids=SPELLINGS)
def test_a_class_is_found_under_this_name(name, noted):
    _, mul, notes = find(name)
    assert mul.name == name
    assert bool(notes) is noted
    assert all(note.startswith(f"{name} was graded as MulLayer: ") for note in notes)


@pytest.mark.parametrize(
    "name", ["Affine", "MulLayers", "MyMulLayer", "Layer", "MulLayer2", "AddMul", "Divide", "Relu"]
)
def test_a_class_is_not_taken_for_a_layer_under_this_name(name):
    add, mul, notes = find(name)
    assert (add.name, mul.name, notes) == (None, None, [])


def test_the_books_spelling_wins_over_others():
    _, mul, notes = find("mul_layer", "MulLayer", "MULLAYER")
    assert (mul.name, notes) == ("MulLayer", [])


def test_of_several_other_spellings_the_last_one_counts():
    assert find("mullayer", "Mul_Layer")[1].name == "Mul_Layer"


def test_a_look_alike_is_not_taken_when_the_layer_itself_is_there():
    _, mul, notes = find("MulLayer", "MultiplyLayer")
    assert (mul.name, notes) == ("MulLayer", [])


def test_two_look_alikes_are_not_guessed_between():
    _, mul, notes = find("MulGate", "MultiplyLayer")
    assert mul.name is None
    assert mul.reason == "MulGate and MultiplyLayer could each be MulLayer: name one of them MulLayer"
    assert notes == []


def test_a_look_alike_without_forward_is_not_a_layer():
    assert find("Mul", methods=["backward", "call"])[1].name is None


def test_a_note_says_what_to_rename():
    assert find("MulGate")[2] == ["MulGate was graded as MulLayer: rename it to MulLayer"]
    assert find("Mullayer")[2] == ["Mullayer was graded as MulLayer: the book writes it MulLayer"]


def test_both_layers_are_found_by_themselves():
    add, mul, _ = find("AddGate", "MulGate")
    assert (add.name, mul.name) == ("AddGate", "MulGate")


def test_places_and_numbers_are_those_of_the_last_class_of_that_name():
    mul = find("MulLayer", seen=["MulLayer", "MulLayer"])[1]
    assert (mul.line, mul.method_lines, mul.literals) == (20, {"forward": 21}, (671.0,))


def test_a_class_that_the_parser_did_not_see_has_no_line():
    assert find("MulLayer", seen=["Other"])[1].line is None


REASONS = {
    "nothing alike": ({}, "there is no class MulLayer in this file"),
    "a misspelt class": (
        {"names": ["MulLayr"]},
        "there is no class MulLayer; found MulLayr: is that the one? Then rename it to MulLayer",
    ),
    "a function": (
        {"functions": [("mul_layer", 4)]},
        "mul_layer on line 4 is a function, but a class was expected: write class MulLayer: instead",
    ),
    "a class that could not be made": ({"seen": ["MulLayer"]}, "the class MulLayer could not be made"),
    "a class that raised": (
        {"seen": ["MulLayer"], "problems": [Problem("STATEMENT-FAILED", 12, "NameError: np")]},
        "the class MulLayer could not be made (NameError: np)",
    ),
    "an error before the class": (
        {"seen": ["MulLayer"], "problems": [Problem("IMPORT-FAILED", 1, "no numpy")]},
        "the class MulLayer could not be made",
    ),
}


@pytest.mark.parametrize(("file", "reason"), REASONS.values(), ids=REASONS)
def test_a_missing_layer_has_a_reason(file, reason):
    file = dict(file)
    assert find(*file.pop("names", ()), **file)[1].reason == reason


@pytest.mark.parametrize(
    ("name", "same"), [("MulLayer", "mullayer"), ("Mul_Layer", "mullayer"), ("__MUL__LAYER__", "mullayer")]
)
def test_case_and_underscores_do_not_count(name, same):
    assert folded(name) == same


MISSPELT = {
    "backword": "backword",
    "backwards": "backwards",
    "back_ward": "back_ward",
    "Backward": "Backward",
    "bacward": "bacward",
    "forward": None,
    "grad": None,
}


@pytest.mark.parametrize(("name", "meant"), MISSPELT.items(), ids=MISSPELT)
def test_a_misspelt_method_is_recognised(name, meant):
    assert misspelt(["reset", name], "backward") == meant


def test_the_same_letters_win_over_similar_ones():
    assert misspelt(["backword", "back_ward"], "backward") == "back_ward"


def unreadable(*problems):
    parsed = Parsed([], [], list(problems), 1)
    (_, mul), _ = find_layers(LAYERS, parsed, Loaded([], []))
    return mul


def test_a_class_whose_text_is_no_python_is_told_from_one_that_is_not_there():
    mul = unreadable(Problem("NOT-PARSABLE", 7, "'(' was never closed (in class MulLayer)"))
    assert mul.absence is Absence.UNREADABLE
    assert mul.reason == "the class MulLayer could not be read: line 7: '(' was never closed (in class MulLayer)"


def test_a_class_for_python_2_is_told_as_such():
    problem = Problem("PYTHON2", 7, "Missing parentheses in call to 'print' (in class mul_layer)")
    assert unreadable(problem).absence is Absence.PYTHON2


def test_another_part_that_is_no_python_says_nothing_of_a_class():
    assert unreadable(Problem("NOT-PARSABLE", 7, "invalid syntax")).absence is Absence.NOT_WRITTEN
    assert unreadable(Problem("NOT-PARSABLE", 7, "invalid syntax (in class Relu)")).absence is Absence.NOT_WRITTEN


@pytest.mark.parametrize(
    ("problems", "absence"),
    [
        ([Problem("IMPORT-FAILED", 1, "no module")], Absence.NOT_MADE),
        ([Problem("STATEMENT-FAILED", 10, "NameError: name 'Layer' is not defined")], Absence.NOT_MADE),
        (
            [
                Problem("IMPORT-FAILED", 1, "no module"),
                Problem("STATEMENT-FAILED", 10, "NameError: name 'Layer' is not defined"),
            ],
            Absence.IMPORT,
        ),
    ],
)
def test_a_class_that_was_not_made_for_want_of_an_import_is_told_as_such(problems, absence):
    _, mul, _ = find(seen=["MulLayer"], problems=problems)
    assert mul.absence is absence


def test_a_class_that_stands_inside_something_is_told_with_its_place():
    parsed = Parsed([], [], [], 1, [("Mullayer", 7, "def main"), ("Relu", 9, "def main")])
    (add, mul), _ = find_layers(LAYERS, parsed, Loaded([], []))
    assert mul.reason == (
        "the class Mullayer on line 7 stands inside def main, where it cannot be used from outside: "
        "move it out, to the left margin"
    )
    assert add.reason == "there is no class AddLayer in this file"
