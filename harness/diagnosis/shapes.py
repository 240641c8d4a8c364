"""Mistakes that only arrays show: matrix products, sums, transposes, code that is for single numbers."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnosis.hypotheses import Fit, wrong_outputs
from harness.diagnosis.trials import Model, Trial, agrees, predicted, right, shape_of
from harness.gradients.compare import Kind, compare
from harness.sandbox.protocol import Fault

__all__ = ["VARIANTS", "for_numbers_only", "matrix_product", "wrong_shape"]

_REFUSED = frozenset({"TypeError", "ValueError"})

#: What a message says -> what was done to the right array.
_CHANGES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("summed", np.sum),
    ("summed", lambda v: np.sum(v, keepdims=True)),
    ("summed", lambda v: np.sum(v, axis=0)),
    ("summed", lambda v: np.sum(v, axis=0, keepdims=True)),
    ("summed", lambda v: np.sum(v, axis=-1)),
    ("averaged", np.mean),
    ("averaged", lambda v: np.mean(v, keepdims=True)),
    ("averaged", lambda v: np.mean(v, axis=0)),
    ("averaged", lambda v: np.mean(v, axis=0, keepdims=True)),
    ("averaged", lambda v: np.mean(v, axis=-1)),
    ("transposed", np.transpose),
    ("joined", np.ravel),
)
#: What the value ``variant`` of SHAPE may be.
VARIANTS = frozenset({"other", *(words for words, _ in _CHANGES)})


def for_numbers_only(trials: Sequence[Trial]) -> Fit | None:
    """Return SCALAR-ONLY when every call with more than one number was refused by Python or numpy."""
    many = [trial for trial in trials if np.size(trial.expected[0]) > 1]
    refused = [isinstance(trial.call, Fault) and trial.call.kind in _REFUSED for trial in many]
    return Fit("SCALAR-ONLY", {}) if len(many) > 1 and all(refused) else None


def matrix_product(model: Model, trials: Sequence[Trial]) -> Fit | None:
    """Return MATRIX-PRODUCT when every wrong output is one, errors included."""
    if _refuses_numbers(trials):
        return Fit("MATRIX-PRODUCT", {})
    wrong = wrong_outputs(trials)
    if not trials or not trials[0].is_array or not wrong:
        return None
    del model
    return Fit("MATRIX-PRODUCT", {}) if all(_is_product(trials, n) for n in wrong) else None


def _refuses_numbers(trials: Sequence[Trial]) -> bool:
    """Tell whether numbers were refused in Python's or numpy's own words on @ and matmul."""
    return bool(trials) and all(
        isinstance(trial.call, Fault)
        and trial.call.kind in _REFUSED
        and trial.call.message.startswith(("unsupported operand type(s) for @", "matmul: Input operand"))
        for trial in trials
    )


def _is_product(trials: Sequence[Trial], n: int) -> bool:
    return any(all(_told(trial, n, product) for trial in trials) for product in _products())


def _products() -> Iterator[Callable[[Trial, int], Any]]:
    for multiply in (np.dot, np.matmul, np.inner):
        for turned in (None, "first", "second"):

            def product(trial: Trial, n: int, multiply: Any = multiply, turned: str | None = turned) -> Any:
                other = [value for k, value in enumerate(trial.inputs) if k != n]
                left, right_one = [*trial.inputs] if trial.dout is None else [trial.dout, *other]
                return multiply(left.T if turned == "first" else left, right_one.T if turned == "second" else right_one)

            yield product
            yield functools.partial(_turned_round, product)


def _turned_round(product: Callable[[Trial, int], Any], trial: Trial, n: int) -> Any:
    """Return the product with its factors exchanged."""
    if trial.dout is None:
        return product(trial._replace(inputs=trial.inputs[::-1]), n)
    other = trial.inputs[1 - n]
    return product(trial._replace(dout=other, inputs=[trial.dout] * 2), n)


def _told(trial: Trial, n: int, product: Callable[[Trial, int], Any]) -> bool:
    return agrees(trial, n, predicted(lambda: product(trial, n)), 1e-12)


def wrong_shape(trials: Sequence[Trial], names: Sequence[str]) -> Fit | None:
    """Return SHAPE with what was done to the array, as far as that can be told."""
    wrong = wrong_outputs(trials)
    for words, change in _CHANGES:
        if wrong and trials[0].is_array and all(_changed(trial, n, change) for trial in trials for n in wrong):
            return _fit(trials, wrong, names, words)
    two = trials[0].is_array and len(trials[0].inputs) == 2 and trials[0].dout is None
    if wrong and two and all(map(_joined, trials)):
        return _fit(trials, wrong, names, "joined")
    failures = [(trial, n) for trial in trials for n in wrong if not right(trial, n)]
    if failures and all(
        trial.got is not None
        and (difference := compare(trial.got[n], trial.expected[n])) is not None
        and difference.kind is Kind.SHAPE
        for trial, n in failures
    ):
        return _fit(trials, wrong, names, "other")
    return None


def _changed(trial: Trial, n: int, change: Callable[[Any], Any]) -> bool:
    return agrees(trial, n, predicted(lambda: change(trial.expected[n])), 1e-12)


def _joined(trial: Trial) -> bool:
    ways: list[Callable[[], Any]] = [
        lambda: np.append(*trial.inputs),
        lambda: np.concatenate(trial.inputs),
        lambda: np.concatenate(trial.inputs, axis=-1),
    ]
    return any(agrees(trial, 0, predicted(way)) for way in ways)


def _fit(trials: Sequence[Trial], wrong: Sequence[int], names: Sequence[str], variant: str) -> Fit:
    """Return the finding with the shapes of the first output whose shape is wrong; a transposed square has none."""
    for trial in trials:
        for n in wrong:
            if trial.got is not None and shape_of(trial.got[n]) != np.shape(trial.expected[n]):
                shapes = {"got": str(shape_of(trial.got[n])), "expected": str(np.shape(trial.expected[n]))}
                return Fit("SHAPE", {**shapes, "names": ", ".join(names[k] for k in wrong), "variant": variant})
    return Fit("SHAPE", {"got": "", "expected": "", "names": ", ".join(names[k] for k in wrong), "variant": variant})
