"""Has a learner's file loaded, its layers found, and every case evaluated by them."""

from collections.abc import Sequence

import msgspec

from harness.answers import Call, ReferenceAnswers, reference_answers
from harness.assignment import Assignment
from harness.cases import Bank, Case, packed_cases
from harness.conversation import Conversation, in_words
from harness.evaluation import Evaluation, Questions
from harness.gradients.compare import Number
from harness.naming import Found, find_layers
from harness.probes import probe_cases
from harness.recognition import Stream, known_answers
from harness.records import Isolation, Warn
from harness.sandbox.protocol import Problem
from harness.sandbox.runner import Sandbox
from harness.submission import Submission

__all__ = ["Observations", "observe"]


class Observations(msgspec.Struct):
    """All that came back from a learner's process."""

    #: What was found for each of the assignment's layers.
    layers: list[Found]
    #: The bank's cases, then the probes for numbers in the learner's own file.
    cases: Sequence[Case]
    #: One list per case, one entry per step.
    calls: list[list[Call]]
    warnings: list[Warn]
    isolation: Isolation
    cpu_seconds: float
    #: True when every answer to every case is the reference's own, byte for byte, or was judged right before.
    known_right: bool = False
    #: The answers to the whole bank, where they came in one go and it is not known whether they are right.
    unknown: Stream | None = None
    #: What the reference answers to the probes: one list per case, one entry per step.
    probed: list[list[list[Number]]] = []
    #: True when the code outside of classes and functions was left out, because it hung or ended the process.
    definitions_only: bool = False


def observe(sandbox: Sandbox, submission: Submission, assignment: Assignment, bank: Bank) -> Observations:
    """Return what the learner's classes answered to every case.

    Raises:
        SubmissionError: the text cannot be read as Python at all.
        SandboxError: a worker could not be started or locked down.
    """
    with Conversation(sandbox, assignment.worker_limits, submission) as conversation:
        parsed, loaded = conversation.load()
        found, notes = find_layers(assignment.layer, parsed, loaded)
        probes = [*probe_cases(assignment, found)]
        probed = reference_answers(assignment, probes, len(bank.cases))
        questions = _questions(assignment, bank, probes, probed)
        evaluation = Evaluation(conversation, questions, [item.name for item in found])
        evaluation.run()
    return Observations(
        layers=found,
        cases=questions.cases,
        calls=evaluation.calls,
        warnings=[*conversation.notes, *_warnings(parsed.problems), *_warnings(loaded.problems), *notes],
        isolation=conversation.isolation,
        cpu_seconds=conversation.cpu_seconds,
        known_right=evaluation.known_right,
        unknown=None if probes else evaluation.unknown,
        probed=probed.values,
        definitions_only=conversation.definitions_only,
    )


def _questions(assignment: Assignment, bank: Bank, probes: Sequence[Case], probed: ReferenceAnswers) -> Questions:
    known = known_answers(assignment, bank)
    if not probes:
        return Questions(bank.cases, bank.packed, known.messages, known.streams())
    cases = [*bank.cases, *probes]
    return Questions(cases, packed_cases(cases), [*known.messages, *probed.messages], known.streams_with(probed))


def _warnings(problems: Sequence[Problem]) -> list[Warn]:
    return [Warn(code=problem.code, line=problem.line, message=in_words(problem)) for problem in problems]
