"""One check's failure, and the search for a simpler one of the same kind."""

import itertools
import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from harness.answers import Returned
from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding, returned
from harness.gradients.compare import compare
from harness.records import Verdict
from harness.sandbox.protocol import C_ORDER, unpack_array
from harness.shrink.points import (
    Point,
    around_literals,
    between,
    case_at,
    one_entry,
    simple_arrays,
    simple_entries,
    simple_numbers,
    simplest,
    telling,
)
from harness.shrink.replay import Replays
from harness.shrink.search import WHOLE, Arrays, Numbers, OutOfReplays, Space, load_hypothesis, smallest
from harness.strata import fixed_points

__all__ = ["Failure", "first_failure", "same_mistake"]

#: Points that Hypothesis may try for one failure: a search mostly ends by itself before. A number and not a time, so
#: that the same file gets the same inputs on a slow machine.
MOST_REPLAYS = 150

#: Steps of a case that a check of this kind judges.
_STEPS = {"forward": (1,), "backward": (2,), "arrays": (1, 2)}

Seen = tuple[Finding, Exhibit]


def first_failure(evidence: Evidence, spec: CheckSpec) -> Seen | None:
    """Return what a check of numbers or arrays found first; None for checks of another kind.

    None as well where the reference's values are met, and only a rule between two cases is broken.
    """
    if spec.kind not in _STEPS:
        return None
    for exhibit in evidence.group(f"{spec.layer}/{'arrays' if spec.kind == 'arrays' else 'numbers'}"):
        finding = _judged(evidence, spec, exhibit)
        if finding is not None:
            return finding, exhibit
    return None


def same_mistake(first: Finding, other: Finding) -> bool:
    """Tell whether two findings of a check show the same: verdict, method, line, and which values are wrong."""
    if (first.verdict, first.method, first.line) != (other.verdict, other.method, other.line):
        return False
    if first.verdict is Verdict.RAISED:
        # What comes before the colon is the kind of the error and its place.
        return first.message.partition(":")[0] == other.message.partition(":")[0]
    return _wrong_values(first) == _wrong_values(other) != {}


def _wrong_values(finding: Finding) -> dict[str, str]:
    """Return the kind of each value that is seen to differ."""
    example = finding.counterexample
    if example is None:
        return {}
    kinds = {dict: "array", list: "array", int: "number", float: "number"}
    return {
        name: kinds.get(type(value), "number" if value in ("nan", "inf", "-inf") else str(value))
        for name, value in example.got.items()
        if value != example.expected.get(name)
    }


def _judged(evidence: Evidence, spec: CheckSpec, exhibit: Exhibit) -> Finding | None:
    for step in _STEPS[spec.kind]:
        finding = evidence.judge(exhibit, step)
        if finding is not None:
            return finding
    return None


class Failure:
    """A failure as it was seen first, and the search for a simpler one."""

    def __init__(
        self, evidence: Evidence, spec: CheckSpec, finding: Finding, exhibit: Exhibit, replays: Replays
    ) -> None:
        self.evidence, self.spec, self.replays = evidence, spec, replays
        self.finding, self.exhibit = finding, exhibit
        self._width = len(evidence.layer(spec.layer).inputs)
        self._tried: dict[Point, Finding | None] = {}
        self._left = MOST_REPLAYS
        called = range(1, 2 if spec.kind == "forward" else len(exhibit.case.steps))
        self._sent = [value for step in called for value in evidence.arguments(exhibit, step)]

    def smallest(self) -> Seen | None:
        """Return the simplest failure found; None when the first one is as simple, or is not seen again.

        Raises:
            WorkerGone: a call hung, the process died or the time is up.
            SandboxError: no worker could be started.
        """
        if self.spec.kind != "arrays" and tuple(self._sent) in self._first_points():
            return None
        again = self.replays.ask([self.exhibit.case])[0]
        if _judged(self.evidence, self.spec, again) != self.finding:
            return None
        point = self._found()
        if point is None:
            return None
        # A layer that answers otherwise when it is asked again shows nothing.
        last = self._at(point)
        finding = _judged(self.evidence, self.spec, last)
        return (finding, last) if finding is not None and finding == self._tried.get(point) else None

    def _first_points(self) -> list[tuple[float, ...]]:
        """Return the points that a bank begins with: small whole numbers, with two upstream gradients."""
        first = itertools.islice(fixed_points(self.evidence.layer(self.spec.layer)), 2)
        return [(*inputs, dout)[: len(self._sent)] for _, inputs, dout in first]

    def _at(self, point: Point) -> Exhibit:
        return self.replays.ask([case_at(point, self.exhibit.case, self._width)])[0]

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
        points = simple_numbers(self._width, backward=self.spec.kind == "backward")
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
        argument = self.exhibit.case.steps[1].args[0]
        layout = unpack_array(argument)[1] if isinstance(argument, msgspec.msgpack.Ext) else C_ORDER
        shape, dtype = sent[0].shape, sent[0].dtype.str[1:]
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
            call = self.exhibit.calls[step]
            if not isinstance(call, Returned):
                continue
            wanted = self.exhibit.expected[step]
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
        cases = [case_at(point, self.exhibit.case, self._width) for point in new]
        for point, exhibit in zip(new, self.replays.ask(cases), strict=True):
            self._tried[point] = _judged(self.evidence, self.spec, exhibit)


def _typed(values: Sequence[float], whole: Sequence[bool]) -> Iterator[float]:
    """Yield the values as what the case in question had in their places, Python integers or floats."""
    for value, as_int in zip(values, whole, strict=True):
        yield int(value) if as_int and abs(value) <= WHOLE and value == int(value) else float(value)
