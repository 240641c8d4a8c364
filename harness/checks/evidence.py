"""What a check looks at: each case with the learner's answers and the reference's, and findings made from them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from harness.answers import Call, Lost, Returned, bank_answers, layer_number, one_for_each
from harness.assignment import Assignment, CheckSpec, LayerSpec
from harness.cases import Bank, Case, forward_of
from harness.checks.wording import (
    METHOD,
    Finding,
    case_in_words,
    differences_in_words,
    in_words,
    must_pass,
    raised_in_words,
    shown,
)
from harness.gradients.compare import Difference, Number, compare
from harness.naming import Found, misspelt
from harness.observe import Observations
from harness.records import Counterexample, Verdict
from harness.sandbox.channel import Ending
from harness.sandbox.protocol import BACKWARD, FORWARD, Fault
from harness.sandbox.values import ARRAY, WHOLE, Decoded, Other, Value, unpack_reference, value_of
from harness.sentence import Sentence, listed, marked

__all__ = ["Evidence", "Exhibit", "Finding", "returned"]


#: Steps of a round trip: the layer is made by the one before them.
_ROUND_TRIP = {"forward": 1, "backward": 2}


class Exhibit(NamedTuple):
    """One case with both answers to it."""

    case: Case
    calls: Sequence[Call]
    #: For each step, the values that the reference returned.
    expected: Sequence[Sequence[Number]]


class Evidence:
    """All exhibits of one submission."""

    def __init__(self, assignment: Assignment, bank: Bank, seen: Observations) -> None:
        self.assignment = assignment
        self.found: dict[str, Found] = dict(zip((layer.name for layer in assignment.layer), seen.layers, strict=True))
        self._specs = {layer.name: layer for layer in assignment.layer}
        self._bank, self._seen = bank, seen
        #: Whether every answer is known to be right, so that nothing has to be compared.
        self.known_right = seen.known_right
        #: What was worked out from the exhibits, by whatever it depends on besides, for who asks again.
        self.worked_out: dict[tuple[object, ...], Any] = {}
        #: Verdicts of the checks judged so far, by id.
        self.verdicts: dict[str, Verdict] = {}
        self._expected = bank_answers(assignment, bank).values
        probes = seen.cases[len(bank.cases) :]
        self._probes: dict[str, list[int]] = {}
        # Where all is known nothing is compared, and the bank's own cases are enough to draw the graph.
        if probes and not seen.known_right:
            self._expected = [*self._expected, *seen.probed]
            for index, case in enumerate(probes, len(bank.cases)):
                self._probes.setdefault(case.group, []).append(index)

    def layer(self, name: str) -> LayerSpec:
        """Return a layer of the assignment."""
        return self._specs[name]

    def group(self, name: str) -> list[Exhibit]:
        """Return a group's exhibits, in the bank's order."""
        seen = self._seen
        if name not in self._bank.groups:
            raise LookupError(f"the bank has no cases of the group {name}")
        indices = [*self._bank.groups.get(name, ()), *self._probes.get(name, ())]
        return [Exhibit(seen.cases[index], seen.calls[index], self._expected[index]) for index in indices]

    def absent(self, spec: CheckSpec, method: str) -> Finding | None:
        """Return what is wrong when the class, or a method of it, is not there at all."""
        found, name = self.found[spec.layer], spec.layer
        if found.name is None:
            return _no_class(name, found)
        if not self.lacks(name, method):
            return None
        meant = misspelt(found.methods, method)
        line = found.method_lines.get(meant, found.line) if meant else found.line
        message = Sentence("{layer} has no method {method}: add def {method}(self, ...).", layer=name, method=method)
        if meant:
            message = Sentence(
                "{layer} has no method {method}: found '{found}', expected '{method}': correct the spelling.",
                layer=name,
                method=method,
                found=meant,
            )
        return Finding(verdict=Verdict.CONTRACT, message=message, line=line, layer=name)

    def lacks(self, layer: str, method: str) -> bool:
        """Tell whether there is no such method, in the class or in a layer made of it.

        A class may put its methods into each layer that it makes, so what the first call of the method came to decides.
        """
        methods = self.found[layer].methods
        if method in methods:
            return False
        # Both kinds of cases are round trips.
        first = next((n for kind in ("numbers", "arrays") for n in self._bank.groups.get(f"{layer}/{kind}", ())), None)
        call = None if first is None else self._seen.calls[first][_ROUND_TRIP[method]]
        if call is None:
            return bool(methods)
        # Raised by our look at the layer, with no line of the learner's.
        return isinstance(call, Fault) and call.kind == "AttributeError" and call.line is None

    def any_layer_absent(self) -> Finding | None:
        """Return why no graph can be built, when one of the layers is not there."""
        for name, found in self.found.items():
            if found.name is None:
                return _no_class(name, found)
        return None

    def blocked(self, layer: str, method: str) -> Finding | None:
        """Return a finding that waits for the check of ``layer``'s ``method``, or None when that one passed."""
        for check in self.assignment.check:
            failed = self.verdicts.get(check.id, Verdict.PASSED) is not Verdict.PASSED
            if failed and check.layer == layer and check.kind == method:
                return Finding(verdict=Verdict.BLOCKED, message=must_pass(check.id), blocked_by=check.id)
        return None

    def judge(self, exhibit: Exhibit, step: int) -> Finding | None:
        """Compare one step's answer with the reference's; None when it is right.

        A step that was never reached, or failed before it returned, is a finding too.
        """
        planned, call = exhibit.case.steps[step], exhibit.calls[step]
        if not isinstance(call, Returned):
            return self.unanswered(exhibit, step)
        if call.exact:
            return None
        spec = self.layer_of(exhibit, step)
        if planned.op == FORWARD:
            return self._judge_forward(spec, exhibit, step, call)
        return self._judge_backward(spec, exhibit, step, call)

    def layer_of(self, exhibit: Exhibit, step: int) -> LayerSpec:
        """Return the layer that a step calls."""
        return self.assignment.layer[layer_number(exhibit.case, exhibit.case.steps[step])]

    def unanswered(self, exhibit: Exhibit, step: int) -> Finding:
        """Return why ``step`` has no answer: it raised, hung or died itself, or an earlier step did."""
        culprit = next((n for n, call in enumerate(exhibit.calls) if isinstance(call, (Fault, Lost))), step)
        call, planned = exhibit.calls[culprit], exhibit.case.steps[culprit]
        spec = self.layer_of(exhibit, culprit)
        method = METHOD.get(planned.op, "__init__")
        called = f"{spec.name}.{method}" if method != "__init__" else f"{spec.name}()"
        example = _example(self, spec, exhibit, culprit, {})
        if isinstance(call, Fault):
            verdict, message = raised_in_words(called, method, call)
            return Finding(
                verdict=verdict,
                message=message,
                line=call.line,
                layer=spec.name,
                method=method,
                counterexample=example,
            )
        if isinstance(call, Lost):
            verdict = {
                Ending.TIMEOUT: Verdict.TIMEOUT,
                Ending.CRASHED: Verdict.CRASHED,
                Ending.MEMORY: Verdict.MEMORY_LIMIT,
            }[call.ending]
            message = Sentence("{called} gave no answer: {reason}.", called=called, reason=call.message)
            return Finding(verdict=verdict, message=message, layer=spec.name, method=method, counterexample=example)
        message = Sentence("{called} was never asked.", called=called)
        return Finding(verdict=Verdict.GRADER_FAULT, message=message, layer=spec.name, method=method)

    def _judge_forward(self, spec: LayerSpec, exhibit: Exhibit, step: int, answer: Returned) -> Finding | None:
        expected = exhibit.expected[step][0]
        if answer.several:
            message = Sentence(
                "{call} returned {count} values, but one was expected: {formula}.",
                call=self._call(spec, exhibit, step),
                count=len(answer.values),
                formula=spec.formula,
            )
            return self._finding(Verdict.CONTRACT, message, spec, exhibit, step, {"out": "several values"})
        got = answer.values[0]
        difference = compare(got, expected)
        if difference is None:
            return None
        return self._different(spec, exhibit, step, {"out": got}, {"out": (difference, expected)})

    def _judge_backward(self, spec: LayerSpec, exhibit: Exhibit, step: int, answer: Returned) -> Finding | None:
        wanted = exhibit.expected[step]
        values = returned(answer, spec, wanted)
        if not isinstance(values, str) and not any(map(compare, values, wanted)):
            return None
        expected = dict(zip(spec.gradients, wanted, strict=True))
        if isinstance(values, str):
            message = Sentence(
                "{call} returned {values}, but {count} gradients were expected: return {names}.",
                call=self._call(spec, exhibit, step),
                values=values,
                count=len(expected),
                names=", ".join(spec.gradients),
            )
            return self._finding(Verdict.CONTRACT, message, spec, exhibit, step, dict.fromkeys(expected, values))
        got = dict(zip(spec.gradients, values, strict=True))
        differences = {name: (compare(got[name], value), value) for name, value in expected.items()}
        wrong = {name: (found, value) for name, (found, value) in differences.items() if found is not None}
        return self._different(spec, exhibit, step, got, wrong)

    def _call(self, spec: LayerSpec, exhibit: Exhibit, step: int) -> str:
        called = f"{spec.name}.{METHOD[exhibit.case.steps[step].op]}"
        arguments = listed([in_words(value) for value in self.arguments(exhibit, step)])
        return Sentence("{called}({arguments})", called=called, arguments=arguments)

    def _different(
        self,
        spec: LayerSpec,
        exhibit: Exhibit,
        step: int,
        got: dict[str, Number | Other],
        wrong: dict[str, tuple[Difference, Number]],
    ) -> Finding:
        verdict, parts, entry = differences_in_words(got, wrong)
        message = Sentence(
            "{call} returned {values} ({case}).",
            call=self._call(spec, exhibit, step),
            values=listed(parts, marked("{first}; {rest}")),
            case=case_in_words(exhibit.case),
        )
        return self._finding(verdict, message, spec, exhibit, step, got, entry)

    def _finding(
        self,
        verdict: Verdict,
        message: str,
        spec: LayerSpec,
        exhibit: Exhibit,
        step: int,
        got: dict[str, Any],
        entry: tuple[int, ...] | None = None,
    ) -> Finding:
        return Finding(
            verdict=verdict,
            message=message,
            layer=spec.name,
            method=METHOD[exhibit.case.steps[step].op],
            counterexample=_example(self, spec, exhibit, step, got, entry),
        )

    def example(self, exhibit: Exhibit, step: int) -> Counterexample | None:
        """Return what a step was given, returned and should have returned."""
        spec, call = self.layer_of(exhibit, step), exhibit.calls[step]
        got: dict[str, Any] = {}
        if isinstance(call, Returned) and exhibit.case.steps[step].op == FORWARD:
            got = {"out": call.values[0] if call.values else None}
        elif isinstance(call, Returned):
            values = returned(call, spec, exhibit.expected[step])
            got = (
                dict.fromkeys(spec.gradients, values)
                if isinstance(values, str)
                else dict(zip(spec.gradients, values, strict=True))
            )
        return _example(self, spec, exhibit, step, got)

    def localised(self, exhibit: Exhibit, step: int) -> Exhibit:
        """Return the exhibit with what the reference makes of the inputs that this step's layer was really given."""
        planned = exhibit.case.steps[step]
        forward = forward_of(exhibit.case, step)
        inputs = self.arguments(exhibit, forward)
        upstream = self.arguments(exhibit, step) if planned.op == BACKWARD else []
        if not all(map(_is_real, (*inputs, *upstream))):
            return exhibit
        layer = self.assignment.reference_classes()[layer_number(exhibit.case, planned)]()
        with np.errstate(all="ignore"):
            result = layer.forward(*inputs)
            values = layer.backward(*upstream) if upstream else result
        expected = list(exhibit.expected)
        listed = [*values] if isinstance(values, tuple) else [values]
        expected[step] = one_for_each(self.assignment, exhibit.case, step, listed)
        return Exhibit(exhibit.case, exhibit.calls, expected)

    def arguments(self, exhibit: Exhibit, step: int) -> list[Any]:
        """Return the arguments that a step was called with, as far as they are known."""
        return [_argument(value, exhibit) for value in exhibit.case.steps[step].args]


def _no_class(layer: str, found: Found) -> Finding:
    return Finding(verdict=Verdict.CONTRACT, message=Sentence("{reason}.", reason=found.reason), layer=layer)


def _is_real(value: object) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, np.ndarray) and value.dtype.kind in "iuf")


def returned(answer: Returned, spec: LayerSpec, expected: Sequence[Number]) -> list[Number | Other] | str:
    """Return one value per gradient from what ``backward`` returned, or what it returned instead, in words.

    A tuple, a list, a named tuple and an array of that many rows are all a sequence; a layer whose gradients are all
    the same may return it once (the seed article's AddLayer does; the book's returns a pair).
    """
    values = answer.values
    width = len(spec.gradients)
    if answer.several:
        if len(values) == width:
            return values
        return Sentence("{count} values", count=len(values)) if len(values) != 1 else Sentence("1 value")
    only = values[0]
    shape = np.shape(expected[0])
    if isinstance(only, np.ndarray) and only.shape == (width, *shape):
        return [only[n, ...] for n in range(width)]
    if spec.one_gradient_for_all or width == 1:
        return [only] * width
    if isinstance(only, Other):
        return only.description
    return Sentence("one value")


def picked(call: Returned, item: int) -> Decoded | None:
    """Return what a later call was given of an earlier answer: one item of a pair, or the whole."""
    if call.several:
        return call.values[item] if item < len(call.values) else None
    only = call.values[0]
    if item != WHOLE and isinstance(only, np.ndarray) and only.ndim == 1:
        return only[item] if item < len(only) else None
    return only


def _argument(value: Value, exhibit: Exhibit) -> Any:
    if not isinstance(value, msgspec.msgpack.Ext):
        return value
    if value.code == ARRAY:
        return value_of(value)
    step, item = unpack_reference(value)
    call = exhibit.calls[step]
    if not isinstance(call, Returned):
        return None
    return picked(call, item)


def _example(
    evidence: Evidence,
    spec: LayerSpec,
    exhibit: Exhibit,
    step: int,
    got: dict[str, Any],
    entry: tuple[int, ...] | None = None,
) -> Counterexample | None:
    """Return the inputs, the upstream gradient and the values around one step."""
    planned = exhibit.case.steps[step]
    if planned.op not in METHOD:
        return None
    forward = step
    dout = None
    if planned.op == BACKWARD:
        dout = shown(evidence.arguments(exhibit, step)[0], entry)
        forward = forward_of(exhibit.case, step)
    names = spec.gradients if planned.op == BACKWARD else ("out",)
    return Counterexample(
        inputs={n: shown(v, entry) for n, v in zip(spec.inputs, evidence.arguments(exhibit, forward), strict=True)},
        dout=dout,
        got={name: shown(value, entry) for name, value in got.items()},
        expected={name: shown(v, entry) for name, v in zip(names, exhibit.expected[step], strict=False)},
    )
