"""Cases for the numbers in a learner's own file."""

import itertools
import math

import numpy as np
import pytest
from inprocess import assignment, bank, observe_text
from mutants.templates import RIGHT_ADD, RIGHT_MUL, mul_layer

from harness.naming import Found
from harness.probes import probe_cases
from harness.sandbox.protocol import Source
from harness.sandbox.source import read_program
from harness.sandbox.values import unpack_array


def probes(*literals, name="MulLayer"):
    """Return the arguments (x, y, dout) of the probes for a MulLayer with these numbers in it."""
    found = [Found(name="AddLayer", line=1), Found(name=name, line=9, literals=literals)]
    cases = list(probe_cases(assignment(), found))
    assert all(case.group in {"MulLayer/numbers", "MulLayer/arrays"} for case in cases)
    return [(*case.steps[1].args, *case.steps[2].args) for case in cases if case.group == "MulLayer/numbers"]


def arrays(literal):
    """Return the same of the probes that are arrays."""
    found = [Found(name="AddLayer", line=1), Found(name="MulLayer", line=9, literals=(literal,))]
    cases = [case for case in probe_cases(assignment(), found) if case.group == "MulLayer/arrays"]
    return [[unpack_array(arg)[0] for arg in (*case.steps[1].args, *case.steps[2].args)] for case in cases]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["x", "y", "dout"])
def test_a_number_is_asked_for_in_every_place_with_its_neighbours(place):
    asked = {values[place] for values in probes(777.5)}
    assert asked >= {
        777.5,
        math.nextafter(777.5, math.inf),
        math.nextafter(777.5, -math.inf),
        778.5,
        776.5,
        -777.5,
    }


def test_a_number_is_asked_for_as_a_product_a_sum_and_a_gradient():
    asked = probes(42.0)
    assert {x * y for x, y, _ in asked} >= {42.0, 41.0, 43.0}
    assert {x + y for x, y, _ in asked} >= {42.0, 41.0, 43.0}
    assert {dout * y for _, y, dout in asked} >= {42.0, 41.0, 43.0}


@pytest.mark.parametrize("place", [0, 1, 2], ids=["x", "y", "dout"])
def test_a_number_and_its_neighbours_are_in_an_array_in_every_place(place):
    near = {777.5, math.nextafter(777.5, math.inf), math.nextafter(777.5, -math.inf), 778.5, 776.5, -777.5}
    assert any(set(values[place].tolist()) == near for values in arrays(777.5))


def test_a_number_fills_a_whole_array():
    assert any((np.array(values) == 777.5).all() for values in arrays(777.5))


def test_a_number_that_can_be_a_size_is_one():
    assert {values[0].size for values in arrays(77.0)} >= {77, 78}


@pytest.mark.parametrize("literal", [77.5, -77.0, 1e9])
def test_a_number_that_can_be_no_size_is_none(literal):
    assert max(values[0].size for values in arrays(literal)) < 10


def test_the_arrays_of_a_probe_have_one_shape():
    assert all(len({array.shape for array in values}) == 1 for values in arrays(7.0))


def test_the_numbers_of_ordinary_layers_are_not_asked_for_again():
    assert probes() == probes(0.0, 1.0, -1.0) == []


@pytest.mark.parametrize(("place", "special"), [*itertools.product(range(3), (0.0, 1.0, -1.0))])
def test_the_numbers_that_are_left_out_are_in_every_place_of_the_bank(place, special):
    for layer in ("AddLayer", "MulLayer"):
        cases = [bank().cases[index] for index in bank().groups[f"{layer}/numbers"]]
        assert any((*case.steps[1].args, *case.steps[2].args)[place] == special for case in cases)


def test_infinities_and_nan_are_left_to_the_arrays():
    assert probes(math.inf, math.nan, -math.inf) == []


def test_the_largest_float_has_finite_neighbours_or_none():
    asked = probes(1.7976931348623157e308)
    assert asked
    assert not any(math.isnan(value) for values in asked for value in values)


def test_a_table_of_numbers_makes_no_more_cases_than_a_dozen():
    assert len(probes(*range(100, 200))) == len(probes(*range(100, 112)))


def test_a_layer_that_is_not_there_has_no_probes():
    assert probes(671.0, name=None) == []


def test_the_same_file_gets_the_same_probes():
    text = mul_layer("x * y + 12345 - 12345") + RIGHT_ADD
    assert observe_text(text).cases == observe_text(text).cases


def test_probes_are_counted_and_come_after_the_bank():
    seen = observe_text(mul_layer(dx="dout * y * 7.5 / 7.5") + RIGHT_ADD)
    assert len(seen.probed) == len(seen.cases) - len(bank().cases) > 0
    assert seen.cases[: len(bank().cases)] == bank().cases


def test_an_ordinary_file_gets_none():
    assert observe_text(RIGHT_ADD + RIGHT_MUL).probed == []


NUMBERS = {
    "a number": ("x == 12345", "", {12345.0}),
    "a negative one": ("x == -12345", "", {-12345.0}),
    "arithmetic": ("x == 2**20 + 0.5", "", {1048576.5}),
    "a part that is arithmetic": ("x + 3 * 7 == 5", "", {21.0, 5.0}),
    "underscores": ("x == 12_345", "", {12345.0}),
    "hexadecimal": ("x == 0x10", "", {16.0}),
    "an exponent": ("x == 1e40", "", {1e40}),
    "two": ("1.5 < x < 2.5", "", {1.5, 2.5}),
    "a truth value is no number": ("x is True", "", set()),
    "text is no number": ("x == '5'", "", set()),
    "a complex number is none": ("x == 5j", "", set()),
    "an int beyond floats": (f"x == {10**400}", "", set()),
    "a constant of the module": ("x == T", "T = 5.5", {5.5}),
    "one of two in a line": ("x == T", "S, T = 4.5, 5.5", {4.5, 5.5}),
    "a constant with a type": ("x == T", "T: float = 5.5", {5.5}),
    "through another name": ("x == T", "S = 5.5\nT = S", {5.5}),
    "in a function that is used": ("near(x)", "def near(v):\n    return v == 5.5", {5.5}),
    "in a function that is not used": ("x", "def far(v):\n    return v == 5.5", set()),
    "in a class that is used": ("K.t == x", "class K:\n    t = 5.5", {5.5}),
    "elsewhere in the module": ("x", "print(5.5)", set()),
    "names in a circle": ("A", "A = B = 5.5\nB = A", {5.5}),
}


@pytest.mark.parametrize(("inside", "above", "numbers"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_found_in_the_class_and_in_what_it_uses(inside, above, numbers):
    text = f"{above}\nclass MulLayer:\n    def forward(self, x, y):\n        return {inside}\n"
    seen = {found.name: found for found in read_program([Source(text, 1)]).seen().classes}
    assert set(seen["MulLayer"].literals) == numbers


def test_numbers_of_a_base_class_count_as_the_classes_own():
    text = "class Base:\n    t = 5.5\nclass MulLayer(Base):\n    pass\n"
    seen = {found.name: found for found in read_program([Source(text, 1)]).seen().classes}
    assert seen["MulLayer"].literals == [5.5]
