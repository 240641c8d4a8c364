"""What came back from the calls of a case, and what the reference layers answer to the same calls."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from harness.assignment import Assignment
from harness.cases import Bank, Case, forward_of
from harness.errors import SandboxError
from harness.gradients.compare import Number
from harness.records import Record
from harness.sandbox.channel import Ending
from harness.sandbox.evaluate import evaluate_case, evaluate_cases
from harness.sandbox.protocol import BACKWARD, LOOK, NEW, Answer, Fault, Step, pack
from harness.sandbox.values import Decoded, ProtocolError, Value, same_bytes, value_of
from harness.sentence import Sentence

__all__ = [
    "Call",
    "Lost",
    "ReferenceAnswers",
    "Returned",
    "answers_here",
    "bank_answers",
    "layer_number",
    "one_for_each",
    "received",
    "reference_answers",
]


class Lost(Record, frozen=True):
    """A call that gave no answer, because the worker ended there or the time was up before."""

    ending: Ending
    message: str


class Returned(NamedTuple):
    """What one call returned, decoded."""

    #: True when it was a tuple or a list.
    several: bool
    values: list[Decoded]
    #: The watched arguments as they were after the call; None for one that came back as it was sent.
    after: list[Decoded | None]
    #: True when it is the reference's own answer, byte for byte: there is nothing to compare then.
    exact: bool = False


#: What is known of one step of a case; None where it was never reached, and for steps that only construct.
Call = Returned | Fault | Lost | None


class ReferenceAnswers(NamedTuple):
    """What the reference layers answer to cases: one list per case, one entry per step."""

    #: The values expected; of backward one for each input, also where the reference returns one that stands for all.
    values: list[list[list[Number]]]
    #: Messages with exactly these values, and what each of them says. Most layers are right, and their answers are the
    #: same bytes: those are looked up, and neither decoded nor compared once more.
    messages: list[list[dict[bytes, Returned]]]


def received(answer: Answer, case: Case) -> Returned:
    """Return what ``answer`` to one of the steps of ``case`` holds.

    Raises:
        ProtocolError: it holds what no honest worker sends.
    """
    step = case.steps[answer.step]
    watched: list[Value] = []
    if step.watch:
        # A backward is watched together with the inputs of its forward.
        inputs = case.steps[forward_of(case, answer.step)].args if step.op == BACKWARD else []
        watched = [*step.args, *inputs]
    if len(answer.after) != len(watched) or not (answer.values or answer.several):
        raise ProtocolError("an answer with values missing")
    after = [
        None if now is None or same_bytes(before, now) else value_of(now)
        for before, now in zip(watched, answer.after, strict=True)
    ]
    return Returned(answer.several, [*map(value_of, answer.values)], after)


def layer_number(case: Case, planned: Step) -> int:
    """Return the index of the layer that a step calls."""
    if len(case.layers) == 1:
        return case.layers[0]
    made = next(step for step in case.steps if step.op == NEW and step.slot == planned.slot)
    return int(made.args[0])  # type: ignore[arg-type]


def reference_answers(assignment: Assignment, cases: Sequence[Case], first: int = 0) -> ReferenceAnswers:
    """Return what the reference layers answer to each step of each case, called in this process.

    ``first`` is the number of the first case.

    Raises:
        SandboxError: a reference layer raised.
    """
    classes = assignment.reference_classes()
    answers = ReferenceAnswers([], [])
    for index, case in enumerate(cases, first):
        values: list[list[Number]] = [[] for _ in case.steps]
        messages: list[dict[bytes, Returned]] = [{} for _ in case.steps]

        def note(
            message: Answer | Fault,
            case: Case = case,
            values: list[list[Number]] = values,
            messages: list[dict[bytes, Returned]] = messages,
        ) -> None:
            if isinstance(message, Fault):
                error = f"{message.kind}: {message.message}"
                raise SandboxError(
                    Sentence("a reference layer of {id} raised {error}", id=assignment.id, error=error),
                    Sentence("try: {command}", command="dout assignment check"),
                )
            step = message.step
            values[step] = one_for_each(assignment, case, step, [value_of(one) for one in message.values])  # type: ignore[misc]
            for form in _forms(assignment, case, message):
                messages[step][pack(form)] = received(form, case)._replace(exact=True)

        with np.errstate(all="ignore"):
            evaluate_case(index, case.steps, classes, note)
        answers.values.append(values)
        answers.messages.append(messages)
    return answers


def answers_here(
    cases: Sequence[Case], classes: Sequence[type | None], printed: Callable[[], str] = str
) -> list[list[Call]]:
    """Return what ``classes`` answer when they are called in this very process.

    Args:
        cases: Those that need a class which is None stay without an answer.
        classes: One for each layer. They can do to this process whatever they like.
        printed: Returns what was printed since it was called last.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C; all else that a class raises is an answer.
    """
    calls: list[list[Call]] = [[None] * len(case.steps) for case in cases]

    def note(message: Answer | Fault) -> None:
        if isinstance(message, Fault) and message.kind == "KeyboardInterrupt":
            raise KeyboardInterrupt
        case = cases[message.case]
        calls[message.case][message.step] = received(message, case) if isinstance(message, Answer) else message

    there = [number for number, case in enumerate(cases) if all(classes[layer] is not None for layer in case.layers)]
    evaluate_cases(there, [case.steps for case in cases], classes, note, printed)
    return calls


@lru_cache(maxsize=8)
def bank_answers(assignment: Assignment, bank: Bank) -> ReferenceAnswers:
    """Return the reference's answers to a whole bank."""
    return reference_answers(assignment, bank.cases)


def _forms(assignment: Assignment, case: Case, answer: Answer) -> list[Answer]:
    """Return the reference's answer and, where one gradient may stand for all, the answer that does so."""
    planned = case.steps[answer.step]
    if planned.op == LOOK:
        planned = case.steps[int(planned.args[0])]  # type: ignore[arg-type]
    single = planned.op == BACKWARD and assignment.layer[layer_number(case, planned)].one_gradient_for_all
    if not single or not answer.several:
        return [answer]
    return [answer, Answer(answer.case, answer.step, several=False, values=answer.values[:1], after=answer.after)]


def one_for_each(assignment: Assignment, case: Case, step: int, values: list[Number]) -> list[Number]:
    """Return a reference's gradients, one for each input also where it returns one that stands for all."""
    planned = case.steps[step]
    layer = assignment.layer[layer_number(case, planned)]
    single = planned.op == BACKWARD and len(values) == 1 and layer.one_gradient_for_all
    return values * len(layer.gradients) if single else values
