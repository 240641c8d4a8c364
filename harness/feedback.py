"""Takes out of a report what an instructor does not want to be shown, before anything is printed or written."""

import enum

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
    """Return ``report`` with no more in it than ``feedback`` allows; scores and verdicts never change."""
    if feedback is Feedback.FULL or report.outcome is not Outcome.GRADED:
        # Why nothing could be judged is no hint at the answer, and a learner needs it.
        return report
    shorten = _actual_only if feedback is Feedback.ACTUAL_ONLY else _verdict_only
    return msgspec.structs.replace(
        report,
        checks=[shorten(result) for result in report.checks],
        warnings=[warn for warn in report.warnings if feedback is Feedback.ACTUAL_ONLY or warn.code in _ALWAYS_SAID],
        graph=Graph(),
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
