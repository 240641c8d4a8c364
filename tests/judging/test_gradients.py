"""What counts as equal, and differences that are exact."""

import math
from fractions import Fraction

import numpy as np
import pytest

from harness.gradients.compare import Kind, compare
from harness.gradients.finite_difference import central_difference, exact, inner_product
from harness.gradients.tolerance import MOST_ULPS, all_within_ulps, within_ulps
from harness.sandbox.values import Other

ONE_THIRD = 1 / 3

EQUAL = {
    "the same float": (0.5, 0.5),
    "an int and a float": (6, 6.0),
    "a float and an int": (6.0, 6),
    "zeros of either sign": (0.0, -0.0),
    "NaN and NaN": (math.nan, math.nan),
    "the same infinity": (math.inf, math.inf),
    "a number and an array of shape ()": (2.5, np.array(2.5)),
    "an array of shape () and a number": (np.array(2.5), 2.5),
    "4 ulp above": (1 + 4 * 2**-52, 1.0),
    "4 ulp below": (1.5 - 4 * 2**-52, 1.5),
    "the same array": (np.array([1.0, 2.0]), np.array([1.0, 2.0])),
    "arrays of different memory orders": (np.ones((2, 3), order="F"), np.ones((2, 3))),
    "a float array for an integer one": (np.array([1.0, 2.0]), np.array([1, 2])),
    "an integer array for a float one": (np.array([1, 2]), np.array([1.0, 2.0])),
    "float64 for float32": (np.array([ONE_THIRD]), np.array([ONE_THIRD], np.float32)),
    "a float64 number for a float32 array of shape ()": (ONE_THIRD, np.array(ONE_THIRD, np.float32)),
    "4 ulp of float32 for float32": (
        np.array([1 + 4 * 2**-23], np.float32),
        np.array([1], np.float32),
    ),
    "empty arrays of the same shape": (np.zeros((3, 0)), np.zeros((3, 0), int)),
    "arrays with NaN at the same place": (np.array([math.nan, 1.0]), np.array([math.nan, 1.0])),
    "arrays with the same infinities": (np.array([math.inf, -math.inf]), np.array([math.inf, -math.inf])),
    "arrays within 4 ulp": (np.array([1 + 4 * 2**-52, 0.0]), np.array([1.0, -0.0])),
    "float16 that holds the value": (np.array([0.5], np.float16), np.array([0.5])),
    "unsigned integers": (np.array([7], np.uint8), np.array([7])),
}

DIFFERENT = {
    "5 ulp above": (1 + 5 * 2**-52, 1.0, Kind.VALUE),
    "a float32 cast": (float(np.float32(0.1)), 0.1, Kind.VALUE),
    "off by 1e-15": (0.21 * (1 + 2e-15), 0.21, Kind.VALUE),
    "another int": (7, 6, Kind.VALUE),
    "NaN for a number": (math.nan, 1.0, Kind.VALUE),
    "a number for NaN": (1.0, math.nan, Kind.VALUE),
    "the other infinity": (-math.inf, math.inf, Kind.VALUE),
    "the largest number for infinity": (1.7976931348623157e308, math.inf, Kind.VALUE),
    "infinity for the largest number": (math.inf, 1.7976931348623157e308, Kind.VALUE),
    "something tiny for 0": (1e-300, 0.0, Kind.VALUE),
    "0 for something tiny": (0.0, 1e-300, Kind.VALUE),
    "the sign": (-2.0, 2.0, Kind.VALUE),
    "None": (Other("None"), 1.0, Kind.TYPE),
    "text": (Other("str"), 1.0, Kind.TYPE),
    "a complex number": (np.array(2 + 0j), 2.0, Kind.TYPE),
    "a complex array": (np.array([2 + 0j]), np.array([2.0]), Kind.TYPE),
    "a truth value": (np.array(True), 1.0, Kind.TYPE),
    "an array of truth values": (np.array([True]), np.array([1.0]), Kind.TYPE),
    "an array of one for a number": (np.array([2.0]), 2.0, Kind.SHAPE),
    "a number for an array of one": (2.0, np.array([2.0]), Kind.SHAPE),
    "a number for an array": (2.0, np.array([2.0, 2.0]), Kind.SHAPE),
    "a row for a vector": (np.ones((1, 3)), np.ones(3), Kind.SHAPE),
    "the transposed shape": (np.ones((3, 2)), np.ones((2, 3)), Kind.SHAPE),
    "(0,) for (3, 0)": (np.ones(0), np.ones((3, 0)), Kind.SHAPE),
    "() for (1,)": (np.array(1.0), np.ones(1), Kind.SHAPE),
    "one wrong entry": (np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]), Kind.VALUE),
    "NaN in an array": (np.array([1.0, math.nan]), np.array([1.0, 2.0]), Kind.VALUE),
    "a number for NaN in an array": (np.array([1.0, 2.0]), np.array([1.0, math.nan]), Kind.VALUE),
    "another infinity in an array": (np.array([math.inf]), np.array([-math.inf]), Kind.VALUE),
    "5 ulp in an array": (np.array([1 + 5 * 2**-52]), np.array([1.0]), Kind.VALUE),
    "5 ulp at the largest number in an array": (
        np.array([1.7976931348623157e308 - 5 * 2.0**971]),
        np.array([1.7976931348623157e308]),
        Kind.VALUE,
    ),
    "float16 that cannot hold the value": (np.array([0.1], np.float16), np.array([0.1]), Kind.VALUE),
    "integers cut off": (np.array([2]), np.array([2.5]), Kind.VALUE),
}


@pytest.mark.parametrize(("got", "expected"), EQUAL.values(), ids=EQUAL)
def test_right_values_have_no_difference(got, expected):
    assert compare(got, expected) is None


@pytest.mark.parametrize(("got", "expected", "kind"), DIFFERENT.values(), ids=DIFFERENT)
def test_wrong_values_differ_in_type_shape_or_value(got, expected, kind):
    assert compare(got, expected).kind is kind


def test_a_difference_names_the_first_entry_and_counts_all():
    difference = compare(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 9.0], [9.0, 4.0]]))
    assert (difference.entry, difference.count) == ((0, 1), 2)


def test_a_difference_of_numbers_names_no_entry():
    assert compare(1.0, 2.0).entry is None
    assert compare(np.array(1.0), 2.0).entry is None


def test_a_difference_in_shape_says_which_shape_was_found():
    assert compare(np.ones((1, 3)), np.ones(3)).found == "(1, 3)"
    assert compare(1.0, np.ones(3)).found == "()"


@pytest.mark.parametrize(
    ("got", "found"), [(np.array([1j]), "an array of complex128"), (np.array(True), "bool"), (Other("dict"), "dict")]
)
def test_a_difference_in_type_says_what_was_found(got, found):
    assert compare(got, np.ones(1)).found == found


def test_comparing_warns_of_nothing():
    for dtype in (np.float64, np.float32, np.float16):
        largest = np.finfo(dtype).max
        values = np.array([largest, math.inf, math.nan, np.finfo(dtype).smallest_subnormal], dtype)
        assert compare(-values, values) is not None
        assert compare(values + 0, values) is None


@pytest.mark.parametrize("value", [1.0, 1.5, -3.0, 2.0**-1000, 1e300, 5e-324, 0.0])
def test_the_tolerance_is_four_units_in_the_last_place_of_the_expected_value(value):
    unit = math.ulp(value)
    assert MOST_ULPS == 4
    assert within_ulps(value + 4 * unit, value)
    assert not within_ulps(value + 5 * unit, value)


def test_arrays_are_judged_in_units_of_the_expected_precision():
    near = np.array([1 + 4 * 2**-23, 1 + 5 * 2**-23])
    assert all_within_ulps(near, np.ones(2, np.float32)).tolist() == [True, False]
    assert all_within_ulps(near, np.ones(2)).tolist() == [False, False]


@pytest.mark.parametrize(
    ("number", "same"),
    [(3, 3), (4.0, 4), (0.1, Fraction(0.1)), (-0.0, 0), (2.0**80, 2**80), (math.inf, None), (math.nan, None)],
)
def test_numbers_are_made_exact(number, same):
    assert exact(number) == same


def test_whole_numbers_stay_whole_because_they_are_faster_than_fractions():
    assert type(exact(4.0)) is int
    assert type(exact(4)) is int


def test_a_central_difference_loses_nothing():
    assert central_difference(0.3, 0.1) == Fraction(0.3) - Fraction(0.1)
    assert central_difference(2.0**60, 1.0) == 2**60 - 1


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_there_is_no_central_difference_of_what_is_not_finite(bad):
    assert central_difference(bad, 1.0) is None
    assert central_difference(1.0, bad) is None


def test_an_inner_product_loses_nothing():
    assert inner_product([0.1, 2.0**60], [3, -1]) == Fraction(0.1) * 3 - 2**60


def test_there_is_no_inner_product_with_what_is_not_finite():
    assert inner_product([1.0, math.nan], [1, 0]) is None


def test_gradients_and_direction_have_the_same_length():
    with pytest.raises(ValueError, match="shorter"):
        inner_product([1.0, 2.0], [1])
