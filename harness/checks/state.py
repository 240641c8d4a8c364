"""Does a layer leave its inputs alone, and does what it returns depend on nothing but its own last inputs?"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from harness.answers import Returned
from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding
from harness.checks.statements import statements
from harness.checks.wording import METHOD, case_in_words, shown
from harness.gradients.compare import Number, compare
from harness.records import Counterexample, Verdict
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW
from harness.sandbox.values import Decoded, Value
from harness.sentence import Sentence, marked

__all__ = ["check_state", "judge_sequence", "sequences"]

_OTHERWISE = {
    FORWARD: marked(
        "{layer}.{method} gives another answer than the same calls on a fresh layer alone ({case}). "
        "What it returns may depend on nothing but its inputs."
    ),
    BACKWARD: marked(
        "{layer}.{method} gives another answer than the same calls on a fresh layer alone ({case}). "
        "Keep what backward needs in self, not in the class or in a global variable."
    ),
}


def check_state(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first sequence of calls in which something but the answer changed, or None."""
    absent = evidence.absent(spec, "forward") or evidence.absent(spec, "backward")
    if absent:
        return evidence.blocked(spec.layer, "backward") or absent
    findings = (judge_sequence(evidence, spec, exhibits) for exhibits in sequences(evidence, spec))
    return next((finding for finding in findings if finding is not None), None)


def sequences(evidence: Evidence, spec: CheckSpec) -> Iterator[list[Exhibit]]:
    """Yield each sequence of calls in the bank's order, the same calls on a layer alone behind it."""
    exhibits = evidence.group(f"{spec.layer}/state")
    for number, exhibit in enumerate(exhibits):
        yield [exhibit, *(exhibits[number - back] for back in exhibit.case.relation)]
    # A layer that writes into what it was given may do so for some arrays only, so those of every kind are looked at.
    yield from ([exhibit] for exhibit in evidence.group(f"{spec.layer}/arrays"))


def judge_sequence(evidence: Evidence, spec: CheckSpec, exhibits: Sequence[Exhibit]) -> Finding | None:
    """Return what is wrong with one sequence of calls, or None.

    Answers are held against the same layer's answers when it is alone, so a wrong value is no finding here.

    Args:
        evidence: What the layers were found to be.
        spec: The check.
        exhibits: The sequence and, where it is about several inputs, a round trip on a layer alone for each of them.
    """
    exhibit, *alone = exhibits
    if exhibit.case.group.endswith("/arrays"):
        # What these return, or that they return nothing, is for another check to say.
        return _changed_argument(evidence, spec, exhibit)
    for step, planned in enumerate(exhibit.case.steps):
        if planned.op != NEW and not isinstance(exhibit.calls[step], Returned):
            waiting = _blocked_by_kind(evidence, spec, exhibit, step)
            return waiting or _among_others(evidence, exhibit, step, evidence.unanswered(exhibit, step))
    return _changed_argument(evidence, spec, exhibit) or (_disturbed(evidence, spec, exhibit, alone) if alone else None)


def _among_others(evidence: Evidence, exhibit: Exhibit, step: int, finding: Finding) -> Finding:
    """Add the calls up to a step: a sequence shows nothing by its last call alone."""
    example = finding.counterexample
    if example is None or not exhibit.case.relation:
        return finding
    called = statements(evidence, exhibit, step)
    return msgspec.structs.replace(finding, counterexample=msgspec.structs.replace(example, calls=called))


def _blocked_by_kind(evidence: Evidence, spec: CheckSpec, exhibit: Exhibit, step: int) -> Finding | None:
    if exhibit.case.relation:
        # The same calls work alone: that they fail here is what this check is about.
        return None
    return evidence.blocked(spec.layer, METHOD.get(exhibit.case.steps[step].op, "forward"))


def _changed_argument(evidence: Evidence, spec: CheckSpec, exhibit: Exhibit) -> Finding | None:
    layer = evidence.layer(spec.layer)
    for step, planned in enumerate(exhibit.case.steps):
        call = exhibit.calls[step]
        if not planned.watch or not isinstance(call, Returned) or not any(value is not None for value in call.after):
            continue
        sent = evidence.arguments(exhibit, step)
        names = [*layer.inputs]
        if planned.op == BACKWARD:
            sent, names = [*sent, *evidence.arguments(exhibit, step - 1)], ["dout", *names]
        for name, before, after in zip(names, sent, call.after, strict=False):
            if after is not None and not _same(before, after):
                method = METHOD[planned.op]
                # Where only the last call was watched, an input may have been changed by the one before it.
                earlier = planned.op == BACKWARD and name != "dout" and not exhibit.case.steps[step - 1].watch
                who = f"{layer.name}.{method}"
                if earlier:
                    who = Sentence("{layer}.forward or {method}", layer=layer.name, method=method)
                return Finding(
                    verdict=Verdict.CONTRACT,
                    message=Sentence(
                        "{who} changed its argument {name} in place. "
                        "The caller still needs {name}: compute a new value instead "
                        "(no {name} += ..., no {name}[...] = ...).",
                        who=who,
                        name=name,
                    ),
                    layer=layer.name,
                    method=method,
                    counterexample=_after_and_before(evidence.example(exhibit, step), name, after, before),
                )
    return None


def _after_and_before(example: Counterexample | None, name: str, after: Decoded, before: Number) -> Counterexample:
    """Return the call with its argument as it is after it, and as it was: what the method returned can be right."""
    assert example is not None
    difference = compare(after, before)
    entry = difference.entry if difference else None
    return msgspec.structs.replace(example, got={name: shown(after, entry)}, expected={name: shown(before, entry)})


def _calls_in_order(exhibit: Exhibit) -> Iterator[tuple[int, int]]:
    """Yield (step, step that gave the answer it must repeat): a LOOK repeats an earlier step of the same case."""
    for step, planned in enumerate(exhibit.case.steps):
        if planned.op == LOOK:
            yield step, int(planned.args[0])  # type: ignore[arg-type]


def _disturbed(evidence: Evidence, spec: CheckSpec, exhibit: Exhibit, alone: Sequence[Exhibit]) -> Finding | None:
    layer = evidence.layer(spec.layer)
    inputs: dict[int, list[Value]] = {}
    for step, planned in enumerate(exhibit.case.steps):
        if planned.op == FORWARD:
            inputs[planned.slot] = planned.args
        if planned.op not in (FORWARD, BACKWARD):
            continue
        twin = next(one for one in alone if one.case.steps[1].args == inputs[planned.slot])
        expected = twin.calls[1 if planned.op == FORWARD else 2]
        if not _same_answer(exhibit.calls[step], expected):
            method = METHOD[planned.op]
            finding = Finding(
                verdict=Verdict.WRONG,
                message=Sentence(
                    _OTHERWISE[planned.op],
                    layer=layer.name,
                    method=method,
                    case=case_in_words(exhibit.case),
                ),
                layer=layer.name,
                method=method,
                counterexample=_beside(evidence, exhibit, step, expected),
            )
            return _among_others(evidence, exhibit, step, finding)
    for step, original in _calls_in_order(exhibit):
        if not _same_answer(exhibit.calls[step], exhibit.calls[original]):
            method = METHOD[exhibit.case.steps[original].op]
            finding = Finding(
                verdict=Verdict.CONTRACT,
                message=Sentence(
                    "The value that {layer}.{method} had returned was changed by a later call ({case}). "
                    "Return a new value each time.",
                    layer=layer.name,
                    method=method,
                    case=case_in_words(exhibit.case),
                ),
                layer=layer.name,
                method=method,
                counterexample=_looked_at(evidence, exhibit, step, original),
            )
            return _among_others(evidence, exhibit, step, finding)
    return None


def _looked_at(evidence: Evidence, exhibit: Exhibit, step: int, original: int) -> Counterexample | None:
    """Return the call whose value a later one changed: the value as it is then, and as it was returned."""
    example, now = evidence.example(exhibit, original), exhibit.calls[step]
    if example is None or not isinstance(now, Returned):
        return example
    return msgspec.structs.replace(example, got=_by_name(example, now), expected=example.got)


def _by_name(example: Counterexample, call: Returned) -> dict[str, Any]:
    """Return the values of a call by the names of an example; one value stands for all."""
    names = list(example.expected)
    values = call.values if len(call.values) == len(names) else call.values * len(names)
    return {name: shown(value) for name, value in zip(names, values, strict=False)}


def _beside(evidence: Evidence, exhibit: Exhibit, step: int, alone: object) -> Counterexample | None:
    """Return the disturbed call, with the same call's answer on a layer alone as what was expected."""
    disturbed = evidence.example(exhibit, step)
    if disturbed is None or not isinstance(alone, Returned):
        return disturbed
    return msgspec.structs.replace(disturbed, expected=_by_name(disturbed, alone))


def _same_answer(one: Any, other: Any) -> bool:
    if not isinstance(one, Returned) or not isinstance(other, Returned):
        return False
    # Both exact: they are the reference's answers to the same calls.
    return (one.exact and other.exact) or (
        len(one.values) == len(other.values) and all(map(_same, one.values, other.values))
    )


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to the last bit, NaN included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        alike = isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.dtype == other.dtype
        # Nearly always; the comparison of entries below costs ten times as much.
        if alike and one.shape == other.shape and one.tobytes() == other.tobytes():
            return True
        return np.shape(one) == np.shape(other) and np.array_equal(
            one, other, equal_nan=np.asarray(one).dtype.kind == "f"
        )
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)
