"""How far a right answer may be from the expected one, and why."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_ULPS", "all_within_ulps", "within_ulps"]

#: One product or sum is correctly rounded, so the same formula gives the same bits. A right layer may write it with one
#: or two more roundings (x / (1 / y), a sum of halves): each costs at most half an ulp of a factor, under 4 ulp in all.
#: 4 ulp is 9e-16 relative; the smallest mistake worth naming, a float32 cast, is 6e-8.
MOST_ULPS = 4


def within_ulps(got: float, expected: float) -> bool:
    """Tell whether two finite floats are at most ``MOST_ULPS`` units in the last place of ``expected`` apart."""
    return abs(got - expected) <= MOST_ULPS * math.ulp(expected)


def all_within_ulps(got: NDArray[np.float64], expected: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell the same for each entry, in units of ``expected``'s own precision.

    Args:
        got: Shape S.
        expected: Shape S; its dtype says how precise an answer can be.
    """
    with np.errstate(all="ignore"):
        # The spacing above the largest float is infinite; the one below it is meant.
        largest = np.nextafter(np.finfo(expected.dtype).max, expected.dtype.type(0))
        unit = np.spacing(np.minimum(np.abs(expected), largest)).astype(np.float64)
        near: NDArray[np.bool_] = np.abs(got - expected.astype(np.float64)) <= MOST_ULPS * unit
        return near
