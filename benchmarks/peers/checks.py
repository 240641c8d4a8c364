"""The assignment that every peer gets: twelve checks of one point each, written as a course would write them."""

from textwrap import indent
from typing import NamedTuple

__all__ = ["CHECKS", "SETUP", "Check", "looped"]


class Check(NamedTuple):
    """One check: Python statements that raise when a layer is wrong."""

    name: str
    #: The names AddLayer, MulLayer and those of SETUP can be used in it.
    body: str
    #: Whether the statements are for one drawn (x, y, dout) of a hundred.
    drawn: bool = False


#: Stands above the checks. The peers grade with reference layers at hand, as most courses do.
SETUP = """\
import numpy as np


class RightAdd:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout * 1, dout * 1


class RightMul:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


def drawn_inputs():
    return np.random.default_rng(20261123).uniform(-10, 10, (100, 3)).tolist()


X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])
Y = np.array([[2.0, 5.0, -1.0], [3.0, 0.25, 2.0]])
DOUT = np.array([[1.0, -1.0, 2.0], [0.5, 3.0, -2.0]])
"""

_FORWARD_NUMBERS = "np.testing.assert_allclose({Layer}Layer().forward(2.0, 3.0), {out})\n"
_BACKWARD_NUMBERS = """\
layer = {Layer}Layer()
layer.forward(2.0, 3.0)
dx, dy = layer.backward(1.5)
np.testing.assert_allclose(dx, {dx})
np.testing.assert_allclose(dy, {dy})
"""
_FORWARD_ARRAYS = "np.testing.assert_allclose({Layer}Layer().forward(X, Y), Right{Layer}().forward(X, Y))\n"
_BACKWARD_ARRAYS = """\
layer, right = {Layer}Layer(), Right{Layer}()
layer.forward(X, Y)
right.forward(X, Y)
for gradient, expected in zip(layer.backward(DOUT), right.backward(DOUT), strict=True):
    np.testing.assert_allclose(gradient, expected)
"""
# h = 1e-4 as in the book; the formulas have no curvature along one input, so what is left is rounding.
_DIFFERENCES = """\
layer, h = {Layer}Layer(), 1e-4
np.testing.assert_allclose(layer.forward(x, y), Right{Layer}().forward(x, y))
dx, dy = layer.backward(dout)
along_x = (layer.forward(x + h, y) - layer.forward(x - h, y)) / (2 * h)
along_y = (layer.forward(x, y + h) - layer.forward(x, y - h)) / (2 * h)
np.testing.assert_allclose(dx, dout * along_x, rtol=1e-5, atol=1e-6)
np.testing.assert_allclose(dy, dout * along_y, rtol=1e-5, atol=1e-6)
"""
_LAST_FORWARD = """\
layer = MulLayer()
layer.forward(2.0, 3.0)
layer.forward(5.0, 7.0)
np.testing.assert_allclose(layer.backward(1.0), (7.0, 5.0))
"""
# Two apples at 100 with a tax of 1.1, the first graph of the book's chapter 5.
_APPLE = """\
apple, tax = MulLayer(), MulLayer()
assert np.allclose(tax.forward(apple.forward(100, 2), 1.1), 220)
dapple_price, dtax = tax.backward(1)
dapple, dapple_num = apple.backward(dapple_price)
assert np.allclose((dapple, dapple_num, dtax), (2.2, 110, 200))
"""


def _of_layer(layer: str, out: float, dx: float, dy: float) -> list[Check]:
    values = {"Layer": layer, "out": out, "dx": dx, "dy": dy}
    return [
        Check(f"{layer.lower()}_{name}", body.format(**values), drawn=name == "differences")
        for name, body in (
            ("forward_numbers", _FORWARD_NUMBERS),
            ("backward_numbers", _BACKWARD_NUMBERS),
            ("forward_arrays", _FORWARD_ARRAYS),
            ("backward_arrays", _BACKWARD_ARRAYS),
            ("differences", _DIFFERENCES),
        )
    ]


CHECKS = (
    *_of_layer("Add", 5.0, 1.5, 1.5),
    *_of_layer("Mul", 6.0, 4.5, 3.0),
    Check("mul_last_forward", _LAST_FORWARD),
    Check("apple_graph", _APPLE),
)


def looped(check: Check) -> str:
    """Return the statements of a check where nothing but the check itself draws its inputs."""
    return f"for x, y, dout in drawn_inputs():\n{indent(check.body, '    ')}" if check.drawn else check.body
