"""The record of a named mistake, and texts of layers to put it in."""

from textwrap import indent
from typing import NamedTuple

__all__ = ["Named", "add", "add_backward", "mul", "mul_backward", "whole"]


class Named(NamedTuple):
    """A submission in which one layer has one mistake."""

    layer: str
    source: str
    #: The check whose code is looked at.
    check: str


def whole(layer: str, forward: str, backward: str, *, above: str = "", init: str = "", inside: str = "") -> str:
    """Return a layer with these bodies of methods."""
    made = f"    def __init__(self):\n{indent(init, ' ' * 8)}\n\n" if init else ""
    return (
        f"import numpy as np\n{above}\n\nclass {layer}:\n{indent(inside, '    ')}\n{made}"
        f"    def forward(self, x, y):\n{indent(forward, ' ' * 8)}\n\n"
        f"    def backward(self, dout):\n{indent(backward, ' ' * 8)}\n"
    )


def mul(forward: str = "return x * y", backward: str = "return dout * self.y, dout * self.x", **more: str) -> str:
    """Return a MulLayer that keeps its inputs before ``forward``."""
    return whole("MulLayer", f"self.x, self.y = x, y\n{forward}", backward, **more)


def add(forward: str = "return x + y", backward: str = "return dout, dout", **more: str) -> str:
    """Return an AddLayer that keeps its inputs before ``forward``."""
    return whole("AddLayer", f"self.x, self.y = x, y\n{forward}", backward, **more)


def mul_backward(*bodies: str, **more: str) -> dict[str, Named]:
    """Return a MulLayer for each body of backward."""
    return {f"Mul: {body}": Named("MulLayer", mul(backward=body, **more), "MulLayer.backward") for body in bodies}


def add_backward(*bodies: str, **more: str) -> dict[str, Named]:
    """Return an AddLayer for each body of backward."""
    return {f"Add: {body}": Named("AddLayer", add(backward=body, **more), "AddLayer.backward") for body in bodies}
