"""The addition and multiplication layers of "Deep Learning from Scratch", section 5.4.

A layer is one node of a computational graph. ``forward`` computes the node's output. ``backward`` receives the
*upstream gradient* ``dout``: how much the final result changes when this node's output changes a little. It returns
one gradient for each input: ``dout`` times the *local derivative* of the output with respect to that input. That
product is the chain rule, and it is all that backpropagation does at a node.
"""

from typing import Any

__all__ = ["AddLayer", "MulLayer"]

#: A number or a numpy array; both inputs have the same shape, and so have the output and the gradients.
Tensor = Any


class AddLayer:
    """out = x + y.

    If only x grows by a small h, out grows by h as well, so the local derivative is 1 for x, and likewise 1 for y.
    The gradients do not depend on x and y: nothing has to be remembered between ``forward`` and ``backward``.
    """

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum of x and y."""
        return x + y

    def backward(self, dout: Tensor) -> tuple[Tensor, Tensor]:
        """Return (dx, dy): the upstream gradient flows to both inputs unchanged."""
        dx = dout * 1
        dy = dout * 1
        return dx, dy


class MulLayer:
    """out = x * y.

    If only x grows by a small h, out grows by h * y, so the local derivative for x is y, and for y it is x.
    The gradients need both inputs: ``forward`` keeps them for ``backward``.
    """

    def __init__(self) -> None:
        self.x: Tensor = None
        self.y: Tensor = None

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the product of x and y, and keep both."""
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout: Tensor) -> tuple[Tensor, Tensor]:
        """Return (dx, dy): each input's gradient is the upstream gradient times the *other* input."""
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
