"""One call of a method and all that is known about it, in a form that every hypothesis can be held against."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.answers import Call, Returned
from harness.assignment import LayerSpec
from harness.cases import forward_of
from harness.checks.evidence import Evidence, returned
from harness.checks.wording import METHOD
from harness.gradients.compare import Number, compare
from harness.sandbox.protocol import BACKWARD, FORWARD
from harness.sandbox.values import Decoded, Other

__all__ = ["Model", "Trial", "agrees", "numbers_beside", "predicted", "right", "shape_of", "trials_of"]

_OPERATION = {name: operation for operation, name in METHOD.items()}
#: Numbers of a learner beyond this arrive as a description.
_LARGEST_INT = 1 << 63


class Trial(NamedTuple):
    """One call of forward or backward."""

    inputs: list[Any]
    #: The upstream gradient; None for forward.
    dout: Any
    expected: Sequence[Number]
    call: Call
    #: One value for each output; None where there was no answer, or another number of values.
    got: list[Decoded] | None

    @property
    def is_array(self) -> bool:
        """Tell whether it was about an array with at least one axis."""
        return bool(np.ndim(self.expected[0]))


class Model:
    """The reference layer, asked for what it would do with other inputs."""

    def __init__(self, evidence: Evidence, layer: LayerSpec) -> None:
        self.spec = layer
        index = evidence.assignment.layer_index(layer.name)
        self._class = evidence.assignment.reference_classes()[index]

    def forward(self, inputs: Sequence[Any]) -> Any:
        """Return the reference's output."""
        return self._class().forward(*inputs)

    def backward(self, inputs: Sequence[Any], dout: Any) -> list[Any]:
        """Return the reference's gradients, one for each input."""
        layer = self._class()
        layer.forward(*inputs)
        values = layer.backward(dout)
        listed = [*values] if isinstance(values, tuple) else [values]
        return listed * len(self.spec.gradients) if len(listed) == 1 else listed

    def local(self, trial: Trial) -> list[Any]:
        """Return the local derivatives: the gradients for an upstream gradient of 1."""
        return self.backward(trial.inputs, np.ones_like(trial.dout) if np.ndim(trial.dout) else 1.0)


def trials_of(evidence: Evidence, layer: LayerSpec, method: str, group: str) -> Sequence[Trial]:
    """Return the calls of ``method`` in a group that were tried, in the bank's order.

    Calls on arrays of shape () that are right say nothing about arrays, and are left out of a group of arrays.
    """
    key = ("trials", layer.name, method, group)
    if key not in evidence.worked_out:
        evidence.worked_out[key] = tuple(_trials_of(evidence, layer, method, group))
    known: Sequence[Trial] = evidence.worked_out[key]
    return known


def _trials_of(evidence: Evidence, layer: LayerSpec, method: str, group: str) -> Iterator[Trial]:
    for exhibit in evidence.group(f"{layer.name}/{group}"):
        for step, planned in enumerate(exhibit.case.steps):
            call = exhibit.calls[step]
            if planned.op != _OPERATION[method] or call is None:
                continue
            inputs = evidence.arguments(exhibit, forward_of(exhibit.case, step))
            dout = evidence.arguments(exhibit, step)[0] if planned.op == BACKWARD else None
            expected = exhibit.expected[step]
            trial = Trial(inputs, dout, expected, call, _outputs(call, layer, planned.op, expected))
            if group != "arrays" or trial.is_array or not right(trial):
                yield trial


def _outputs(call: Call, layer: LayerSpec, operation: int, expected: Sequence[Number]) -> list[Decoded] | None:
    if not isinstance(call, Returned):
        return None
    if operation == FORWARD:
        return None if call.several else call.values
    values = returned(call, layer, expected)
    return None if isinstance(values, str) else values


def shape_of(value: Decoded) -> tuple[int, ...] | None:
    """Return the shape of a number or an array; None for anything else."""
    return None if isinstance(value, Other) else np.shape(value)


def right(trial: Trial, output: int | None = None) -> bool:
    """Tell whether every output, or this one, is the reference's."""
    if trial.got is None:
        return False
    places = range(len(trial.expected)) if output is None else (output,)
    return all(compare(trial.got[n], trial.expected[n]) is None for n in places)


def numbers_beside(got: Decoded, expected: Number) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return an output and the one expected as arrays of floats; None where it is nothing of that shape."""
    if shape_of(got) != np.shape(expected):
        return None
    return np.asarray(got, float), np.asarray(expected, float)


def predicted(make: Callable[[], Any]) -> Any:
    """Return what ``make`` computes, or None where a learner's code would raise or answer with no number."""
    try:
        value = make()
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return None
    if isinstance(value, int) and not -_LARGEST_INT <= value < _LARGEST_INT:
        return None
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "iuf" else None
    return value if isinstance(value, (int, float)) else None


def agrees(trial: Trial, output: int, value: Any, relative: float = 0.0) -> bool:
    """Tell whether an output is ``value``: to 4 ulp, or as far as ``relative`` allows.

    A ``value`` of None is an error, or an answer that is no number. Infinity and NaN are what numpy makes of an error.
    """
    if trial.got is None:
        return value is None or (isinstance(value, float) and not math.isfinite(value))
    got = trial.got[output]
    if value is None:
        return not isinstance(got, (int, float, np.ndarray)) or not np.all(np.isfinite(np.asarray(got, float)))
    if compare(got, value) is None:
        return True
    numbers = numbers_beside(got, value) if relative else None
    return numbers is not None and bool(np.allclose(*numbers, rtol=relative, atol=0.0, equal_nan=True))
