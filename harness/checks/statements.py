"""A sequence of calls as Python that a learner can type in: some mistakes show only among other calls."""

import math
from typing import Any

import numpy as np

from harness.checks.evidence import Evidence, Exhibit
from harness.checks.wording import METHOD, SHOWN_ENTRIES
from harness.escape import plain
from harness.sandbox.protocol import LOOK, NEW

__all__ = ["statements"]

#: Statements that are shown: the first, which makes the layer, and the last ones.
_MOST = 12
#: What the value of a method is called where a later statement looks at it again.
_KEPT = {"forward": "out", "backward": "grads"}


def statements(evidence: Evidence, exhibit: Exhibit, last: int) -> list[str]:
    """Return the calls of a case up to step number ``last``; its layers are called a, b, ..."""
    steps = exhibit.case.steps[: last + 1]
    looked_at = int(steps[last].args[0]) if steps[last].op == LOOK else None  # type: ignore[arg-type]
    made = []
    for number, step in enumerate(steps):
        layer = chr(ord("a") + step.slot)
        if step.op == NEW:
            spec = evidence.layer_of(exhibit, number)
            made.append(f"{layer} = {plain(evidence.found[spec.name].name or spec.name, 80)}()")
        elif step.op in METHOD:
            method = METHOD[step.op]
            called = f"{layer}.{method}({', '.join(map(_in_python, evidence.arguments(exhibit, number)))})"
            made.append(f"{_KEPT[method]} = {called}" if number == looked_at else called)
    if looked_at is not None:
        made.append(_KEPT[METHOD[steps[looked_at].op]])
    return made if len(made) <= _MOST else [made[0], "...", *made[2 - _MOST :]]


def _in_python(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.size > SHOWN_ENTRIES:
            return f"<array of shape {value.shape}>"
        dtype = "" if value.dtype in (np.float64, np.int64) else f", {value.dtype.name!r}"
        return f"np.array({_nested(value.tolist())}{dtype})"
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)
