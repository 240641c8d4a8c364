"""How the tests call ``dout``: the command, its environment, and two files to grade."""

import os
import sys
from pathlib import Path

from right_layers import RIGHT
from right_layers import SWAPPED as WRONG

import harness

__all__ = ["RIGHT", "ROOT", "WRONG", "command", "environment"]

#: Works in a checkout and with an installed wheel alike: the folder that this very harness was imported from.
ROOT = str(Path(harness.__file__).parent.parent)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness.cli", *map(str, arguments)]


def environment(**changed: str | None) -> dict[str, str]:
    """The environment of a test, without what the machine may set; None takes a variable away."""
    base = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "PYTHONIOENCODING")}
    base |= {"PYTHONPATH": ROOT}
    return {name: value for name, value in (base | changed).items() if value is not None}
