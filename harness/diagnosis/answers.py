"""What came back is not numbers: nothing, one gradient for two, a dictionary, infinities."""

import math
import re
from collections.abc import Sequence

import numpy as np

from harness.answers import Returned
from harness.assignment import LayerSpec
from harness.diagnosis.hypotheses import Fit, wrong_outputs
from harness.diagnosis.trials import Trial, numbers_beside, right
from harness.escape import plain
from harness.gradients.compare import Kind, compare
from harness.sandbox.protocol import Fault
from harness.sandbox.values import Other

__all__ = ["not_finite", "without_numbers", "zero_input"]

_NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf|nan)")


def without_numbers(trials: Sequence[Trial], layer: LayerSpec) -> Fit | None:
    """Return the mistake when every answer has the wrong number of values, or values of a wrong type."""
    calls = [trial.call for trial in trials if isinstance(trial.call, Returned)]
    if not calls or len(calls) < len(trials):
        return None
    wanted = ", ".join(layer.gradients)
    if all(not call.several and _nothing(call.values[0]) for call in calls):
        return Fit("NO-RETURN", {"variant": "printed" if _printed(trials) else "silent"})
    counts = {len(call.values) if call.several else -1 for call in calls}
    if trials[0].dout is None:
        if all(call.several for call in calls):
            return Fit("WRONG-TYPE", {"found": f"tuple[{max(counts)}]"})
    elif all(trial.got is None for trial in trials):
        if counts <= {-1, 1} and all(_of_right_shape(trial) for trial in trials):
            return _one_gradient(trials, layer, wanted)
        if len(counts) == 1 and min(counts) > len(layer.gradients):
            return Fit("EXTRA-GRADIENTS", {"wanted": wanted, "count": counts.pop()})
    return _wrong_type(trials)


def _of_right_shape(trial: Trial) -> bool:
    value = trial.call.values[0] if isinstance(trial.call, Returned) else None
    return isinstance(value, (int, float, np.ndarray)) and np.shape(value) == np.shape(trial.expected[0])


def _nothing(value: object) -> bool:
    return isinstance(value, Other) and (
        value.description == "None" or value.description.startswith("None (it printed ")
    )


def _printed(trials: Sequence[Trial]) -> bool:
    """Tell whether every call printed the right value."""
    for trial in trials:
        value = trial.call.values[0] if isinstance(trial.call, Returned) else None
        if not isinstance(value, Other) or trial.is_array:
            return False
        # Numpy 2 prints a scalar within a tuple by its type.
        text = value.description.partition("(it printed ")[2].replace("np.float64", "")
        told = {float(number) for number in _NUMBER.findall(text)}
        if not all(any(_same(number, float(v)) for number in told) for v in trial.expected):
            return False
    return True


def _same(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def _one_gradient(trials: Sequence[Trial], layer: LayerSpec, wanted: str) -> Fit:
    codes = {mistake.kind: mistake.code for mistake in layer.mistakes}
    alone = all(
        isinstance(trial.call, Returned) and compare(trial.call.values[0], trial.dout) is None for trial in trials
    )
    return Fit(codes["no_local"], {}) if alone and "no_local" in codes else Fit("ONE-GRADIENT", {"wanted": wanted})


def _wrong_type(trials: Sequence[Trial]) -> Fit | None:
    found = ""
    wrong = wrong_outputs(trials)
    for trial in trials:
        if trial.got is None:
            assert isinstance(trial.call, Returned)
            value = trial.call.values[0] if not trial.call.several and trial.call.values else None
            if not isinstance(value, Other):
                return None
            found = found or value.description
            continue
        for n in wrong:
            difference = compare(trial.got[n], trial.expected[n])
            # Rounded to a whole number, a value may be too large to be sent.
            beyond = difference is not None and difference.found.startswith("an int beyond")
            if difference is not None and (difference.kind is not Kind.TYPE or beyond):
                return None
            found = found or (difference.found if difference else "")
    return Fit("WRONG-TYPE", {"found": plain(found, 80)}) if found else None


def zero_input(trials: Sequence[Trial]) -> Fit | None:
    """Return ZERO-INPUT when all is right but where an input is zero: there it raised, or is not a number."""
    wrong = [trial for trial in trials if not right(trial)]
    return Fit("ZERO-INPUT", {}) if wrong and all(_zero_spoils(trial) for trial in wrong) else None


def _zero_spoils(trial: Trial) -> bool:
    zeros = [np.asarray(value) == 0 for value in trial.inputs]
    if isinstance(trial.call, Fault):
        return trial.call.kind in {"ZeroDivisionError", "FloatingPointError"} and any(map(np.any, zeros))
    if trial.got is None:
        return False
    some = False
    for got, expected in zip(trial.got, trial.expected, strict=True):
        numbers = numbers_beside(got, expected)
        if numbers is None:
            return False
        values, wanted = numbers
        differs = ~np.isclose(values, wanted, rtol=1e-14, atol=0.0, equal_nan=True)
        spoilt = np.logical_or.reduce(zeros) & ~np.isfinite(values)
        if np.any(differs & ~spoilt):
            return False
        some = some or bool(np.any(differs))
    return some


def not_finite(trials: Sequence[Trial]) -> Fit | None:
    """Return NON-FINITE when every wrong value is NaN or infinite where a number was expected."""
    wrong = [(trial, n) for trial in trials for n in wrong_outputs(trials) if not right(trial, n)]
    return Fit("NON-FINITE", {}) if wrong and all(_infinite(trial, n) for trial, n in wrong) else None


def _infinite(trial: Trial, n: int) -> bool:
    numbers = numbers_beside(trial.got[n], trial.expected[n]) if trial.got is not None else None
    if numbers is None:
        return False
    values, wanted = numbers
    differs = ~np.isclose(values, wanted, rtol=1e-14, atol=0.0, equal_nan=True)
    return bool(np.any(differs) and np.all(~differs | ~np.isfinite(values)))
