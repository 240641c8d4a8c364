"""Holds reference layers against what judging asks of them: answers of the right shape, in time, and finite.

They are the instructor's own code and are called in this process, in a thread that is left alone when it does not end.
"""

import math
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from harness.answers import layer_number
from harness.assignment import Assignment, LayerSpec
from harness.cases import Bank, Case
from harness.checks.wording import METHOD, in_words
from harness.gradients.finite_difference import exact
from harness.gradients.tolerance import MOST_ULPS
from harness.sandbox.evaluate import evaluate_cases
from harness.sandbox.protocol import BACKWARD, FORWARD, Answer, Fault, Step
from harness.sandbox.values import Other, ProtocolError, Value, value_of
from harness.sentence import Sentence
from harness.toml_lines import Keys

__all__ = ["Trouble", "reference_faults"]

#: Seconds between two looks at a reference that is being called.
_LOOK = 0.02


class Trouble(NamedTuple):
    """Something that is wrong with a reference layer, and the keys in the file that it is about."""

    keys: Keys
    message: Sentence
    hint: Sentence | str = ""


class _Called(NamedTuple):
    """What the reference layers said to the cases, in order, and when the calls were over."""

    messages: list[Answer | Fault]
    times: list[float]
    #: When the last call ended or was given up.
    end: float
    is_whole: bool


def reference_faults(assignment: Assignment, bank: Bank) -> list[Trouble]:
    """Return the first thing that is wrong with each reference layer, before anything is compared with it."""
    classes = assignment.reference_classes()
    called = _called(assignment, bank.cases, classes)
    found: dict[int, Trouble] = {}
    for index, layer in enumerate(assignment.layer):
        if called.is_whole and (names := _curved(layer, classes[index], bank)):
            found[index] = Trouble(
                ("layer", index, "reference"),
                Sentence("the reference of {layer} is not linear in {names}", layer=layer.name, names=names),
                Sentence("the checks are exact for sums and products of the inputs, not for 1 / x, exp(x) or x ** 3"),
            )
    for message in called.messages:
        case = bank.cases[message.case]
        index = layer_number(case, case.steps[message.step])
        if index not in found and (trouble := _trouble(assignment.layer[index], index, case, message)):
            found[index] = trouble
    if slow := _too_slow(assignment, bank.cases, called):
        found.setdefault(slow[0], slow[1])
    return [found[index] for index in sorted(found)]


def _called(assignment: Assignment, cases: Sequence[Case], classes: Sequence[type]) -> _Called:
    messages: list[Answer | Fault] = []
    times: list[float] = []

    def note(message: Answer | Fault) -> None:
        messages.append(message)
        times.append(time.perf_counter())

    steps = [case.steps for case in cases]
    thread = threading.Thread(target=evaluate_cases, args=(range(len(cases)), steps, classes, note), daemon=True)
    start = time.perf_counter()
    thread.start()
    limits = assignment.limits
    while thread.is_alive():
        thread.join(_LOOK)
        now = time.perf_counter()
        if thread.is_alive() and (
            now - max([start, *times[-1:]]) > limits.call_seconds or now - start > limits.submission_seconds
        ):
            return _Called([*messages], [start, *times], now, is_whole=False)
    return _Called(messages, [start, *times], time.perf_counter(), is_whole=True)


def _too_slow(assignment: Assignment, cases: Sequence[Case], called: _Called) -> tuple[int, Trouble] | None:
    """Return the layer that took longer than a learner's may, and what to say about it."""
    limits = assignment.limits
    # The gap before each message, and after the last one: that of a call which did not end.
    gaps = [after - before for before, after in zip(called.times, [*called.times[1:], called.end], strict=True)]
    longest = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[longest] <= limits.call_seconds and called.end - called.times[0] <= limits.submission_seconds:
        return None
    index = _case_of(longest, called.messages, cases).layers[0]
    name = assignment.layer[index].name
    if gaps[longest] > limits.call_seconds:
        said = Sentence(
            "the reference of {layer} needs more than {seconds} s for one call", layer=name, seconds=limits.call_seconds
        )
    else:
        said = Sentence(
            "the reference layers need more than {seconds} s for all cases", seconds=limits.submission_seconds
        )
    hint = Sentence("a learner's layer has no more time: make the reference faster, or raise [limits]")
    return index, Trouble(("layer", index, "reference"), said, hint)


def _case_of(gap: int, messages: Sequence[Answer | Fault], cases: Sequence[Case]) -> Case:
    """Return the case whose call a gap was."""
    if gap < len(messages):
        return cases[messages[gap].case]
    if not messages:
        return cases[0]
    last = messages[-1]
    is_over = isinstance(last, Fault) or last.step == len(cases[last.case].steps) - 1
    return cases[min(last.case + is_over, len(cases) - 1)]


def _trouble(layer: LayerSpec, index: int, case: Case, message: Answer | Fault) -> Trouble | None:
    """Return what is wrong with one answer of a reference layer."""
    step = case.steps[message.step]
    call = f"{layer.name}.{METHOD.get(step.op, '__init__')}({_arguments(step)})"
    keys: Keys = ("layer", index, "reference")
    if isinstance(message, Fault):
        error = f"{message.kind}: {message.message}" if message.message else message.kind
        return Trouble(keys, Sentence("the reference raised {error} in {call}", error=error, call=call))
    if step.op not in (FORWARD, BACKWARD):
        return None
    values = [value_of(value) for value in message.values]
    if len(values) != _count(layer, step.op, message):
        wanted = "one value" if step.op == FORWARD else ", ".join(layer.gradients)
        hint = Sentence("return {names}", names=wanted)
        return Trouble(
            keys, Sentence("{call} of the reference returned {count} value(s)", count=len(values), call=call), hint
        )
    for value in values:
        if isinstance(value, Other):
            return Trouble(
                keys, Sentence("the reference returned {value} from {call}", value=value.description, call=call)
            )
    shape = _shape(step)
    if shape is not None and any(np.shape(value) != shape for value in values):  # type: ignore[arg-type]
        return Trouble(
            keys,
            Sentence("the reference returned another shape than {shape} from {call}", shape=shape, call=call),
            Sentence("a layer works entry by entry: what goes in, comes out and goes back has the same shape"),
        )
    if case.group.endswith("/numbers") and not all(np.isfinite(value).all() for value in values):  # type: ignore[arg-type]
        return Trouble(
            ("layer", index, "magnitudes"),
            Sentence("the magnitudes are too large: the reference returned no finite number from {call}", call=call),
        )
    return None


def _count(layer: LayerSpec, operation: int, answer: Answer) -> int:
    """Return how many values there should be."""
    if operation == FORWARD:
        return 1 if not answer.several else 0
    return 1 if layer.one_gradient_for_all and not answer.several else len(layer.gradients)


def _given(value: Value) -> Any:
    """Return a number or array that a call was given; None for what an earlier call returned."""
    try:
        return value_of(value)
    except ProtocolError:
        return None


def _arguments(step: Step) -> str:
    return ", ".join(in_words(given) for value in step.args if (given := _given(value)) is not None)


def _shape(step: Step) -> tuple[int, ...] | None:
    given = _given(step.args[0]) if step.args else None
    return None if given is None or isinstance(given, Other) else np.shape(given)


def _curved(layer: LayerSpec, made: type, bank: Bank) -> str:
    """Return the inputs along which forward is no polynomial of degree two; nothing where it is one along all of them.

    Differences of one are exact: f(p + v) - f(p - v) is twice what it is with half the step, but for the rounding of
    four values.
    """
    for number in bank.groups[f"{layer.name}/lattice"]:
        case = bank.cases[number]
        if not case.relation:
            continue
        _, *direction = case.relation
        ahead, behind = ([float(value) for value in case.steps[step].args] for step in (1, 3))  # type: ignore[arg-type]
        nearer = [
            [(3 * one + other) / 4 for one, other in zip(*ends, strict=True)]
            for ends in ((ahead, behind), (behind, ahead))
        ]
        try:
            with np.errstate(all="ignore"):
                values = [float(made().forward(*point)) for point in (ahead, behind, *nearer)]
        except Exception:  # noqa: BLE001 - the reference's own; what it answered to the cases tells it better
            return ""
        if not all(map(math.isfinite, values)):
            return _named(layer, direction)
        far, near = (Fraction(exact(one) or 0) - Fraction(exact(other) or 0) for one, other in (values[:2], values[2:]))
        allowed = MOST_ULPS * sum((Fraction(math.ulp(value)) for value in (*values, *values[2:])), Fraction(0))
        if abs(far - 2 * near) > allowed:
            return _named(layer, direction)
    return ""


def _named(layer: LayerSpec, direction: Sequence[int]) -> str:
    return ", ".join(name for name, step in zip(layer.inputs, direction, strict=True) if step)
