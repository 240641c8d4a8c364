"""How the tests call ``dout``: the command, its environment, and two files to grade."""

import os
import sys
from pathlib import Path

import harness

__all__ = ["RIGHT", "ROOT", "WRONG", "command", "environment"]

#: Works in a checkout and with an installed wheel alike: the folder that this very harness was imported from.
ROOT = str(Path(harness.__file__).parent.parent)
RIGHT = """
class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""
WRONG = RIGHT.replace("dout * self.y, dout * self.x", "dout * self.x, dout * self.y")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness.cli", *map(str, arguments)]


def environment(**changed: str | None) -> dict[str, str]:
    """The environment of a test, without what the machine may set; None takes a variable away."""
    base = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "PYTHONIOENCODING")}
    base |= {"PYTHONPATH": ROOT}
    return {name: value for name, value in (base | changed).items() if value is not None}
