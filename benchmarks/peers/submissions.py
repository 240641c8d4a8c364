"""The right and the wrong submissions that every grader gets; they come from the tests of the judge."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tests" / "judging"))

from mutants import TABLES, submission
from mutants.templates import RIGHT_ADD, RIGHT_MUL
from variants import ADD_VARIANTS, MUL_VARIANTS

_BOOK = Path(__file__).resolve().parent.parent.parent / "examples" / "book.py"

__all__ = ["right_submissions", "wrong_submissions"]

#: Forms that answer the question as it is asked, two gradients: what passes must not depend on taste.
_MULS = ("a list", "an array of two rows", "np.einsum", "a frozen dataclass", "Korean names", "printing")
_ADDS = ("np.broadcast_arrays", "lambdas")
_WARNS = """\
import warnings

class MulLayer:
    def forward(self, x, y):
        warnings.warn("x and y are kept", stacklevel=2)
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""


def right_submissions() -> dict[str, str]:
    """Return right layers in several forms: name -> text."""
    return {
        "the book's": _BOOK.read_text(encoding="utf-8"),
        **{f"MulLayer, {name}": f"{RIGHT_ADD}\n{MUL_VARIANTS[name]}" for name in _MULS},
        **{f"AddLayer, {name}": f"{RIGHT_MUL}\n{ADD_VARIANTS[name]}" for name in _ADDS},
        "MulLayer, a warning": f"{RIGHT_ADD}\n{_WARNS}",
    }


def wrong_submissions(per_family: int) -> dict[str, str]:
    """Return that many wrong layers of each family, evenly spaced in it: name -> text."""
    chosen = {}
    for table, mutants in TABLES.items():
        # What a layer that tosses a coin is caught by is another thing each time.
        steady = [name for name, mutant in mutants.items() if "random." not in mutant.source]
        for name in steady[:: len(steady) // per_family][:per_family]:
            chosen[f"{table}, {name}"] = submission(mutants[name].layer, mutants[name].source)
    return chosen
