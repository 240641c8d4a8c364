"""Makes the failure of a check small: the simplest inputs at which the learner's layer fails in the same way.

A grading is over when this begins. It changes which inputs a report shows, never a verdict or a point, and whatever the
learner's code does when it is called again, the worst outcome is the inputs that were seen first.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence
from harness.errors import SandboxError
from harness.escape import plain
from harness.records import CheckResult, Counterexample, Verdict
from harness.sandbox.channel import WorkerGone
from harness.scoring import result_of
from harness.shrink.failure import Failure
from harness.shrink.judged import Seen, first_failure
from harness.shrink.measure import measured
from harness.shrink.replay import Replays
from harness.shrink.sequences import simpler_sequence

__all__ = ["shrunk"]

#: Wall seconds for all failures of a submission, and for one.
SUBMISSION_SECONDS, FAILURE_SECONDS = 2.0, 0.5

_SHRINKABLE = frozenset({Verdict.WRONG, Verdict.CONTRACT, Verdict.RAISED})


def shrunk(results: Sequence[CheckResult], evidence: Evidence, replays: Replays) -> list[CheckResult]:
    """Return ``results`` with the simplest counterexamples found; a result without one, or already simple, as it is.

    Args:
        results: Of the assignment's checks, in its order.
        evidence: What they were judged by.
        replays: Calls the layers again.
    """
    began, made = time.monotonic(), []
    for number, result in enumerate(results):
        spec, seen = evidence.assignment.check[number], None
        if result.verdict in _SHRINKABLE and result.counterexample is not None:
            seen = first_failure(evidence, spec)
        if seen is None:
            made.append(result)
            continue
        replays.until = min(began + replays.excused + SUBMISSION_SECONDS, time.monotonic() + FAILURE_SECONDS)
        made.append(_smaller(result, evidence, spec, seen, replays))
    return made


def _smaller(result: CheckResult, evidence: Evidence, spec: CheckSpec, seen: Seen, replays: Replays) -> CheckResult:
    # Where it hangs, dies or uses the time up, what was seen first stands.
    with suppress(WorkerGone, SandboxError):
        if spec.kind == "state":
            seen = simpler_sequence(evidence, spec, seen, replays) or seen
        else:
            seen = Failure(evidence, spec, seen, replays).smallest() or seen
    finding, exhibits = seen
    example = finding.counterexample
    if spec.kind == "backward" and example is not None and example.got:
        with suppress(WorkerGone, SandboxError):
            own = measured(evidence, evidence.layer(spec.layer), exhibits[0], replays)
            example = msgspec.structs.replace(example, measured=own)
    made = result_of(spec, msgspec.structs.replace(finding, counterexample=example), evidence.found)
    # The line stays: the same values are wrong in the same method.
    return msgspec.structs.replace(
        result,
        message=made.message,
        said=made.said,
        counterexample=made.counterexample,
        values=_values(result.values, made.counterexample),
    )


def _values(named: dict[str, Any], example: Counterexample | None) -> dict[str, Any]:
    """Return the values of a mistake's name with the numbers of the inputs that are shown now."""
    if example is None or not {"names", "name", "got", "expected"} <= named.keys():
        return named
    wrong = [name for name, value in example.expected.items() if example.got.get(name) != value]
    numbers = [example.got.get(wrong[0]), example.expected[wrong[0]]] if wrong else []
    if not wrong or not all(isinstance(value, int | float | str) for value in numbers):
        return named
    got, expected = (plain(str(value), 120) for value in numbers)
    return {**named, "names": ", ".join(wrong), "name": wrong[0], "got": got, "expected": expected}
