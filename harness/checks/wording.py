"""Findings, and the words and values in them: what was returned, what was expected, shown short and exact."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.escape import plain
from harness.gradients.compare import Difference, Kind, Number
from harness.records import Counterexample, Record, Verdict
from harness.sandbox.protocol import BACKWARD, FORWARD, Fault, Other

__all__ = ["METHOD", "Finding", "differences_in_words", "in_words", "raised_in_words", "shown"]

#: Arrays up to this many entries are shown whole; a longer one by the entry that differs.
SHOWN_ENTRIES = 12

METHOD = {FORWARD: "forward", BACKWARD: "backward"}


class Finding(Record, frozen=True, kw_only=True):
    """What a check found."""

    verdict: Verdict
    message: str
    #: The learner's line that an error came from.
    line: int | None = None
    #: Layer and method that the finding is about.
    layer: str | None = None
    method: str | None = None
    counterexample: Counterexample | None = None
    blocked_by: str | None = None


def differences_in_words(
    got: Mapping[str, Number | Other], wrong: Mapping[str, tuple[Difference, Number]]
) -> tuple[Verdict, list[str], tuple[int, ...] | None]:
    """Return the verdict, a phrase for each wrong value, and the entry of an array that the phrases speak of."""
    parts: list[str] = []
    verdict = Verdict.WRONG
    entry: tuple[int, ...] | None = None
    for name, (difference, expected) in wrong.items():
        if difference.kind is Kind.TYPE:
            verdict = Verdict.CONTRACT
            missing = ": is a return missing?" if difference.found.startswith("None") else ""
            parts.append(f"{name} = {difference.found}, but a number or an array was expected{missing}")
        elif difference.kind is Kind.SHAPE:
            verdict = Verdict.CONTRACT
            parts.append(f"{name} of shape {difference.found}, but {np.shape(expected)} was expected")
        elif difference.entry is not None:
            entry = difference.entry
            place = "[" + ", ".join(map(str, entry)) + "]"
            seen = np.asarray(got[name])[entry]
            parts.append(f"{name}{place} = {in_words(seen)}, but {in_words(np.asarray(expected)[entry])} was expected")
        else:
            parts.append(f"{name} = {in_words(got[name])}, but {in_words(expected)} was expected")
    return verdict, parts, entry


def raised_in_words(called: str, method: str, fault: Fault) -> tuple[Verdict, str]:
    """Return the verdict and the sentence on a call that raised."""
    if fault.kind == "NotImplementedError":
        return Verdict.RAISED, f"{called} is not written yet."
    if fault.kind == "MemoryError":
        return Verdict.MEMORY_LIMIT, f"{called} used more memory than is allowed."
    detail = f": {fault.message}" if fault.message else ""
    where = f" on line {fault.line}" if fault.line else ""
    if method == "__init__" and fault.kind == "TypeError":
        return (
            Verdict.RAISED,
            f"{called} raised TypeError{where}{detail}. The grader makes a layer without arguments.",
        )
    return Verdict.RAISED, f"{called} raised {fault.kind}{where}{detail}."


def shown(value: Any, entry: tuple[int, ...] | None = None) -> Any:
    """Return ``value`` as JSON: NaN and infinities as strings, a long array by its shape and one entry."""
    if isinstance(value, Other):
        return plain(value.description, 200)
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return shown(value.item())
        if value.size <= SHOWN_ENTRIES:
            return [shown(row) for row in value]
        place = entry if entry is not None and len(entry) == value.ndim else (0,) * value.ndim
        inside = all(n < size for n, size in zip(place, value.shape, strict=True))
        return {
            "shape": list(value.shape),
            "entry": list(place),
            "value": shown(value[place].item() if inside else None),
        }
    if isinstance(value, np.generic):
        return shown(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, complex):
        return str(value)
    return value


def in_words(value: Any) -> str:
    """Return ``value`` for a sentence."""
    if isinstance(value, Other):
        return value.description
    if isinstance(value, np.ndarray) and value.ndim:
        if value.size > SHOWN_ENTRIES:
            return f"an array of shape {value.shape}"
        return str(value.tolist())
    if isinstance(value, (np.ndarray, np.generic)):
        return repr(value.item())
    return repr(value)
