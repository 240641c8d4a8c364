"""One check's failure, and the search for a simpler one of the same kind."""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from harness.answers import Returned
from harness.assignment import CheckSpec
from harness.cases import Case
from harness.checks.evidence import Evidence, Exhibit, Finding, returned
from harness.checks.gradient import is_straight
from harness.gradients.compare import compare
from harness.shrink.judged import Seen, judged, same_mistake
from harness.shrink.points import (
    STRATUM,
    Point,
    around_literals,
    between,
    case_at,
    kind_of,
    one_entry,
    simple_arrays,
    simple_entries,
    simple_numbers,
    simplest,
    telling,
)
from harness.shrink.replay import Replays
from harness.shrink.search import WHOLE, Arrays, Numbers, OutOfReplays, Space, load_hypothesis, smallest
from harness.strata import fixed_points, lattice_cases

__all__ = ["Failure"]

#: Points that Hypothesis may try for one failure: a search mostly ends by itself before. A number and not a time, so
#: that the same file gets the same inputs on a slow machine.
MOST_REPLAYS = 150


class Failure:
    """A failure as it was seen first, and the search for a simpler one."""

    def __init__(self, evidence: Evidence, spec: CheckSpec, seen: Seen, replays: Replays) -> None:
        self.evidence, self.spec, self.replays = evidence, spec, replays
        self.finding, self.exhibits = seen
        self._width = len(evidence.layer(spec.layer).inputs)
        self._tried: dict[Point, Finding | None] = {}
        self._left = MOST_REPLAYS
        self._first = self.exhibits[0]
        called = range(1, 2 if spec.kind == "forward" else len(self._first.case.steps))
        self._sent = [value for step in called for value in evidence.arguments(self._first, step)]

    def smallest(self) -> Seen | None:
        """Return the simplest failure found; None when the first one is as simple, or is not seen again.

        Raises:
            WorkerGone: a call hung, the process died or the time is up.
            SandboxError: no worker could be started.
        """
        if self.spec.kind != "arrays" and tuple(self._sent) in self._first_points():
            return None
        again = self.replays.ask([exhibit.case for exhibit in self.exhibits])
        if judged(self.evidence, self.spec, again) != self.finding:
            return None
        if self.spec.kind == "gradient":
            # The grading walked along no axis here, so nothing was measured yet.
            self.finding = self._judged(self._at(Point(tuple(self._sent)))) or self.finding
        point = self._found()
        if point is None:
            return None
        # A layer that answers otherwise when it is asked again shows nothing.
        last = self._at(point)
        finding = self._judged(last)
        return (finding, last) if finding is not None and finding == self._tried.get(point) else None

    def _cases(self, point: Point) -> list[Case]:
        """Return the cases that are judged together at a point."""
        if self.spec.kind != "gradient":
            return [case_at(point, self._first.case, self._width)]
        index = self._first.case.layers[0]
        *inputs, dout = point.values
        return [*lattice_cases(index, self.evidence.layer(self.spec.layer), [(STRATUM, tuple(inputs), dout)], ())]

    def _judged(self, exhibits: Sequence[Exhibit]) -> Finding | None:
        if self.spec.kind == "gradient" and not is_straight(exhibits):
            return None
        return judged(self.evidence, self.spec, exhibits)

    def _first_points(self) -> list[tuple[float, ...]]:
        """Return the points that a bank begins with: small whole numbers, with two upstream gradients."""
        first = itertools.islice(fixed_points(self.evidence.layer(self.spec.layer)), 2)
        return [(*inputs, dout)[: len(self._sent)] for _, inputs, dout in first]

    def _at(self, point: Point) -> list[Exhibit]:
        return self.replays.ask(self._cases(point))

    def _found(self) -> Point | None:
        """Look among simple points first, then have Hypothesis search; None when nothing simpler fails."""
        spaces = self._arrays() if self.spec.kind == "arrays" else self._numbers()
        for found in spaces:
            if isinstance(found, Point):
                return found
            self.replays.excuse(load_hypothesis())
            return smallest(found, self._searched)
        return None

    def _numbers(self) -> Iterator[Point | Space]:
        """Yield the first simple point that fails, else a boundary at a number in the file, else where to search."""
        sent = tuple(self._sent)
        points = simple_numbers(self._width, backward=self.spec.kind != "forward")
        whole = [isinstance(value, int) for value in sent]
        simple = [Point(tuple(_typed(values, whole))) for values in points]
        # Points of which each tells more than chance come first; all others only where none of those fails.
        simple.sort(key=lambda point: not telling(point.values, self._width))
        yield from self._failing(simple)
        base = simplest(self._width)[: len(sent)]
        literals = self.evidence.found[self.spec.layer].literals
        pairs = [*around_literals([value for value in literals if math.isfinite(value)][:12], base)]
        typed = [[Point(tuple(_typed(point.values, whole))) for point in pair] for pair in pairs]
        self._try([point for pair in typed for point in pair])
        yield from (one for one, nearer in typed if self._fails(one) and not self._fails(nearer))
        for point in self._failing([Point(tuple(_typed(values, whole))) for values in between(base, sent)]):
            yield Numbers(point.values, self._width)

    def _arrays(self) -> Iterator[Point | Space]:
        """Yield the first simple array that fails, else where to search: in one entry, or in the shape."""
        sent = [value if isinstance(value, np.ndarray) else np.asarray(value) for value in self._sent]
        shape = sent[0].shape
        dtype, layout = kind_of([value for step in self._first.case.steps[1:] for value in step.args])
        yield from self._failing(simple_arrays(dtype, layout))
        yield from self._failing(simple_entries(self._width, dtype))
        entry = self._entry(shape)
        values = tuple(array[entry].item() for array in sent) if entry is not None else ()
        for point in self._failing(one_entry(values, dtype)):
            yield Arrays(point, self._width)
        for like in (Point((), shape, dtype, layout), Point(values, shape, dtype, layout)):
            if 0 not in shape and self._fails(like):
                yield Arrays(like, self._width)

    def _entry(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the first entry that is wrong, of whichever value."""
        for step in (1, 2):
            call = self._first.calls[step]
            if not isinstance(call, Returned):
                continue
            wanted = self._first.expected[step]
            values = returned(call, self.evidence.layer(self.spec.layer), wanted) if step > 1 else call.values
            for got, expected in zip(values, wanted, strict=False) if not isinstance(values, str) else ():
                difference = compare(got, expected)
                if difference is not None and difference.entry is not None and len(difference.entry) == len(shape):
                    return difference.entry
        return None

    def _failing(self, points: Sequence[Point]) -> Iterator[Point]:
        self._try(points)
        return (point for point in points if self._fails(point))

    def _fails(self, point: Point) -> bool:
        self._try([point])
        finding = self._tried[point]
        return finding is not None and same_mistake(self.finding, finding)

    def _searched(self, point: Point) -> bool:
        """Tell whether a point of a search fails, as long as there are replays left."""
        if point not in self._tried:
            if point.shape is None and not telling(point.values, self._width) and telling(self._sent, self._width):
                return False
            if not self._left:
                raise OutOfReplays
            self._left -= 1
        return self._fails(point)

    def _try(self, points: Sequence[Point]) -> None:
        """Call the layers at those of the points at which they were not called yet."""
        new = [point for point in dict.fromkeys(points) if point not in self._tried]
        if not new:
            return
        cases = [self._cases(point) for point in new]
        exhibits = iter(self.replays.ask([case for together in cases for case in together]))
        for point, together in zip(new, cases, strict=True):
            self._tried[point] = self._judged([*itertools.islice(exhibits, len(together))])


def _typed(values: Sequence[float], whole: Sequence[bool]) -> Iterator[float]:
    """Yield the values as what the case in question had in their places, Python integers or floats."""
    for value, as_int in zip(values, whole, strict=True):
        yield int(value) if as_int and abs(value) <= WHOLE and value == int(value) else float(value)
