"""Takes out of a report what an instructor does not want to be shown, before anything is printed or written."""

import enum
from collections.abc import Callable

import msgspec

from harness.records import CheckResult, Counterexample, Graph, Outcome, Report, Said, Verdict
from harness.sentence import marked

__all__ = ["Feedback", "with_feedback"]

#: Codes of warnings that say what a report is worth; no level of feedback hides them.
_ALWAYS_SAID = frozenset({"SELF-CHECK"})

#: In the place of a sentence that may hold the expected value.
_NEUTRAL = {
    Verdict.WRONG: marked("What it returned for these inputs is not right."),
    Verdict.CONTRACT: marked("It broke a rule of layers for these inputs: look at what it returned, and at the shape."),
}


class Feedback(enum.StrEnum):
    """How much a learner is told. The three levels and their names are those of Classroom 50."""

    FULL = "full"
    ACTUAL_ONLY = "actual-only"  # inputs, and what the layer returned for them
    NONE = "none"  # verdicts and points


def with_feedback(report: Report, feedback: Feedback) -> Report:
    """Return ``report`` with no more in it than ``feedback`` and each check's own allow.

    Scores and verdicts never change. The values on the graph are shown only where its checks, and the whole report,
    may tell everything.
    """
    if report.outcome is not Outcome.GRADED:
        # Why nothing could be judged is no hint at the answer, and a learner needs it.
        return report
    levels = [max(feedback, Feedback(result.feedback), key=_ORDER.index) for result in report.checks]
    if {feedback, *levels} == {Feedback.FULL}:
        return report
    of_graph = [level for level, result in zip(levels, report.checks, strict=True) if result.layer == "graph"]
    return msgspec.structs.replace(
        report,
        checks=[_SHORTENED[level](result) for level, result in zip(levels, report.checks, strict=True)],
        warnings=[warn for warn in report.warnings if feedback is not Feedback.NONE or warn.code in _ALWAYS_SAID],
        graph=report.graph if {feedback, *of_graph} == {Feedback.FULL} else Graph(),
    )


def _actual_only(result: CheckResult) -> CheckResult:
    example = result.counterexample
    if example is not None:
        result = _neutral(result)
        example = msgspec.structs.replace(example, expected={}, measured=None)
    return msgspec.structs.replace(result, code=None, values={}, counterexample=example)


def _verdict_only(result: CheckResult) -> CheckResult:
    # A wrong value always has a message and a counterexample (docs/report.md): here they say nothing more than that.
    is_wrong = result.verdict is Verdict.WRONG
    result = _neutral(result) if is_wrong else msgspec.structs.replace(result, message=None, said=[])
    example = Counterexample(inputs={}, got={}, expected={}) if is_wrong else None
    return msgspec.structs.replace(result, code=None, values={}, line=None, counterexample=example, excerpt=None)


def _neutral(result: CheckResult) -> CheckResult:
    message = _NEUTRAL.get(result.verdict)
    return msgspec.structs.replace(result, message=message, said=[Said(message)]) if message else result


_ORDER = (Feedback.FULL, Feedback.ACTUAL_ONLY, Feedback.NONE)
_SHORTENED: dict[Feedback, Callable[[CheckResult], CheckResult]] = {
    Feedback.FULL: lambda result: result,
    Feedback.ACTUAL_ONLY: _actual_only,
    Feedback.NONE: _verdict_only,
}
