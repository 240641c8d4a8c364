"""Finite differences of the learner's own forward, at the inputs that a report shows."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from harness.assignment import LayerSpec
from harness.cases import Case
from harness.checks.evidence import Evidence, Exhibit
from harness.checks.gradient import change_along
from harness.checks.wording import shown
from harness.gradients.finite_difference import exact, nearest_float
from harness.sandbox.protocol import FORWARD, NEW, Step
from harness.shrink.replay import Replays

__all__ = ["measured"]


def measured(evidence: Evidence, layer: LayerSpec, exhibit: Exhibit, replays: Replays) -> dict[str, Any] | None:
    """Return what nudging each input of the learner's own forward says of the gradients, times ``dout``.

    Nothing is called again where the grading itself took differences. None for arrays, whose entries are too many to
    be nudged one by one, and where a forward gave no number.
    """
    inputs, dout = evidence.arguments(exhibit, 1), evidence.arguments(exhibit, 2)[0]
    numbers = [exact(value) if isinstance(value, (int, float)) else None for value in (*inputs, dout)]
    if None in numbers:
        return None
    rays = _from_lattice(evidence, layer, inputs) or replays.ask(_axes(exhibit.case, inputs))
    found: dict[str, Any] = {}
    for place, (name, ray) in enumerate(zip(layer.gradients, rays, strict=True)):
        change = change_along(ray)
        ahead, behind = (exact(float(evidence.arguments(ray, step)[place])) for step in (1, 3))
        if change is None or ahead is None or behind is None or ahead == behind:
            return None
        found[name] = shown(nearest_float(Fraction(dout) * Fraction(change) / (Fraction(ahead) - Fraction(behind))))
    return found


def _from_lattice(evidence: Evidence, layer: LayerSpec, inputs: Sequence[float]) -> list[Exhibit]:
    """Return the walks along each axis that begin at ``inputs``; empty when the bank has none."""
    exhibits = evidence.group(f"{layer.name}/lattice")
    if not exhibits or evidence.arguments(exhibits[0], 1) != [*inputs]:
        return []
    width = len(inputs)
    axes = [tuple(int(n == m) for m in range(width)) for n in range(width)]
    rays = exhibits[1 : 1 + width]
    return rays if [ray.case.relation[1:] for ray in rays] == axes else []


def _axes(case: Case, inputs: Sequence[float]) -> list[Case]:
    """Return a step ahead and a step behind along each axis."""
    cases = []
    for place, value in enumerate(inputs):
        step = _step(value)
        ahead, behind = [*inputs], [*inputs]
        ahead[place], behind[place] = value + step, value - step
        steps = []
        for slot, moved in enumerate((ahead, behind)):
            steps += [Step(NEW, slot, [*case.layers]), Step(FORWARD, slot, [*moved])]
        cases.append(Case(group=case.group, stratum=case.stratum, layers=case.layers, steps=steps))
    return cases


def _step(value: float) -> float:
    """Return a power of two: 1 where that is exact, and about the number itself where it is very large or small."""
    if value == 0 or 2.0**-20 < abs(value) < 2.0**40:
        return 1
    return math.ldexp(1.0, math.frexp(value)[1] - 1)
