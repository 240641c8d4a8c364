"""The record of one wrong layer, and texts of the two layers with places to put a mistake in."""

from textwrap import indent
from typing import NamedTuple

from right_layers import ADD as RIGHT_ADD
from right_layers import MUL as RIGHT_MUL

__all__ = ["RIGHT_ADD", "RIGHT_MUL", "Mutant", "add_layer", "mul_layer", "submission"]


class Mutant(NamedTuple):
    """A submission in which one layer is wrong."""

    #: The layer that is wrong.
    layer: str
    source: str
    #: Kinds of that layer's checks, or ids of graph checks, that find the mistake; others may only wait for these.
    caught_by: frozenset[str]


def submission(layer: str, source: str) -> str:
    """Return a whole file: the wrong layer, and the other one right."""
    return source + "\n\n" + (RIGHT_ADD if layer == "MulLayer" else RIGHT_MUL)


def mul_layer(
    forward: str = "x * y",
    dx: str = "dout * y",
    dy: str = "dout * x",
    *,
    above: str = "",
    init: str = "pass",
    before_forward: str = "",
    before_backward: str = "",
    returns: str = "dx, dy",
) -> str:
    """Return the text of a MulLayer; in ``backward`` the inputs are called x and y."""
    return _layer("MulLayer", forward, dx, dy, above, init, before_forward, before_backward, returns)


def add_layer(
    forward: str = "x + y",
    dx: str = "dout",
    dy: str = "dout",
    *,
    above: str = "",
    init: str = "pass",
    before_forward: str = "",
    before_backward: str = "",
    returns: str = "dx, dy",
) -> str:
    """Return the text of an AddLayer that keeps its inputs, so that a mistake may depend on them."""
    return _layer("AddLayer", forward, dx, dy, above, init, before_forward, before_backward, returns)


def _layer(
    name: str,
    forward: str,
    dx: str,
    dy: str,
    above: str,
    init: str,
    before_forward: str,
    before_backward: str,
    returns: str,
) -> str:
    return f"""\
import numpy as np
{above}

class {name}:
    def __init__(self):
{indent(init, " " * 8)}

    def forward(self, x, y):
{indent(before_forward, " " * 8)}
        self.x, self.y = x, y
        return {forward}

    def backward(self, dout):
        x, y = self.x, self.y
{indent(before_backward, " " * 8)}
        dx = {dx}
        dy = {dy}
        return {returns}
"""
