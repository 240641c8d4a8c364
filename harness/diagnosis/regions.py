"""Right except somewhere: the region that holds every wrong value and no right one, as a condition in Python."""

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnosis.hypotheses import Fit, wrong_outputs
from harness.diagnosis.trials import Trial, right, shape_of

__all__ = ["only_sometimes"]

#: Reversed, shifted or clipped, an array this small may well be right.
_SMALL = 3
#: One number for each name: the inputs, dout, and what was expected.
_Point = dict[str, Any]


def only_sometimes(trials: Sequence[Trial], inputs: Sequence[str], outputs: Sequence[str]) -> Fit | None:
    """Return ONLY-SOMETIMES with the region, or None when there is none that can be told."""
    wrong = wrong_outputs(trials)
    if not wrong:
        return None
    region = _of_arrays(trials, outputs, wrong) if trials[0].is_array else None
    if region is None:
        bad, good = _points(trials, inputs, outputs, wrong)
        region = _region(bad, good, [*inputs, *(["dout"] if trials[0].dout is not None else [])])
    return Fit("ONLY-SOMETIMES", {"region": region}) if region else None


def _points(
    trials: Sequence[Trial], inputs: Sequence[str], outputs: Sequence[str], wrong: Sequence[int]
) -> tuple[list[_Point], list[_Point]]:
    """Return the numbers at which an output is wrong and those at which all are right; of arrays, entry by entry."""
    bad: list[_Point] = []
    good: list[_Point] = []
    for trial in trials:
        for n in wrong:
            told = [*trial.inputs, *([] if trial.dout is None else [trial.dout]), trial.expected[n]]
            names = [*inputs, *([] if trial.dout is None else ["dout"]), outputs[n]]
            if not trial.is_array:
                entries, flags = [tuple(told)], [not right(trial, n)]
            elif trial.got is None or shape_of(trial.got[n]) != np.shape(trial.expected[n]):
                continue
            else:
                entries = [*zip(*(np.asarray(value).ravel().tolist() for value in told), strict=True)]
                flags = _wrong_entries(trial, n)
            for entry, flag in zip(entries, flags, strict=True):
                point = dict(zip(names, entry, strict=True))
                if flag:
                    bad.append(point)
                elif entry[-1] and math.isfinite(entry[-1]):
                    # Where zero is expected, most mistakes give zero too: it speaks for no region.
                    good.append(point)
    return bad, good


def _wrong_entries(trial: Trial, n: int) -> list[bool]:
    got = np.asarray(trial.got[n] if trial.got else math.nan)
    if got.dtype.kind not in "iuf":
        return [True] * got.size
    one, other = got.astype(float).ravel(), np.asarray(trial.expected[n], float).ravel()
    same = np.isclose(one, other, rtol=1e-7 if got.dtype.itemsize < 8 else 1e-15, atol=0.0, equal_nan=True)
    return [bool(flag) for flag in ~same]


def _region(bad: list[_Point], good: list[_Point], names: Sequence[str]) -> str | None:
    if len(bad) < 2 or len(good) < 5:
        return None
    for words, holds in _candidates(bad, good, names):
        if all(map(holds, bad)) and not any(map(holds, good)):
            return words
    return None


_Holds = Callable[[_Point], bool]


def _at(name: str, test: Callable[[Any], bool]) -> _Holds:
    return lambda point: name in point and bool(test(point[name]))


def _between_two(one: str, other: str, test: Callable[[Any, Any], bool]) -> _Holds:
    return lambda point: bool(test(point[one], point[other]))


def _candidates(bad: list[_Point], good: list[_Point], names: Sequence[str]) -> Iterator[tuple[str, _Holds]]:
    everything = [*names, *(name for name in bad[0] if name not in names and all(name in point for point in bad))]
    for name in everything:
        yield f"{name} < 0", _at(name, lambda v: v < 0)
        yield f"{name} > 0", _at(name, lambda v: v > 0)
        yield f"{name} == 0", _at(name, lambda v: v == 0)
        yield f"{name} <= 0", _at(name, lambda v: v <= 0)
        yield f"isnan({name})", _at(name, math.isnan)
        yield f"isinf({name})", _at(name, math.isinf)
    for one, other in itertools.combinations(names, 2):
        yield f"{one} == {other}", _between_two(one, other, operator.eq)
        yield f"{one} == -{other}", _between_two(one, other, lambda v, w: v == -w)
        yield f"{one} > {other}", _between_two(one, other, operator.gt)
        yield f"{one} < {other}", _between_two(one, other, operator.lt)
    for name in everything:
        yield f"{name} == {_short(bad[0][name])}", _at(name, functools.partial(operator.eq, bad[0][name]))
    yield from _signs(bad, names)
    for name in everything:
        yield from _thresholds(name, bad, good)
    for name in names:
        yield f"type({name}) is int", _at(name, lambda v: type(v) is int)
        yield f"type({name}) is float", _at(name, lambda v: type(v) is float)
        yield f"{name} % 1 != 0", _at(name, lambda v: v % 1 != 0)
    for one, other in itertools.combinations(names, 2):
        yield f"{one} % 1 == 0 and {other} % 1 == 0", _between_two(one, other, lambda v, w: v % 1 == 0 and w % 1 == 0)


def _signs(bad: list[_Point], names: Sequence[str]) -> Iterator[tuple[str, _Holds]]:
    """Yield the pattern of signs that all wrong points share."""
    shared = {}
    for name in names:
        signs = {np.sign(point[name]) for point in bad}
        if len(signs) == 1 and (sign := signs.pop()) in (-1, 1):
            shared[name] = sign
    if len(shared) > 1:
        words = " and ".join(f"{name} {'<' if sign < 0 else '>'} 0" for name, sign in shared.items())
        yield words, lambda p: all(np.sign(p[name]) == sign for name, sign in shared.items())


def _thresholds(name: str, bad: list[_Point], good: list[_Point]) -> Iterator[tuple[str, _Holds]]:
    """Yield the regions beyond the largest right value or below the smallest, the number in few digits."""
    for words, size in ((f"abs({name})", abs), (name, float)):
        wrong = [size(point[name]) for point in bad if name in point]
        fine = [size(point[name]) for point in good if name in point]
        if not wrong or not fine or not all(map(math.isfinite, (*wrong, *fine))):
            continue
        if min(wrong) > max(fine):
            limit = _between(max(fine), min(wrong))
            yield f"{words} > {limit:g}", _at(name, _beyond(size, operator.gt, limit))
        if max(wrong) < min(fine):
            limit = _between(max(wrong), min(fine))
            yield f"{words} < {limit:g}", _at(name, _beyond(size, operator.lt, limit))


def _beyond(
    size: Callable[[Any], float], compares: Callable[[float, float], bool], limit: float
) -> Callable[[Any], bool]:
    return lambda value: compares(size(value), limit)


def _between(low: float, high: float) -> float:
    """Return a number of few digits from [low, high)."""
    for digits in range(1, 17):
        for base in (high, low):
            value = float(f"{base:.{digits}g}")
            if low <= value < high:
                return value
    return low


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _of_arrays(trials: Sequence[Trial], outputs: Sequence[str], wrong: Sequence[int]) -> str | None:
    """Return which arrays, or which entries of every array, are wrong."""
    bad = [trial for trial in trials if not right(trial)]
    # An empty array is right whatever is done to its entries.
    good = [trial for trial in trials if right(trial) and np.size(trial.expected[0])]
    for words, holds in _kinds(bad):
        if good and all(map(holds, bad)) and not any(map(holds, good)):
            return words
    entries = [
        _wrong_entries(trial, n) for trial in bad for n in wrong if _same_shape(trial, n) and not right(trial, n)
    ]
    if not good and len(entries) >= len(bad):
        for words, place in (("[0]", 0), ("[-1]", -1)):
            if all(flags[place] and sum(flags) == 1 for flags in entries):
                return f"{' '.join(outputs[n] for n in wrong)}{words}"
    return None


def _same_shape(trial: Trial, n: int) -> bool:
    return trial.got is not None and shape_of(trial.got[n]) == np.shape(trial.expected[n])


def _has_dimensions(count: int, trial: Trial) -> bool:
    return np.ndim(trial.inputs[0]) == count


def _kinds(bad: Sequence[Trial]) -> Iterator[tuple[str, Callable[[Trial], bool]]]:
    def first(trial: Trial) -> Any:
        return np.asarray(trial.inputs[0])

    for dimensions in range(1, 5):
        yield f"ndim == {dimensions}", functools.partial(_has_dimensions, dimensions)
    yield "size == 0", lambda trial: first(trial).size == 0
    yield "shape == (1,)", lambda trial: first(trial).shape == (1,)
    yield "dtype == float32", lambda trial: first(trial).dtype == np.float32
    yield "dtype == int64", lambda trial: first(trial).dtype.kind == "i"
    yield (
        "shape[0] == shape[-1]",
        lambda trial: first(trial).ndim > 1 and first(trial).shape[0] == first(trial).shape[-1],
    )
    least = min((first(trial).size for trial in bad), default=0)
    if least > _SMALL:
        yield f"size >= {least}", lambda trial: first(trial).size >= least
