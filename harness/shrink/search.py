"""Has Hypothesis shrink a failure: what its choices mean, and how it is given a failure to start from.

Only public parts of Hypothesis are used, and nothing is drawn at random: its generator takes constants from the modules
that are loaded, and writes them into the working directory.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from harness.shrink.points import PRIMES, Point

__all__ = ["WHOLE", "Arrays", "Numbers", "OutOfReplays", "Space", "load_hypothesis", "smallest"]

#: Whole numbers up to here are exact in a float.
WHOLE = 1 << 53

Choices = tuple[int, ...]


class OutOfReplays(BaseException):
    """Ends a search from within; Hypothesis takes an ordinary exception for a failure."""


class Space(Protocol):
    """What a list of small whole numbers stands for; the smaller they are, the simpler the point."""

    #: The choices to start from.
    start: Choices
    #: The largest value of each choice.
    most: Choices

    def point(self, choices: Choices) -> Point:
        """Return what ``choices`` stand for."""


class _Number:
    """Two choices for one number: its sign, and a place in the list of simple numbers, whole numbers, the first one."""

    def __init__(self, value: float, first: int) -> None:
        self._whole = isinstance(value, int)
        self._simple = list(dict.fromkeys([first, *PRIMES, 4, 6, 8, 9, 10, 1, 0, 0.5, 1.5, 2.5]))
        size = abs(value)
        # A number that is neither small nor whole may still do with fewer digits.
        self._last = [float(f"{size:.{digits}e}") for digits in (0, 1)] if math.isfinite(size) else []
        self._last.append(size)
        if size in self._simple:
            rank = self._simple.index(size)
        elif size <= WHOLE and size == int(size):
            rank = len(self._simple) + int(size)
        else:
            rank = len(self._simple) + WHOLE + len(self._last)
        self.start = (int(math.copysign(1, value) < 0), rank)
        self.most = (1, max(rank, len(self._simple) - 1))

    def value(self, negative: int, rank: int) -> float:
        count = len(self._simple)
        if rank < count:
            size: float = self._simple[rank]
        elif rank <= count + WHOLE:
            size = rank - count
        else:
            size = self._last[rank - count - WHOLE - 1]
        signed = -size if negative else size
        return int(signed) if self._whole and signed == int(signed) else float(signed)


class Numbers:
    """Plain numbers: two choices each."""

    def __init__(self, values: Sequence[float], width: int) -> None:
        self._numbers = [_Number(value, PRIMES[n] if n < width else 1) for n, value in enumerate(values)]
        self.start: Choices = tuple(choice for number in self._numbers for choice in number.start)
        self.most: Choices = tuple(choice for number in self._numbers for choice in number.most)

    def point(self, choices: Choices) -> Point:
        """Return the numbers."""
        pairs = zip(self._numbers, choices[::2], choices[1::2], strict=True)
        return Point(tuple(number.value(negative, rank) for number, negative, rank in pairs))


class Arrays:
    """Arrays of simple numbers: one choice for each axis, and two for each value in the last place, if it matters."""

    def __init__(self, like: Point, width: int) -> None:
        assert like.shape is not None
        self._like, self._numbers = like, Numbers(like.values, width)
        sizes = tuple(size - 1 for size in like.shape)
        self.start: Choices = (*sizes, *self._numbers.start)
        self.most: Choices = (*sizes, *self._numbers.most)

    def point(self, choices: Choices) -> Point:
        """Return the arrays."""
        axes = len(self._like.shape or ())
        values = self._numbers.point(choices[axes:]).values
        return self._like._replace(values=values, shape=tuple(size + 1 for size in choices[:axes]))


def load_hypothesis() -> float:
    """Import Hypothesis, and return the seconds that it took: only a failure that needs a search pays for it."""
    began = time.monotonic()
    import hypothesis.database
    import hypothesis.strategies  # noqa: F401 - loaded for later

    return time.monotonic() - began


class _Shown(Exception):  # noqa: N818 - the failure that Hypothesis is to shrink
    pass


class _Stopped(BaseException):
    """Carries an error of the predicate's past Hypothesis, which would take it for a failure to shrink."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def smallest(space: Space, fails: Callable[[Point], bool]) -> Point:
    """Return the simplest point of ``space`` that Hypothesis finds to fail.

    Args:
        space: Its start is known to fail.
        fails: Tells whether a point fails, and always the same of the same point. It may raise :class:`OutOfReplays`:
            then the best point so far is returned. Anything else that it raises comes out.
    """
    import hypothesis.strategies as st
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
    from hypothesis.database import InMemoryExampleDatabase

    best = space.start
    # Every setting is named that the profile of whoever runs pytest could change.
    known = settings(
        derandomize=False,
        database=InMemoryExampleDatabase(),
        deadline=None,
        max_examples=10,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )

    def run(choices: st.SearchStrategy[Sequence[int]], try_one: Callable[[Choices], None], *phases: Phase) -> None:
        @settings(known, phases=phases)
        @seed(0)
        @given(choices)
        def one_test(drawn: Sequence[int]) -> None:
            try_one(tuple(drawn[: len(space.start)]))

        with suppress(_Shown):
            one_test()

    def show(_: Choices) -> None:
        raise _Shown

    def try_one(choices: Choices) -> None:
        nonlocal best
        try:
            failed = fails(space.point(choices))
        except Exception as error:  # noqa: BLE001 - raised again below
            raise _Stopped(error) from None
        if failed:
            best = choices
            raise _Shown

    try:
        # The first test can only be called with the start, and leaves it in the database. To Hypothesis the second is
        # the same test, changed since: it draws one thing more, so what is reused does not count as shrunk already.
        run(st.tuples(*[st.integers(n, n) for n in space.start]), show, Phase.generate)
        ranges = [st.integers(0, n) for n in space.most]
        run(st.tuples(*ranges, st.booleans()), try_one, Phase.reuse, Phase.shrink)
    except OutOfReplays:
        pass
    except _Stopped as stopped:
        raise stopped.error from None
    return space.point(best)
