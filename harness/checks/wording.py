"""Findings, and the words and values in them: what was returned, what was expected, shown short and exact."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.cases import Case
from harness.escape import plain
from harness.gradients.compare import Difference, Kind, Number
from harness.records import Counterexample, Record, Verdict
from harness.sandbox.evaluate import NOT_AVAILABLE
from harness.sandbox.protocol import BACKWARD, FORWARD, Fault
from harness.sandbox.values import Other
from harness.sentence import Sentence, marked, read_back

__all__ = [
    "METHOD",
    "Finding",
    "case_in_words",
    "differences_in_words",
    "in_words",
    "must_pass",
    "raised_in_words",
    "shown",
]

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
            missing = marked("{name} = {found}, but a number or an array was expected: is a return missing?")
            other = marked("{name} = {found}, but a number or an array was expected")
            pattern = missing if difference.found.startswith("None") else other
            parts.append(Sentence(pattern, name=name, found=difference.found))
        elif difference.kind is Kind.SHAPE:
            verdict = Verdict.CONTRACT
            shapes = {"found": difference.found, "expected": np.shape(expected)}
            parts.append(Sentence("{name} of shape {found}, but {expected} was expected", name=name, **shapes))
        elif difference.entry is not None:
            entry = difference.entry
            place = "[" + ", ".join(map(str, entry)) + "]"
            parts.append(_unlike(f"{name}{place}", np.asarray(got[name])[entry], np.asarray(expected)[entry]))
        else:
            parts.append(_unlike(name, got[name], expected))
    return verdict, parts, entry


def _unlike(name: str, got: Any, expected: Any) -> Sentence:
    return Sentence(
        "{name} = {got}, but {expected} was expected", name=name, got=in_words(got), expected=in_words(expected)
    )


def case_in_words(case: Case) -> Sentence:
    """Return why a case is tried."""
    # A right submission has no use for it.
    from harness.strata import stratum_in_words

    return stratum_in_words(case.stratum)


def must_pass(check: str) -> Sentence:
    """Return the sentence on a check that waits for another one."""
    return Sentence("{check} must pass first.", check=check)


def raised_in_words(called: str, method: str, fault: Fault) -> tuple[Verdict, str]:
    """Return the verdict and the sentence on a call that raised."""
    if fault.kind == "NotImplementedError":
        return Verdict.RAISED, Sentence("{called} is not written yet.", called=called)
    if fault.kind == "MemoryError":
        return Verdict.MEMORY_LIMIT, Sentence("{called} used more memory than is allowed.", called=called)
    with_line = Sentence("{kind} on line {line}", kind=fault.kind, line=fault.line) if fault.line else fault.kind
    # Some of Python's and numpy's own have several lines, or end in a full stop as this sentence does.
    message = read_back(fault.message, (NOT_AVAILABLE,)) or " ".join(fault.message.splitlines()).removesuffix(".")
    error = Sentence("{kind}: {message}", kind=with_line, message=message) if message else with_line
    raised = Sentence("{called} raised {error}", called=called, error=error)
    if method == "__init__" and fault.kind == "TypeError":
        return Verdict.RAISED, Sentence("{raised}. The grader makes a layer without arguments.", raised=raised)
    return Verdict.RAISED, Sentence("{raised}.", raised=raised)


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
    if isinstance(value, (complex, str)):
        return str(value)
    return value


def in_words(value: Any) -> str:
    """Return ``value`` for a sentence."""
    if isinstance(value, Other):
        return value.description
    if isinstance(value, np.ndarray) and value.ndim:
        if value.size > SHOWN_ENTRIES:
            return Sentence("an array of shape {shape}", shape=value.shape)
        return str(value.tolist())
    if isinstance(value, (np.ndarray, np.generic)):
        return repr(value.item())
    return repr(value)
