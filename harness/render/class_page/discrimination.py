"""How well a check tells learners apart: the correlation of passing it with the points of all other checks."""

import math

from harness.language import marked

__all__ = ["Discrimination", "Spread", "chance_bound"]

#: Why there is no correlation.
_FEW = marked("one learner only")
_ALL = marked("all passed")
_NONE = marked("none passed")
_REST_SAME = marked("all other points are the same")


class Spread:
    """Count, mean and sum of squared deviations of numbers that are seen once.

    By the recurrence of Welford (1962), with West's weights (1979): equal numbers have a sum of exactly 0.
    """

    __slots__ = ("count", "mean", "squares")

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0

    def add(self, number: float, times: int) -> None:
        """Take in a number that is there ``times`` times."""
        self.count += times
        distance = number - self.mean
        self.mean += distance * times / self.count
        self.squares += distance * (number - self.mean) * times


class Discrimination:
    """The point-biserial correlation of one check with the points of all others.

    It is Pearson's correlation of a 0 or 1 (passed) with a number, r = (M1 - M0) / s * sqrt(n1 * n0) / n: M1 and M0 are
    the means of those who passed and of the others, s the standard deviation of all, with divisor n (Lord and Novick,
    "Statistical theories of mental test scores", 1968). The number is the rest score, the points of the other checks:
    a check in its own total would correlate with itself (Henrysson, "Correction of item-total correlations in item
    analysis", 1963).
    """

    __slots__ = ("others", "passed")

    def __init__(self) -> None:
        self.passed = Spread()
        self.others = Spread()

    def add(self, rest: float, times: int = 1, *, passed: bool) -> None:
        """Take in ``times`` learners with the same points of all other checks."""
        (self.passed if passed else self.others).add(rest, times)

    @property
    def value(self) -> float | None:
        """The correlation, from -1 to 1; None where there is none, which ``why_none`` explains."""
        if self.why_none:
            return None
        one, zero = self.passed, self.others
        weight = one.count * zero.count / (one.count + zero.count)
        apart = one.mean - zero.mean
        found = apart * math.sqrt(weight) / math.sqrt(self._squares)
        return max(-1.0, min(1.0, found))

    @property
    def why_none(self) -> str:
        """Why there is no correlation, a sentence to be translated; empty where there is one."""
        one, zero = self.passed, self.others
        if one.count + zero.count < 2:
            return _FEW
        if not zero.count:
            return _ALL
        if not one.count:
            return _NONE
        return "" if self._squares > 0 else _REST_SAME

    @property
    def _squares(self) -> float:
        """The sum of squared deviations of all from the mean of all (Chan, Golub and LeVeque 1979)."""
        one, zero = self.passed, self.others
        apart = one.mean - zero.mean
        return one.squares + zero.squares + apart * apart * one.count * zero.count / (one.count + zero.count)


def chance_bound(count: int) -> float:
    """Return below which size a correlation of ``count`` learners can well be chance, at most 1.

    Where two things have nothing to do with each other, their correlation has a standard deviation of
    1 / sqrt(count - 1), and stays within two of those 19 times of 20.
    """
    return min(1.0, 2 / math.sqrt(count - 1)) if count > 1 else 1.0
