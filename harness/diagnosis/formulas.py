"""Mistakes in a formula: another function, another derivative, a factor or a sign that is not there."""

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnosis.hypotheses import Hypothesis
from harness.diagnosis.trials import Model, Trial

__all__ = ["backward_mistakes", "forward_mistakes", "other_formulas"]

#: Rounding in another order than that of the prediction.
_ORDERS = 1e-13
_Formula = tuple[str, Callable[[Any, Any], Any], Callable[[Any, Any, Any], Sequence[Any]] | None]


def other_formulas(names: Sequence[str]) -> list[_Formula]:
    """Return (formula in words, function, its gradients where they are known) of common functions of two inputs."""
    a, b = names
    return [
        (f"{a} + {b}", lambda x, y: x + y, lambda x, y, d: (d, d)),
        (f"{a} - {b}", lambda x, y: x - y, lambda x, y, d: (d, -d)),
        (f"{b} - {a}", lambda x, y: y - x, lambda x, y, d: (-d, d)),
        (f"{a} * {b}", lambda x, y: x * y, lambda x, y, d: (d * y, d * x)),
        (f"{a} / {b}", lambda x, y: x / y, lambda x, y, d: (d / y, -d * x / y**2)),
        (f"{b} / {a}", lambda x, y: y / x, lambda x, y, d: (-d * y / x**2, d / x)),
        (f"{a} ** 2", lambda x, y: x * x, lambda x, y, d: (2 * d * x, 0 * d)),
        (f"{b} ** 2", lambda x, y: y * y, lambda x, y, d: (0 * d, 2 * d * y)),
        (f"{a} ** {b}", lambda x, y: x**y, None),
        (f"{b} ** {a}", lambda x, y: y**x, None),
        (f"{a} // {b}", lambda x, y: x // y, None),
        (f"{a} % {b}", lambda x, y: x % y, None),
        (a, lambda x, y: x, lambda x, y, d: (d, 0 * d)),
        (b, lambda x, y: y, lambda x, y, d: (0 * d, d)),
        (f"2 * {a}", lambda x, y: x + x, lambda x, y, d: (2 * d, 0 * d)),
        (f"2 * {b}", lambda x, y: y + y, lambda x, y, d: (0 * d, 2 * d)),
        (f"max({a}, {b})", np.maximum, None),
        (f"min({a}, {b})", np.minimum, None),
        (f"abs({a}) + abs({b})", lambda x, y: abs(x) + abs(y), None),
        (f"{a} ** 2 + {b} ** 2", lambda x, y: x * x + y * y, None),
    ]


def forward_mistakes(model: Model) -> Iterator[Hypothesis]:
    """Yield what a wrong forward may compute."""
    yield Hypothesis("SIGN", lambda trial, n: -trial.expected[n])
    if len(model.spec.inputs) == 2:
        for words, function, _ in other_formulas(model.spec.inputs):
            yield Hypothesis(
                "FORWARD-OTHER",
                lambda trial, n, function=function: function(*trial.inputs),  # type: ignore[misc]
                {"formula": words, "wanted": model.spec.formula},
            )


def backward_mistakes(model: Model) -> Iterator[Hypothesis]:
    """Yield what a wrong backward may compute; the assignment's data name those that depend on the layer."""
    codes = {mistake.kind: mistake.code for mistake in model.spec.mistakes}
    yield Hypothesis("SIGN", lambda trial, n: -trial.expected[n])
    if "swap" in codes and len(model.spec.inputs) == 2:
        yield Hypothesis(codes["swap"], lambda trial, n: trial.expected[1 - n], whole=True)
    if "no_dout" in codes:
        yield Hypothesis(codes["no_dout"], lambda trial, n: model.local(trial)[n])
    if "no_local" in codes:
        yield Hypothesis(codes["no_local"], lambda trial, n: trial.dout)
    if "uses_input" in codes:
        for predict in _with_inputs(len(model.spec.inputs)):
            yield Hypothesis(codes["uses_input"], predict)
    yield from _numeric(model)


def _with_inputs(width: int) -> Iterator[Callable[[Trial, int], Any]]:
    for shift in range(width):
        for combine in (lambda dout, value: value, operator.mul, operator.add):
            yield functools.partial(_combined, shift, combine)


def _combined(shift: int, combine: Callable[[Any, Any], Any], trial: Trial, n: int) -> Any:
    """Return an input, put together with dout: the output's own, or the one ``shift`` places after it."""
    return combine(trial.dout, trial.inputs[(n + shift) % len(trial.inputs)])


def _numeric(model: Model) -> Iterator[Hypothesis]:
    """Yield finite differences of the right forward, by each step that a learner may choose."""

    def moved(trial: Trial, n: int, h: float) -> Any:
        return model.forward([value + h if k == n else value for k, value in enumerate(trial.inputs)])

    for power in range(1, 11):
        h = float(f"1e-{power}")
        yield Hypothesis(
            "NUMERIC-GRADIENT",
            lambda trial, n, h=h: trial.dout * ((moved(trial, n, h) - moved(trial, n, -h)) / (2 * h)),  # type: ignore[misc]
            {"step": h},
            _ORDERS,
        )
        yield Hypothesis(
            "NUMERIC-GRADIENT",
            lambda trial, n, h=h: trial.dout * ((moved(trial, n, h) - model.forward(trial.inputs)) / h),  # type: ignore[misc]
            {"step": h},
            _ORDERS,
        )
