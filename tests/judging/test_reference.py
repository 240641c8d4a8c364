"""The reference layers are right: by finite differences, by exact arithmetic, and on the seed example bit for bit."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reference.layers import AddLayer, MulLayer

LAYERS = pytest.mark.parametrize("layer", [AddLayer, MulLayer])
MODERATE = st.floats(-100, 100).filter(lambda v: abs(v) > 1e-3)
WHOLE = st.integers(-(2**24), 2**24).map(float)


@LAYERS
@given(x=MODERATE, y=MODERATE, dout=MODERATE)
def test_backward_is_the_derivative_of_forward_by_the_books_central_differences(layer, x, y, dout):
    h = 1e-4  # section 4.3 of the book
    one = layer()
    one.forward(x, y)
    dx, dy = one.backward(dout)
    by_x = dout * (layer().forward(x + h, y) - layer().forward(x - h, y)) / (2 * h)
    by_y = dout * (layer().forward(x, y + h) - layer().forward(x, y - h)) / (2 * h)
    # Rounding of two outputs of size up to 1e4, divided by 2e-4, times dout up to 100.
    assert math.isclose(dx, by_x, rel_tol=1e-7, abs_tol=1e-5)
    assert math.isclose(dy, by_y, rel_tol=1e-7, abs_tol=1e-5)


@LAYERS
@given(x=WHOLE, y=WHOLE, dout=WHOLE, vx=st.integers(-1024, 1024), vy=st.integers(-1024, 1024))
def test_backward_is_the_derivative_of_forward_exactly_on_whole_numbers(layer, x, y, dout, vx, vy):
    one = layer()
    one.forward(x, y)
    dx, dy = map(Fraction, one.backward(dout))
    change = Fraction(layer().forward(x + vx, y + vy)) - Fraction(layer().forward(x - vx, y - vy))
    assert dx * vx + dy * vy == Fraction(dout) * change / 2


@given(x=st.floats(-1e60, 1e60), y=st.floats(-1e60, 1e60), dout=st.floats(-1e60, 1e60))
def test_every_answer_is_the_exact_one_correctly_rounded(x, y, dout):
    products = [Fraction(x) * Fraction(y), Fraction(dout) * Fraction(y), Fraction(dout) * Fraction(x)]
    assume(all(product == 0 or abs(product) > Fraction(2) ** -1000 for product in products))
    mul, add = MulLayer(), AddLayer()
    assert [mul.forward(x, y), *mul.backward(dout)] == [float(product) for product in products]
    assert [add.forward(x, y), *add.backward(dout)] == [float(Fraction(x) + Fraction(y)), dout, dout]


@LAYERS
@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (2, 3), (2, 1, 2, 3)], ids=str)
def test_shapes_are_kept(layer, shape):
    one = layer()
    array = np.ones(shape)
    assert np.shape(one.forward(array, array)) == shape
    assert [np.shape(gradient) for gradient in one.backward(array)] == [shape, shape]


@LAYERS
def test_inputs_are_left_alone(layer):
    x, y, dout = np.array([1.0, -2.0]), np.array([3.0, 4.0]), np.array([5.0, -6.0])
    one = layer()
    one.forward(x, y)
    one.backward(dout)
    assert (x.tolist(), y.tolist(), dout.tolist()) == ([1.0, -2.0], [3.0, 4.0], [5.0, -6.0])


@LAYERS
def test_two_instances_do_not_disturb_each_other(layer):
    one, other, alone = layer(), layer(), layer()
    one.forward(2.5, 1.5)
    other.forward(-4.0, 0.75)
    alone.forward(2.5, 1.5)
    assert one.backward(3.0) == alone.backward(3.0)


def test_the_seed_example_comes_out_bit_for_bit():
    """4 apples at 100, 3 mandarins at 70, tax 1.1; dout 1 goes in at the price."""
    apples, mandarins, total, price = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    fruit = total.forward(apples.forward(100, 4), mandarins.forward(70, 3))
    assert price.forward(fruit, 1.1) == 671.0
    d_fruit, d_tax = price.backward(1)
    d_apples, d_mandarins = total.backward(d_fruit)
    gradients = [*apples.backward(d_apples), *mandarins.backward(d_mandarins), d_apples, d_mandarins, d_fruit, d_tax]
    assert gradients == [4.4, 110.00000000000001, 3.3000000000000003, 77.0, 1.1, 1.1, 1.1, 610]
