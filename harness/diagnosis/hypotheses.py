"""What a hypothesis is, and when the values fit one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from harness.diagnosis.codes import Value
from harness.diagnosis.trials import Trial, agrees, predicted, right
from harness.records import Record

__all__ = ["Fit", "Hypothesis", "best", "wrong_outputs"]

#: A code that fewer wrong values speak for is a guess.
_LEAST = 2


class Hypothesis(NamedTuple):
    """A mistake, and what a layer with it returns."""

    code: str
    #: The value of one output (its position) of one call.
    predict: Callable[[Trial, int], Any]
    values: Mapping[str, Value] = {}
    #: How far from the prediction a value may be, for a mistake that can be written in several orders.
    relative: float = 0.0
    #: The mistake makes every output wrong.
    whole: bool = False


class Fit(Record, frozen=True):
    """A hypothesis that holds on every call."""

    code: str
    values: dict[str, Value]


def wrong_outputs(trials: Sequence[Trial]) -> list[int]:
    """Return the positions of the outputs that are wrong somewhere."""
    count = len(trials[0].expected) if trials else 0
    return [n for n in range(count) if not all(right(trial, n) for trial in trials)]


def best(hypotheses: Iterable[Hypothesis], trials: Sequence[Trial]) -> Fit | None:
    """Return the mistake that alone explains every wrong output of every call, or None."""
    wrong = wrong_outputs(trials)
    fits: dict[str, Fit] = {}
    for hypothesis in hypotheses:
        if hypothesis.code not in fits and _holds(hypothesis, trials, wrong):
            fits[hypothesis.code] = Fit(hypothesis.code, dict(hypothesis.values))
    # Two mistakes that predict the same cannot be told apart.
    return next(iter(fits.values())) if len(fits) == 1 else None


def _holds(hypothesis: Hypothesis, trials: Sequence[Trial], wrong: Sequence[int]) -> bool:
    if not wrong or (hypothesis.whole and len(wrong) < len(trials[0].expected)):
        return False
    seen = 0
    for trial in trials:
        for n in wrong:
            value = predicted(lambda trial=trial, n=n: hypothesis.predict(trial, n))  # type: ignore[misc]
            if not agrees(trial, n, value, hypothesis.relative):
                return False
            # A deviation that the tolerance hides speaks for nothing.
            seen += not agrees(trial, n, trial.expected[n], hypothesis.relative)
    return seen >= _LEAST
