"""The codes of mistakes, and the values that a diagnosis gives with each of them."""

from harness.records import Record

__all__ = ["CODES", "GENERAL", "OF_A_FORMULA", "Diagnosis", "Value"]

Value = str | float | int


class Diagnosis(Record, frozen=True):
    """The name of a mistake, and what a message about it has to say."""

    code: str
    #: In no language: numbers, names from the file, and formulas.
    values: dict[str, Value]
    #: Where it is made, when that is not where it shows.
    line: int | None = None


_CALL = ("layer", "method")
#: The names of all outputs that are wrong; the first of them, with its wrong value beside the right one.
_SHOWN = (*_CALL, "names", "name", "got", "expected")

#: Says that something is wrong, and not why.
GENERAL = frozenset({"FORWARD-WRONG", "BACKWARD-WRONG", "STATE-WRONG", "RAISED"})

#: The values of a code that an assignment gives to a mistake in one layer's formula.
OF_A_FORMULA = _SHOWN

#: Code -> names of its values; those of an assignment's own codes are :data:`OF_A_FORMULA`.
#: A value named ``variant`` chooses one of the entry's own messages.
CODES: dict[str, tuple[str, ...]] = {
    "FORWARD-WRONG": _CALL,
    "BACKWARD-WRONG": _CALL,
    "STATE-WRONG": _CALL,
    "RAISED": (*_CALL, "error"),
    "SIGN": _SHOWN,
    "SCALED": (*_SHOWN, "constant"),
    "OFFSET": (*_SHOWN, "constant"),
    "ROUNDED": _SHOWN,
    "PRECISION": (*_SHOWN, "dtype"),
    "NUMERIC-GRADIENT": (*_SHOWN, "step"),
    "ZERO-INPUT": _SHOWN,
    "NON-FINITE": _SHOWN,
    "ONLY-SOMETIMES": (*_SHOWN, "region"),
    "FORWARD-OTHER": (*_CALL, "formula", "wanted"),
    "NOT-YOUR-FORWARD": _CALL,
    "ONE-GRADIENT": (*_CALL, "wanted"),
    "EXTRA-GRADIENTS": (*_CALL, "wanted", "count"),
    "NO-RETURN": (*_CALL, "variant"),
    "WRONG-TYPE": (*_CALL, "found"),
    "SHAPE": (*_CALL, "names", "got", "expected", "variant"),
    "MATRIX-PRODUCT": _CALL,
    "SCALAR-ONLY": _CALL,
    "STATE-SHARED": _CALL,
    "STATE-STALE": _CALL,
    "STATE-ACCUMULATES": _CALL,
    "STATE-MISSING": (*_CALL, "name"),
    "OUTPUT-REUSED": _CALL,
    "INPLACE-INPUT": (*_CALL, "name"),
    "INPLACE-DOUT": _CALL,
    "NOT-IMPLEMENTED": _CALL,
    "METHOD-NAME": (*_CALL, "found"),
    "CLASS-MISSING": ("layer",),
    "IMPORT-FAILED": ("layer",),
    "NOT-PARSABLE": ("layer",),
    "PYTHON2": ("layer",),
    "CONSTRUCTOR": ("layer", "error"),
    "ARITY": _CALL,
    "RECURSION": _CALL,
    "TIMEOUT": _CALL,
    "MEMORY": _CALL,
    "CRASH": _CALL,
}
