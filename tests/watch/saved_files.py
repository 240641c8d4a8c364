"""What the tests of watching save."""

from right_layers import ADD as ONLY_ADD
from right_layers import RIGHT
from right_layers import SWAPPED as WRONG

__all__ = ["NOTHING", "ONLY_ADD", "RIGHT", "TWO_MISTAKES", "WRONG"]

TWO_MISTAKES = WRONG.replace("x + y", "x - y")
NOTHING = "pass\n"
