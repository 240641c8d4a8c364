"""Mistakes of memory: what a layer keeps, for whom, for how long, and what it does to its arguments."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.answers import Returned
from harness.assignment import LayerSpec
from harness.cases import Case
from harness.checks.evidence import Evidence, Exhibit, returned
from harness.diagnosis.hypotheses import Fit, Hypothesis
from harness.diagnosis.trials import Model, Trial, agrees
from harness.gradients.compare import compare
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW, Fault
from harness.sandbox.values import value_of

__all__ = ["changed_arguments", "memory_mistakes", "state_mistake"]

#: What a layer keeps: (instance, inputs) of each forward so far, and which of them the next backward uses.
_Kept = list[tuple[int, list[Any]]]


def _shared_last(kept: _Kept, slot: int) -> list[Any]:
    del slot
    return kept[-1][1]


def _shared_stack(kept: _Kept, slot: int) -> list[Any]:
    del slot
    return kept.pop()[1]


def _own_first(kept: _Kept, slot: int) -> list[Any]:
    return next(inputs for owner, inputs in kept if owner == slot)


def _own_queue(kept: _Kept, slot: int) -> list[Any]:
    return kept.pop(next(n for n, (owner, _) in enumerate(kept) if owner == slot))[1]


_MEMORIES: tuple[tuple[str, Callable[[_Kept, int], list[Any]]], ...] = (
    ("STATE-SHARED", _shared_last),
    ("STATE-SHARED", _shared_stack),
    ("STATE-STALE", _own_first),
    ("STATE-STALE", _own_queue),
)


def changed_arguments(evidence: Evidence, layer: LayerSpec) -> list[str]:
    """Return the arguments that a call changed in place: names of inputs, or ``dout``."""
    names: list[str] = []
    for exhibit in (*evidence.group(f"{layer.name}/state"), *evidence.group(f"{layer.name}/arrays")):
        for step, planned in enumerate(exhibit.case.steps):
            call = exhibit.calls[step]
            if not planned.watch or not isinstance(call, Returned) or call.exact:
                continue
            backward = planned.op == BACKWARD
            sent = [*evidence.arguments(exhibit, step), *(evidence.arguments(exhibit, step - 1) if backward else [])]
            told = [*(["dout"] if backward else []), *layer.inputs]
            for name, before, after in zip(told, sent, call.after, strict=False):
                if name not in names and after is not None and compare(after, before) is not None:
                    names.append(name)
    return names


def state_mistake(evidence: Evidence, model: Model) -> Fit | None:
    """Return the one mistake of memory that explains every sequence of calls, or None."""
    layer = model.spec
    changed = changed_arguments(evidence, layer)
    if changed:
        inputs = [name for name in changed if name != "dout"]
        return Fit("INPLACE-INPUT", {"name": inputs[0]}) if inputs else Fit("INPLACE-DOUT", {})
    exhibits = [one for one in evidence.group(f"{layer.name}/state") if one.case.relation]
    told = [(exhibit, step) for exhibit in exhibits for step in _calls(exhibit.case)]
    wrong = [one for one in told if _wrong(*one, one[0].expected[one[1]], layer)]
    if not wrong:
        return Fit("OUTPUT-REUSED", {}) if any(map(_looks_changed, exhibits)) else None
    # An output that is right everywhere has no part in the mistake.
    faulty = {
        n
        for one, step in wrong
        if one.case.steps[step].op == BACKWARD
        for n in _wrong(one, step, one.expected[step], layer)
    }
    fits = {
        code
        for code, simulate in _simulations(model)
        if all(_follows(one, simulate, layer, faulty) for one in exhibits)
    }
    if len(fits) == 1:
        return Fit(fits.pop(), {})
    if not fits and all(_instances(exhibit.case) > 1 for exhibit, _ in wrong):
        # Every sequence on one layer is right, and those with a second layer are not.
        return Fit("STATE-SHARED", {})
    return None


def _calls(case: Case) -> list[int]:
    return [n for n, step in enumerate(case.steps) if step.op in (FORWARD, BACKWARD)]


def _instances(case: Case) -> int:
    return sum(step.op == NEW for step in case.steps)


def _looks_changed(exhibit: Exhibit) -> bool:
    for step, planned in enumerate(exhibit.case.steps):
        if planned.op == LOOK:
            now, before = exhibit.calls[step], exhibit.calls[int(planned.args[0])]  # type: ignore[arg-type]
            if isinstance(now, Returned) and isinstance(before, Returned) and not (now.exact and before.exact):
                pairs = zip(now.values, before.values, strict=False)
                if any(compare(one, other) is not None for one, other in pairs):  # type: ignore[arg-type]
                    return True
    return False


def _wrong(exhibit: Exhibit, step: int, values: Sequence[Any] | None, layer: LayerSpec) -> set[int]:
    """Return the positions of the outputs of a step that are not ``values``; None predicts an error."""
    call, expected = exhibit.calls[step], exhibit.expected[step]
    everything = set(range(len(expected)))
    if call is None:
        # A call before it in the same case had no answer.
        return set() if any(isinstance(one, Fault) for one in exhibit.calls[:step]) else everything
    if values is None or not isinstance(call, Returned):
        return set() if values is None and isinstance(call, Fault) else everything
    got = call.values if exhibit.case.steps[step].op == FORWARD else returned(call, layer, expected)
    if isinstance(got, str) or len(got) != len(expected):
        return everything
    trial = Trial([], None, expected, call, [*got])
    return {n for n, value in enumerate(values) if not agrees(trial, n, value)}


_Simulate = Callable[[Exhibit], dict[int, list[Any] | None]]


def _simulations(model: Model) -> Iterator[tuple[str, _Simulate]]:
    def simulate(choose: Callable[[_Kept, int], list[Any]]) -> _Simulate:
        def answers(exhibit: Exhibit) -> dict[int, list[Any] | None]:
            kept: _Kept = []
            told: dict[int, list[Any] | None] = {}
            for step, slot, arguments, backward in _events(exhibit):
                if not backward:
                    kept.append((slot, arguments))
                    continue
                try:
                    told[step] = model.backward(choose(kept, slot), arguments[0])
                except (IndexError, StopIteration):
                    told[step] = None
            return told

        return answers

    def adding(shared: bool) -> _Simulate:
        def answers(exhibit: Exhibit) -> dict[int, list[Any] | None]:
            totals: dict[int, list[Any]] = {}
            told: dict[int, list[Any] | None] = {}
            for step, slot, _, backward in _events(exhibit):
                if backward:
                    owner = 0 if shared else slot
                    before = totals.get(owner)
                    gradients = [*exhibit.expected[step]]
                    totals[owner] = _added(before, gradients) if before else gradients
                    told[step] = totals[owner]
            return told

        return answers

    for code, choose in _MEMORIES:
        yield code, simulate(choose)
    yield "STATE-ACCUMULATES", adding(shared=False)
    yield "STATE-ACCUMULATES", adding(shared=True)


def _events(exhibit: Exhibit) -> Iterator[tuple[int, int, list[Any], bool]]:
    for step in _calls(exhibit.case):
        planned = exhibit.case.steps[step]
        yield step, planned.slot, [value_of(value) for value in planned.args], planned.op == BACKWARD


def _follows(exhibit: Exhibit, simulate: _Simulate, layer: LayerSpec, faulty: set[int]) -> bool:
    told = simulate(exhibit)
    for step in _calls(exhibit.case):
        if step in told:
            if _wrong(exhibit, step, told[step], layer) & faulty:
                return False
        elif _wrong(exhibit, step, exhibit.expected[step], layer):
            return False
    return True


def memory_mistakes(evidence: Evidence, model: Model, trials: Sequence[Trial]) -> Iterator[Hypothesis]:
    """Yield what a memory that lasts, or an argument changed in place, does to one backward after one forward."""
    changed = changed_arguments(evidence, model.spec)
    if trials and trials[0].dout is not None:
        if not trials[0].is_array:
            totals = [*itertools.accumulate((trial.expected for trial in trials), _added)]
            places = {id(trial): number for number, trial in enumerate(trials)}
            yield Hypothesis("STATE-ACCUMULATES", lambda trial, n: totals[places[id(trial)]][n], relative=1e-12)
        if "dout" in changed:
            yield Hypothesis("INPLACE-DOUT", lambda trial, n: model.backward(trial.inputs, _after(model, trial, n))[n])
        for place, name in enumerate(model.spec.inputs):
            if name in changed:
                yield Hypothesis(
                    "INPLACE-INPUT",
                    lambda trial, n, place=place: _with_output(model, trial, place)[n],  # type: ignore[misc]
                    {"name": name},
                )


def _added(before: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
    return [one + other for one, other in zip(before, gradients, strict=True)]


def _after(model: Model, trial: Trial, n: int) -> Any:
    """Return dout after the other gradient was computed into it."""
    return trial.expected[1 - n] if len(trial.expected) == 2 else model.backward(trial.inputs, trial.dout)[0]


def _with_output(model: Model, trial: Trial, place: int) -> list[Any]:
    """Return the gradients for an input that forward replaced by its output."""
    inputs = [*trial.inputs]
    inputs[place] = model.forward(trial.inputs)
    return model.backward(inputs, trial.dout)
