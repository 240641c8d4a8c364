"""Holds every known mistake against what was observed, and names the only one that fits."""

import warnings
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from harness.answers import Lost, Returned, layer_number
from harness.assignment import GRAPH, CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding
from harness.checks.wording import METHOD, in_words
from harness.diagnosis.answers import not_finite, without_numbers, zero_input
from harness.diagnosis.arithmetic import arithmetic_mistakes, in_fewer_bits
from harness.diagnosis.codes import CODES, OF_A_FORMULA, Diagnosis, Value
from harness.diagnosis.faults import absent_class, absent_method, unanswered
from harness.diagnosis.formulas import backward_mistakes, forward_mistakes, other_formulas
from harness.diagnosis.hypotheses import Fit, Hypothesis, best, wrong_outputs
from harness.diagnosis.places import line_of_memory
from harness.diagnosis.regions import only_sometimes
from harness.diagnosis.shapes import for_numbers_only, matrix_product, wrong_shape
from harness.diagnosis.state import memory_mistakes, state_mistake
from harness.diagnosis.trials import Model, Trial, right, trials_of
from harness.escape import plain
from harness.records import Verdict
from harness.sandbox.protocol import Fault

__all__ = ["diagnose", "named"]

_GENERAL = {"forward": "FORWARD-WRONG", "backward": "BACKWARD-WRONG"}
_BY_VERDICT = {
    Verdict.TIMEOUT: "TIMEOUT",
    Verdict.MEMORY_LIMIT: "MEMORY",
    Verdict.CRASHED: "CRASH",
    Verdict.RAISED: "RAISED",
}
#: The methods that a kind of check calls, in the order in which it misses them.
_METHODS = {"forward": ("forward",), "backward": ("backward",), "gradient": ("backward",)}


def diagnose(evidence: Evidence, spec: CheckSpec, finding: Finding) -> Diagnosis | None:
    """Return the name of the mistake behind ``finding``, or None for one that is no mistake of the learner's.

    Whatever was observed, this returns: a mistake of ours in here costs the name, never the grade.
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return named(evidence, spec, finding)
    except Exception:  # noqa: BLE001 - the verdict stands by itself
        return _diagnosis(_general(spec, finding), finding)


def named(evidence: Evidence, spec: CheckSpec, finding: Finding) -> Diagnosis | None:
    """Return what :func:`diagnose` returns; a mistake of ours is raised."""
    if finding.verdict in (Verdict.PASSED, Verdict.BLOCKED, Verdict.GRADER_FAULT) or finding.layer is None:
        return None
    found = evidence.found[finding.layer]
    if found.name is None:
        return _diagnosis(absent_class(found), finding)
    if finding.method is None:
        for method in _METHODS.get(spec.kind, tuple(METHOD.values())):
            if evidence.lacks(finding.layer, method):
                return _diagnosis(absent_method(found, method), finding)
    fit = None
    if spec.layer != GRAPH:
        model = Model(evidence, evidence.layer(spec.layer))
        fit = _of_layer(evidence, spec, finding, model)
    elif finding.verdict in (Verdict.WRONG, Verdict.CONTRACT):
        # Alone the layer is right; what it does among others, its own sequences of calls have shown.
        fit = state_mistake(evidence, Model(evidence, evidence.layer(finding.layer)))
    else:
        fit = _first_unanswered(evidence, finding, evidence.group(_graphs(spec)))
    made = _diagnosis(fit or _general(spec, finding), finding)
    line = line_of_memory(made.code, found, finding, evidence.layer(finding.layer).inputs)
    return msgspec.structs.replace(made, line=line)


def _graphs(spec: CheckSpec) -> str:
    return "graph/random" if spec.kind == "random_graphs" else "graph/shop"


def _general(spec: CheckSpec, finding: Finding) -> Fit:
    by_verdict = _BY_VERDICT.get(finding.verdict)
    if by_verdict is not None:
        return Fit(by_verdict, {"error": "Exception"} if by_verdict == "RAISED" else {})
    return Fit("STATE-WRONG" if spec.kind == "state" else _GENERAL.get(finding.method or "", "FORWARD-WRONG"), {})


def _diagnosis(fit: Fit, finding: Finding) -> Diagnosis:
    known: dict[str, Value] = {"layer": finding.layer or "", "method": finding.method or "", **fit.values}
    return Diagnosis(fit.code, {name: known[name] for name in CODES.get(fit.code, OF_A_FORMULA)})


def _of_layer(evidence: Evidence, spec: CheckSpec, finding: Finding, model: Model) -> Fit | None:
    if spec.kind == "state":
        group = evidence.group(f"{spec.layer}/state")
        if finding.verdict in (Verdict.WRONG, Verdict.CONTRACT, Verdict.RAISED):
            fit = state_mistake(evidence, model) or _of_arrays(evidence, model, finding)
            if fit or finding.verdict is not Verdict.RAISED:
                return fit
        return _first_unanswered(evidence, finding, group)
    if spec.kind == "gradient" and finding.verdict not in (Verdict.WRONG, Verdict.CONTRACT):
        return _first_unanswered(evidence, finding, evidence.group(f"{spec.layer}/lattice"))
    if spec.kind == "gradient":
        return _of_gradient(evidence, model)
    group_name = "arrays" if spec.kind == "arrays" else "numbers"
    method = finding.method or spec.kind
    fit = _of_calls(evidence, model, method, group_name)
    if fit or finding.verdict in (Verdict.WRONG, Verdict.CONTRACT):
        return fit
    return _first_unanswered(evidence, finding, evidence.group(f"{spec.layer}/{group_name}"))


def _of_arrays(evidence: Evidence, model: Model, finding: Finding) -> Fit | None:
    """Return the mistake that arrays show by themselves: it breaks sequences of calls on arrays too."""
    return _of_calls(evidence, model, finding.method or "", "arrays")


def _first_unanswered(evidence: Evidence, finding: Finding, exhibits: list[Exhibit]) -> Fit | None:
    """Return what the call that the finding is about tells of: the first of its layer and method without an answer."""
    layer, method = evidence.layer(finding.layer or ""), finding.method or ""
    index = evidence.assignment.layer_index(layer.name)
    for exhibit in exhibits:
        for planned, call in zip(exhibit.case.steps, exhibit.calls, strict=False):
            asked = isinstance(call, (Fault, Lost)) and METHOD.get(planned.op, "__init__") == method
            if asked and layer_number(exhibit.case, planned) == index:
                return unanswered(call, layer, method)
    return None


def _of_gradient(evidence: Evidence, model: Model) -> Fit | None:
    """Return the root of a backward that is not the derivative of its forward: which of the two is wrong?"""

    def is_right(method: str, group: str) -> bool:
        return all(map(right, trials_of(evidence, model.spec, method, group)))

    wrong = {
        method: next((group for group in ("numbers", "lattice") if not is_right(method, group)), None)
        for method in METHOD.values()
    }
    if all(wrong.values()):
        return Fit("NOT-YOUR-FORWARD", {})
    for method, group in wrong.items():
        if group is not None:
            fit = _of_calls(evidence, model, method, group)
            return fit or Fit(_GENERAL[method], {"method": method})
    return None


def _of_calls(evidence: Evidence, model: Model, method: str, group: str) -> Fit | None:
    """Return the one mistake that explains all calls of a method in a group. Several checks ask for the same."""
    key = ("fit", model.spec.name, method, group)
    if method in METHOD.values() and key not in evidence.worked_out:
        trials = trials_of(evidence, model.spec, method, group)
        # The points of the lattice are too few to tell a region by.
        evidence.worked_out[key] = _of_trials(evidence, model, method, trials, region=group != "lattice")
    fit: Fit | None = evidence.worked_out.get(key)
    return fit


def _of_trials(evidence: Evidence, model: Model, method: str, trials: Sequence[Trial], *, region: bool) -> Fit | None:
    """Return the one mistake that explains all calls of a method; without ``region`` none that is only somewhere."""
    if not trials or all(map(right, trials)):
        return None
    spec = model.spec
    names = spec.gradients if method == "backward" else ("out",)
    answered = all(isinstance(trial.call, Returned) for trial in trials)
    fit = (
        without_numbers(trials, spec)
        or (_forward_of_another(evidence, model, trials) if method == "backward" else None)
        or best(_all(evidence, model, method, trials), trials)
        or in_fewer_bits(trials)
        or zero_input(trials)
        or matrix_product(model, trials)
        or (for_numbers_only(trials) if trials[0].is_array else None)
        or wrong_shape(trials, names)
        or not_finite(trials)
        or (only_sometimes(trials, spec.inputs, names) if answered and region else None)
    )
    return Fit(fit.code, {**_shown(trials, names), "method": method, **fit.values}) if fit else None


def _all(evidence: Evidence, model: Model, method: str, trials: Sequence[Trial]) -> Iterator[Hypothesis]:
    yield from backward_mistakes(model) if method == "backward" else forward_mistakes(model)
    yield from arithmetic_mistakes(model, trials)
    if method == "backward":
        yield from memory_mistakes(evidence, model, trials)


def _forward_of_another(evidence: Evidence, model: Model, trials: Sequence[Trial]) -> Fit | None:
    """Return FORWARD-OTHER when forward computes a function, and backward is right for that one."""
    spec = model.spec
    if trials[0].is_array or len(spec.inputs) != 2:
        return None
    forward = best(forward_mistakes(model), trials_of(evidence, spec, "forward", "numbers"))
    for words, _, gradients in other_formulas(spec.inputs):
        if forward and forward.values.get("formula") == words and gradients:
            whole = Hypothesis(
                "FORWARD-OTHER",
                lambda trial, n, gradients=gradients: gradients(*trial.inputs, trial.dout)[n],  # type: ignore[misc]
                {**forward.values, "method": "forward"},
                1e-13,
            )
            return best([whole], trials)
    return None


def _shown(trials: Sequence[Trial], names: tuple[str, ...]) -> dict[str, Value]:
    """Return the first wrong output beside the right one."""
    wrong = wrong_outputs(trials)
    for trial in trials:
        for n in wrong:
            if not right(trial, n):
                got = in_words(trial.got[n]) if trial.got is not None else ""
                return {
                    "names": ", ".join(names[k] for k in wrong),
                    "name": names[n],
                    "got": plain(got, 120) or "?",
                    "expected": str(in_words(trial.expected[n])),
                }
    return {"names": "", "name": "?", "got": "?", "expected": "?"}
