"""Exact finite differences of the learner's own forward, on a lattice of whole numbers.

For a multilinear function f, f(p + v) - f(p - v) = 2 <grad f(p), v> without a truncation error (terms of even degree
in v cancel; those of degree three and more do not occur with two inputs), and on whole numbers below 2^53 without
rounding. So there is no step to choose, and for correctly rounded answers the comparison is an equality.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["central_difference", "exact", "inner_product", "nearest_float"]


def exact(number: float) -> int | Fraction | None:
    """Return ``number`` as an exact number, a whole one where it is whole, or None when it is not finite."""
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else Fraction(number)


def nearest_float(number: int | Fraction) -> float:
    """Return the float next to an exact number; infinity for one that is beyond all of them."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def central_difference(ahead: float, behind: float) -> int | Fraction | None:
    """Return f(p + v) - f(p - v) exactly, or None when a value is not finite."""
    one, other = exact(ahead), exact(behind)
    return None if one is None or other is None else one - other


def inner_product(gradients: Sequence[float], direction: Sequence[int]) -> int | Fraction | None:
    """Return <gradients, direction> exactly, or None when a gradient is not finite."""
    total: int | Fraction = 0
    for gradient, v in zip(gradients, direction, strict=True):
        number = exact(gradient)
        if number is None:
            return None
        total += number * v
    return total
