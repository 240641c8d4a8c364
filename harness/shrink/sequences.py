"""Short sequences of calls on simple inputs: most mistakes of memory show in one of them."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from harness.assignment import CheckSpec
from harness.cases import Case
from harness.checks.evidence import Evidence
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW, Step
from harness.sandbox.values import Value
from harness.sentence import marked
from harness.shrink.judged import Seen, judged, same_mistake
from harness.shrink.points import PRIMES, Point, arguments_at, kind_of, simple_arrays
from harness.shrink.replay import Replays

__all__ = ["simpler_sequence"]

#: The call that is shown is given the first of these, another call the next ones: no two are alike.
_NUMBERS = (*PRIMES, 17)
_ALONE = marked("alone")


class _Call(NamedTuple):
    """What one forward and its backward are given."""

    inputs: list[Value]
    dout: Value


def simpler_sequence(evidence: Evidence, spec: CheckSpec, seen: Seen, replays: Replays) -> Seen | None:
    """Return the first of the short sequences that shows the same mistake as the one seen; None where none does.

    Raises:
        WorkerGone: a call hung, the process died or the time is up.
        SandboxError: no worker could be started.
    """
    finding, exhibits = seen
    tried = [*_candidates(exhibits[0].case, len(evidence.layer(spec.layer).inputs))]
    again = iter(replays.ask([case for together in ([one.case for one in exhibits], *tried) for case in together]))
    if judged(evidence, spec, [next(again) for _ in exhibits]) != finding:
        return None
    for cases in tried:
        found = judged(evidence, spec, [next(again) for _ in cases])
        if found is not None and same_mistake(finding, found):
            # A layer that answers otherwise when it is asked again shows nothing.
            last = replays.ask(cases)
            return (found, last) if judged(evidence, spec, last) == found else None
    return None


def _candidates(like: Case, width: int) -> Iterator[list[Case]]:
    """Yield each sequence with its two round trips on a layer alone: on numbers first, then on arrays."""
    numbers = _Call([*_NUMBERS[:width]], 1), _Call([*_NUMBERS[width : 2 * width]], _NUMBERS[2 * width])
    arrays = _array_call(Point((), (2,)), width, 2), _array_call(Point((), (2,)), width, 12)
    for shown, other in (numbers, arrays):
        alone = [_case(like, _ALONE, _round_trip(like, one, watch=True)) for one in (shown, other)]
        yield alone[:1]
        for stratum, steps in _sequences(like, shown, other):
            yield [_case(like, stratum, steps, relation=(2, 1)), *alone]
    if like.group.endswith("/arrays"):
        # An argument is changed in arrays of some kinds only.
        for point in simple_arrays(*kind_of([value for step in like.steps[1:] for value in step.args])):
            new, forward, backward = _round_trip(like, _array_call(point, width, 2))
            # As in the case that was seen, where the arguments were looked at once.
            yield [_case(like, _ALONE, [new, forward, msgspec.structs.replace(backward, watch=True)])]


def _array_call(point: Point, width: int, first: int) -> _Call:
    *inputs, dout = arguments_at(point, width + 1, first)
    return _Call(inputs, dout)


def _case(like: Case, stratum: str, steps: list[Step], relation: tuple[int, ...] = ()) -> Case:
    return Case(group=like.group, stratum=stratum, layers=like.layers, steps=steps, relation=relation)


def _round_trip(like: Case, call: _Call, *, watch: bool = False) -> list[Step]:
    return [
        Step(NEW, 0, [*like.layers]),
        Step(FORWARD, 0, call.inputs, watch),
        Step(BACKWARD, 0, [call.dout], watch),
    ]


def _sequences(like: Case, shown: _Call, other: _Call) -> Iterator[tuple[str, list[Step]]]:
    """Yield sequences, the shortest first: what a second layer does to the first, then one layer used twice."""
    new, new_other = (Step(NEW, slot, [*like.layers]) for slot in (0, 1))
    forward, backward = Step(FORWARD, 0, shown.inputs), Step(BACKWARD, 0, [shown.dout])
    before, before_back = Step(FORWARD, 0, other.inputs), Step(BACKWARD, 0, [other.dout])
    others, others_back = Step(FORWARD, 1, other.inputs), Step(BACKWARD, 1, [other.dout])
    yield marked("a second layer is made"), [new, forward, new_other, backward]
    yield marked("two layers at once"), [new, forward, new_other, others, backward]
    yield marked("two layers, one after the other"), [new_other, others, others_back, new, forward, backward]
    yield marked("forward twice, then backward"), [new, before, forward, backward]
    yield marked("one layer used twice"), [new, before, before_back, forward, backward]
    yield marked("backward after forward"), [new, forward, backward, Step(LOOK, 0, [1])]
    yield marked("two layers at once"), [new, forward, new_other, others, Step(LOOK, 0, [1])]
    yield marked("forward twice"), [new, forward, before, Step(LOOK, 0, [1])]
    yield marked("forward after backward"), [new, forward, backward, before, Step(LOOK, 0, [2])]
    yield marked("one layer used twice"), [new, forward, backward, before, before_back, Step(LOOK, 0, [2])]
    yield marked("one layer used three times"), [new, forward, backward, before, before_back, forward, backward]
