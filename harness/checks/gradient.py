"""Is backward the derivative of the learner's own forward? Exact finite differences along random directions."""

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from harness.answers import Returned
from harness.assignment import CheckSpec, LayerSpec
from harness.checks.evidence import Evidence, Exhibit, Finding, returned
from harness.checks.wording import shown
from harness.gradients.finite_difference import central_difference, exact, inner_product, nearest_float
from harness.gradients.tolerance import MOST_ULPS
from harness.records import Counterexample, Verdict
from harness.sandbox.values import Decoded, Other
from harness.sentence import Sentence, marked

__all__ = ["change_along", "check_gradient", "is_straight", "judge_point", "lattice_points"]


def check_gradient(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first lattice point at which backward disagrees with the learner's own forward, or None.

    The reference is not looked at: a wrong forward with the matching backward passes here.
    """
    absent = evidence.absent(spec, "backward")
    if absent:
        return evidence.blocked(spec.layer, "backward") or absent
    layer = evidence.layer(spec.layer)
    exhibits = evidence.group(f"{spec.layer}/lattice")
    if not any(change_along(exhibit) for exhibit in exhibits if exhibit.case.relation):
        # A forward that never changes has the derivative 0 of any unfinished backward: nothing was shown.
        waiting = evidence.blocked(spec.layer, "forward")
        if waiting:
            return waiting
    findings = (judge_point(evidence, layer, point) for point in lattice_points(exhibits))
    return next((finding for finding in findings if finding is not None), None)


def lattice_points(exhibits: Sequence[Exhibit]) -> Iterator[list[Exhibit]]:
    """Yield each lattice point: backward there, and the walks that lead away from it behind."""
    starts = [number for number, exhibit in enumerate(exhibits) if not exhibit.case.relation]
    for start, end in itertools.pairwise([*starts, len(exhibits)]):
        yield [*exhibits[start:end]]


def judge_point(evidence: Evidence, layer: LayerSpec, point: Sequence[Exhibit]) -> Finding | None:
    """Return what is wrong at one lattice point, or None."""
    base, *rays = point
    for exhibit in point:
        for step, planned in enumerate(exhibit.case.steps):
            if planned.op and not isinstance(exhibit.calls[step], Returned):
                waiting = evidence.blocked(layer.name, "backward" if planned.op == 2 else "forward")
                return waiting or evidence.unanswered(exhibit, step)
        if exhibit is not base:
            finding = _along(evidence, layer, base, exhibit, rays)
            if finding:
                return finding
    return None


def is_straight(point: Sequence[Exhibit]) -> bool:
    """Tell whether the learner's own forward changes as much ahead of the point as behind it, along every walk.

    Where it does not, one step is no measure of a derivative.
    """
    base, *rays = point
    here = _forward_value(base, 1)
    for ray in rays:
        ahead, behind = _forward_value(ray, 1), _forward_value(ray, 3)
        if here is not None and ahead is not None and behind is not None and ahead + behind != 2 * here:
            return False
    return True


def _forward_value(exhibit: Exhibit, step: int) -> int | Fraction | None:
    call = exhibit.calls[step]
    value = _number(call.values[0]) if isinstance(call, Returned) and not call.several else None
    return None if value is None else exact(value)


def _along(evidence: Evidence, layer: LayerSpec, base: Exhibit, ray: Exhibit, rays: list[Exhibit]) -> Finding | None:
    """Compare dout * (f(p + v) - f(p - v)) / 2 with <backward(dout), v>, both exact."""
    answer = base.calls[2]
    assert isinstance(answer, Returned)
    values = returned(answer, layer, base.expected[2])
    gradients = [] if isinstance(values, str) else [_number(value) for value in values]
    slope = change_along(ray)
    dout = evidence.arguments(base, 2)[0]
    upstream = exact(dout)
    assert upstream is not None
    if not gradients or slope is None or None in gradients:
        return evidence.blocked(layer.name, "forward" if slope is None else "backward") or _disagrees(
            evidence, layer, base, rays
        )
    numbers = [value for value in gradients if value is not None]
    told = inner_product(numbers, ray.case.relation[1:])
    if told is not None:
        # Both sides doubled: the difference is over a step of 2 v.
        if 2 * told == upstream * slope:
            return None
        if abs(Fraction(told) - Fraction(upstream) * Fraction(slope) / 2) <= _rounding(numbers, dout, ray):
            return None
    return _disagrees(evidence, layer, base, rays)


def _rounding(gradients: list[float], dout: float, ray: Exhibit) -> Fraction:
    """Return how far the two sides may be apart when each returned value is right to the last ulps allowed."""
    _, *direction = ray.case.relation
    values = [_number(call.values[0]) for call in (ray.calls[1], ray.calls[3]) if isinstance(call, Returned)]
    own = sum((abs(v) * Fraction(math.ulp(g)) for g, v in zip(gradients, direction, strict=True)), Fraction(0))
    forwards = sum((Fraction(math.ulp(value)) for value in values if value is not None), Fraction(0))
    return MOST_ULPS * (own + abs(Fraction(dout)) * forwards / 2)


def _number(value: Decoded) -> float | None:
    if isinstance(value, np.ndarray):
        return float(value) if value.shape == () and value.dtype.kind in "iuf" else None
    return None if isinstance(value, Other) else float(value)


def change_along(ray: Exhibit) -> int | Fraction | None:
    """Return the change of the learner's own forward over 2 v, or None where it gave no two finite numbers."""
    ahead, behind = ray.calls[1], ray.calls[3]
    if not isinstance(ahead, Returned) or not isinstance(behind, Returned) or ahead.several or behind.several:
        return None
    one, other = _number(ahead.values[0]), _number(behind.values[0])
    return None if one is None or other is None else central_difference(one, other)


def _short(value: float) -> str:
    """Return a whole number without its ``.0``, and any other to its last digit."""
    return str(int(value)) if isinstance(value, (int, float)) and float(value).is_integer() else str(value)


def _disagrees(evidence: Evidence, layer: LayerSpec, base: Exhibit, rays: list[Exhibit]) -> Finding:
    """Say what backward returned and, where axes were walked, what the learner's own forward says."""
    example = evidence.example(base, 2)
    assert example is not None
    dout = evidence.arguments(base, 2)[0]
    measured: dict[str, float] = {}
    for ray in rays:
        direction = ray.case.relation[1:]
        slope = change_along(ray)
        if slope is not None and sum(map(abs, direction)) == 1:
            measured[layer.gradients[direction.index(1)]] = nearest_float(Fraction(dout) * slope / 2)
    arguments = ", ".join(f"{name} = {_short(value)}" for name, value in example.inputs.items())
    got = ", ".join(f"{name} = {value}" for name, value in example.got.items())
    seen = ", ".join(f"{name} = {_short(value)}" for name, value in measured.items())
    only_got = marked(
        "Your {layer}.backward is not the derivative of your own forward: at {inputs}, backward({dout}) returned {got}."
    )
    with_measured = marked(
        "Your {layer}.backward is not the derivative of your own forward: at {inputs}, backward({dout}) returned "
        "{got}; nudging your forward's inputs gives {measured}."
    )
    return Finding(
        verdict=Verdict.WRONG,
        message=Sentence(
            with_measured if measured else only_got,
            layer=layer.name,
            inputs=arguments,
            dout=_short(dout),
            got=got,
            measured=seen,
        ),
        layer=layer.name,
        method="backward",
        counterexample=Counterexample(
            inputs=example.inputs,
            dout=example.dout,
            got=example.got,
            expected=example.expected,
            measured={name: shown(value) for name, value in measured.items()} or None,
        ),
    )
