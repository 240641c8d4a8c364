"""Compares one returned value with the expected one: kind, exact shape, class of each number, then at most 4 ulp."""

import enum
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.gradients.tolerance import all_within_ulps, within_ulps
from harness.records import Record
from harness.sandbox.values import Other

__all__ = ["Difference", "Kind", "Number", "compare"]

Number = int | float | NDArray[Any]


class Kind(enum.Enum):
    """What is wrong with a value."""

    TYPE = "type"  # not a number or an array of real numbers
    SHAPE = "shape"
    VALUE = "value"


class Difference(Record, frozen=True):
    """How a value differs from the expected one."""

    kind: Kind
    #: For TYPE: what it is instead. For SHAPE: its shape.
    found: str = ""
    #: For VALUE in an array: index of the first entry that differs.
    entry: tuple[int, ...] | None = None
    #: For VALUE in an array: how many entries differ.
    count: int = 1


def compare(got: Number | Other, expected: Number) -> Difference | None:
    """Return how ``got`` differs from ``expected``, or None when it is right.

    A Python number, a numpy scalar and an array of shape () are the same thing. Shapes are never broadcast. NaN equals
    NaN, an infinity equals itself, a zero equals a zero of the other sign.
    """
    if isinstance(got, Other):
        return Difference(kind=Kind.TYPE, found=got.description)
    if not isinstance(got, np.ndarray):
        if not isinstance(expected, np.ndarray):
            return _compare_numbers(got, expected)
        if expected.shape != ():
            return Difference(kind=Kind.SHAPE, found="()")
        # The expected dtype says how precise an answer can be.
        return _compare_entries(np.asarray(got), expected)
    if got.dtype.kind not in "iuf":
        return Difference(kind=Kind.TYPE, found=f"an array of {got.dtype}" if got.shape else str(got.dtype))
    wanted = expected if isinstance(expected, np.ndarray) else np.asarray(expected)
    if got.shape != wanted.shape:
        return Difference(kind=Kind.SHAPE, found=str(got.shape))
    return _compare_entries(got, wanted)


def _compare_numbers(got: float, expected: float) -> Difference | None:
    if got == expected or (math.isnan(got) and math.isnan(expected)):
        return None
    if math.isfinite(got) and math.isfinite(expected) and within_ulps(float(got), float(expected)):
        return None
    return Difference(kind=Kind.VALUE)


def _compare_entries(got: NDArray[Any], wanted: NDArray[Any]) -> Difference | None:
    if np.array_equal(got, wanted):
        return None
    precise = wanted if wanted.dtype.kind == "f" else wanted.astype(np.float64)
    values = got.astype(np.float64)
    right = (values == precise) | (np.isnan(values) & np.isnan(precise))
    finite = np.isfinite(values) & np.isfinite(precise)
    right |= finite & all_within_ulps(values, precise)
    if right.all():
        return None
    wrong = np.argwhere(~right)
    return Difference(kind=Kind.VALUE, entry=tuple(int(n) for n in wrong[0]) or None, count=len(wrong))
