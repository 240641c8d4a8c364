"""Exact finite differences of the learner's own forward, on a lattice of whole numbers.

For a multilinear function f, f(p + v) - f(p - v) = 2 <grad f(p), v> without a truncation error (terms of even degree
in v cancel; those of degree three and more do not occur with two inputs), and on whole numbers below 2^53 without
rounding. So the comparison is an equality: no step to choose, no tolerance, no false alarm.
"""

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["directional_derivative", "inner_product"]


def directional_derivative(ahead: float, behind: float) -> Fraction | None:
    """Return (f(p + v) - f(p - v)) / 2 exactly, or None when a value is not finite."""
    try:
        return (Fraction(ahead) - Fraction(behind)) / 2
    except (OverflowError, ValueError):
        return None


def inner_product(gradients: Sequence[float], direction: Sequence[int]) -> Fraction | None:
    """Return <gradients, direction> exactly, or None when a gradient is not finite."""
    try:
        return sum((Fraction(g) * v for g, v in zip(gradients, direction, strict=True)), Fraction(0))
    except (OverflowError, ValueError):
        return None
