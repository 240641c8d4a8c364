"""The right formula, and then something done to its value: a factor, a constant added, rounding, fewer bits."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnosis.hypotheses import Fit, Hypothesis, wrong_outputs
from harness.diagnosis.trials import Model, Trial, numbers_beside, right
from harness.sandbox.values import Other

__all__ = ["arithmetic_mistakes", "in_fewer_bits"]

#: Factors nearer to 1 than this may as well be rounding.
_LEAST_FACTOR = 1e-12
_ROUNDINGS: tuple[Callable[[Any], Any], ...] = (
    *(lambda v, n=n: np.round(v, n) for n in range(11)),
    np.trunc,
    np.floor,
    np.ceil,
)


def arithmetic_mistakes(model: Model, trials: Sequence[Trial]) -> Iterator[Hypothesis]:
    """Yield the hypotheses; a constant is taken from one call, and then has to hold on all of them."""
    wrong = wrong_outputs(trials)
    for trial in trials:
        pair = _numbers(trial, wrong[0]) if wrong else None
        if pair is not None and pair[1]:
            yield from _scaled(pair[0] / pair[1])
            break
    for constant in _offsets(trials, wrong):
        yield Hypothesis(
            "OFFSET",
            lambda trial, n, constant=constant: trial.expected[n] + constant,  # type: ignore[misc]
            {"constant": constant},
            1e-13,
        )
    for rounding in _ROUNDINGS:
        yield Hypothesis("ROUNDED", lambda trial, n, rounding=rounding: _rounded(rounding, trial, n))  # type: ignore[misc]
        for place in range(-1 if trials and trials[0].dout is not None else 0, len(model.spec.inputs) + 1):
            yield Hypothesis(
                "ROUNDED",
                lambda trial, n, rounding=rounding, place=place: _from_rounded(model, rounding, trial, n, place),  # type: ignore[misc]
            )
    for dtype in (np.float32, np.float16):
        for place in range(-1 if trials and trials[0].dout is not None else 0, len(model.spec.inputs) + 1):
            yield Hypothesis(
                "PRECISION",
                lambda trial, n, dtype=dtype, place=place: _from_rounded(  # type: ignore[misc]
                    model, lambda v: np.asarray(v, dtype).astype(float)[()], trial, n, place
                ),
                {"dtype": dtype.__name__},
            )


def _scaled(factor: float) -> Iterator[Hypothesis]:
    rounded = float(f"{factor:.12g}")
    if not math.isfinite(rounded) or abs(abs(rounded) - 1) < _LEAST_FACTOR or not rounded:
        return
    # A third has no few digits, and a tenth has.
    for constant in (rounded, factor):
        yield Hypothesis(
            "SCALED",
            lambda trial, n, constant=constant: trial.expected[n] * constant,  # type: ignore[misc]
            {"constant": rounded},
            1e-14,
        )


def _offsets(trials: Sequence[Trial], wrong: Sequence[int]) -> Iterator[float]:
    """Yield the constant that is told most exactly: where the right value is smallest."""
    if not wrong:
        return
    pairs = [pair for trial in trials if (pair := _numbers(trial, wrong[0])) is not None]
    if pairs:
        got, expected = min(pairs, key=lambda pair: abs(pair[1]))
        constant = float(f"{got - expected:.12g}")
        if math.isfinite(constant) and abs(constant) > sys.float_info.min:
            yield constant


def _numbers(trial: Trial, output: int) -> tuple[float, float] | None:
    """Return a wrong output and the right one, as two finite numbers: of an array, its first entry."""
    if trial.got is None or right(trial, output):
        return None
    values = []
    for value in (trial.got[output], trial.expected[output]):
        if not isinstance(value, (int, float, np.ndarray)) or not np.size(value):
            return None
        entries = np.asarray(value).ravel()
        if entries.dtype.kind not in "iuf" or not np.isfinite(entries[0]):
            return None
        values.append(float(entries[0]))
    return values[0], values[1]


def _rounded(rounding: Callable[[Any], Any], trial: Trial, n: int) -> Any:
    return _sent(trial, n, rounding(trial.expected[n]))


def _sent(trial: Trial, n: int, value: Any) -> Any:
    """Return what arrives of a rounded value: one of more than 63 bits has no right form as a whole number."""
    got = trial.got[n] if trial.got is not None else None
    if not np.ndim(value) and abs(value) >= 2**63 and (isinstance(got, Other) or _smallest(got)):
        return got if _smallest(got) else None
    return value


def _smallest(got: Any) -> bool:
    """Tell whether this is what numpy makes of every float that a 64-bit integer cannot hold."""
    return np.shape(got) == () and isinstance(got, (int, np.ndarray)) and got == -(2**63)


def _from_rounded(model: Model, rounding: Callable[[Any], Any], trial: Trial, n: int, place: int) -> Any:
    """Return the output for rounded arguments: -1 is dout, the number of inputs stands for all of them."""
    inputs = [rounding(value) if place in (k, len(trial.inputs)) else value for k, value in enumerate(trial.inputs)]
    if trial.dout is None:
        return _sent(trial, n, model.forward(inputs))
    return _sent(trial, n, model.backward(inputs, rounding(trial.dout) if place == -1 else trial.dout)[n])


def in_fewer_bits(trials: Sequence[Trial]) -> Fit | None:
    """Return PRECISION when every wrong output is right to the last bits of float32 or float16, and holds no more bits.

    The order of the operations does not matter. Calls with a number that the smaller type cannot hold are left out.
    """
    wrong = wrong_outputs(trials)
    for dtype in (np.float32, np.float16):
        limits, fits, seen = np.finfo(dtype), True, 0
        for trial in trials:
            told = [*trial.inputs, *trial.expected, *([] if trial.dout is None else [trial.dout])]
            numbers = [np.asarray(value, float).ravel() for value in told]
            if not all(_held(values, limits) for values in numbers):
                continue
            for n in wrong:
                if not _near(trial, n, dtype):
                    fits = False
                elif not right(trial, n):
                    seen += 1
            if not fits:
                break
        if fits and seen >= 5:
            return Fit("PRECISION", {"dtype": dtype.__name__})
    return None


def _held(values: Any, limits: Any) -> bool:
    size = np.abs(values)
    return bool(np.all((size == 0) | ((size >= limits.tiny) & (size <= limits.max)) | ~np.isfinite(size)))


def _near(trial: Trial, n: int, dtype: Any) -> bool:
    numbers = numbers_beside(trial.got[n], trial.expected[n]) if trial.got is not None else None
    if numbers is None:
        return False
    got, wanted = numbers
    # One rounding of each argument and of each operation.
    held = (got == got.astype(dtype).astype(float)) | np.isnan(got)
    near = held & (np.abs(got - wanted) <= 2.5 * float(np.finfo(dtype).eps) * np.abs(wanted))
    same = np.isnan(got) & np.isnan(wanted)
    return bool(np.all(near | same | (got == wanted)))
