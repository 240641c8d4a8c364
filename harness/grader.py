"""Grades one submission: the only place where reading, running, judging and scoring meet."""

import platform
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

import harness
from harness.answers import answers_here
from harness.assignment import Assignment, CheckSpec
from harness.cases import Bank, bank_for
from harness.checks import CHECKS
from harness.checks.evidence import Evidence, Finding
from harness.checks.graph_values import graph_values
from harness.checks.wording import must_pass
from harness.errors import DoutError, SandboxError, SubmissionError
from harness.excerpt import excerpt_at
from harness.naming import Found
from harness.notes import fault_note, reason_note, said_in, said_in_one, shown_notes
from harness.observe import Observations, observe
from harness.recognition import known_answers
from harness.records import (
    CasesId,
    CheckResult,
    Graph,
    Isolation,
    Level,
    Outcome,
    Report,
    SubmissionId,
    Timing,
    Verdict,
    Versions,
    Warn,
)
from harness.sandbox.runner import Sandbox
from harness.scoring import first_wrong, layer_scores, result_of
from harness.sentence import Sentence
from harness.submission import Submission

if TYPE_CHECKING:
    from harness.diagnosis.codes import Diagnosis

__all__ = [
    "empty_report",
    "fault_report",
    "grade",
    "judge_trusted",
    "judged",
    "placed",
    "ungradable_report",
    "versions",
]


def grade(
    submission: Submission,
    assignment: Assignment,
    seed: int | None = None,
    *,
    sandbox: Sandbox,
    notes: Sequence[Warn] = (),
    shrink: bool = True,
) -> Report:
    """Return the report on ``submission``. Whatever the learner's file does, this returns.

    Args:
        submission: What :func:`harness.submission.read_submission` returned.
        assignment: What to grade it against.
        seed: Which bank of cases; the assignment's default when None.
        sandbox: Runs the learner's code.
        notes: What the front has to say about this grading, first among the report's warnings.
        shrink: Whether the layers are called again for inputs that show a failure better; marks are the same without.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    seed = assignment.default_seed if seed is None else seed
    try:
        bank = bank_for(assignment, seed)
        seen = observe(sandbox, submission, assignment, bank)
        evidence = Evidence(assignment, bank, seen)
        results = list(judged(assignment, evidence))
        if seen.unknown is not None and all(result.verdict is Verdict.PASSED for result in results):
            known_answers(assignment, bank).learn(seen.unknown)
        graph = graph_values(evidence)
        cpu_seconds = seen.cpu_seconds
        if shrink:
            results, more = _shrunk(results, evidence, sandbox, submission, seen)
            cpu_seconds += more
        results = [placed(result, submission, evidence) for result in results]
    except SubmissionError as error:
        return ungradable_report(error, submission.name, submission.sha256, assignment, seed)
    except SandboxError as error:
        return fault_report(error, submission.name, submission.sha256, assignment, seed)
    except DoutError:
        raise  # the caller's own mistake: a seed or an assignment that cannot be
    except Exception as error:  # noqa: BLE001 - the one place where a mistake of ours becomes a grader fault
        return fault_report(_own_mistake(error), submission.name, submission.sha256, assignment, seed)
    faults = [result for result in results if result.verdict is Verdict.GRADER_FAULT]
    timing = Timing(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu + cpu_seconds)
    return Report(
        outcome=Outcome.GRADER_FAULT if faults else Outcome.GRADED,
        assignment=assignment.identity,
        submission=SubmissionId(name=submission.name, sha256=submission.sha256),
        seed=seed,
        score=None if faults else sum(result.score for result in results),
        max_score=assignment.max_score,
        isolation=seen.isolation,
        cases=_cases_id(bank, seen),
        layers=layer_scores(assignment, results, evidence.found),
        checks=results,
        warnings=[*notes, *shown_notes([*submission.warnings, *seen.warnings])],
        graph=graph,
        versions=versions(),
        timing=timing,
    )


def judge_trusted(assignment: Assignment, bank: Bank, classes: Sequence[type]) -> list[CheckResult]:
    """Return the results of classes that are evaluated in this very process: an instructor's own, never a learner's."""
    seen = Observations(
        layers=[Found(name=made.__name__, line=None) for made in classes],
        cases=bank.cases,
        calls=answers_here(bank.cases, classes),
        warnings=[],
        isolation=Isolation(level=Level.D, layers=()),
        cpu_seconds=0.0,
    )
    return list(judged(assignment, Evidence(assignment, bank, seen)))


def _own_mistake(error: Exception) -> SandboxError:
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    what = f"{type(error).__name__}: {error}"
    return SandboxError(
        Sentence("the grader failed at {place}: {error}", place=place, error=what),
        Sentence("please report this as a bug"),
    )


def _cases_id(bank: Bank, seen: Observations) -> CasesId:
    return CasesId(count=bank.identity.count, sha256=bank.identity.sha256, probes=len(seen.probed))


def judged(assignment: Assignment, evidence: Evidence) -> Iterator[CheckResult]:
    """Judge the checks in order, each after those that it needs."""
    verdicts = evidence.verdicts
    for spec in assignment.check:
        waiting = next((need for need in spec.needs if verdicts[need] is not Verdict.PASSED), None)
        finding: Finding | None
        if waiting is not None:
            finding = Finding(verdict=Verdict.BLOCKED, message=must_pass(waiting), blocked_by=waiting)
        elif evidence.known_right:
            finding = None
        else:
            finding = CHECKS[spec.kind](evidence, spec)
        diagnosis = _diagnosed(evidence, spec, finding) if finding else None
        result = result_of(spec, finding, evidence.found, diagnosis)
        verdicts[spec.id] = result.verdict
        yield result


def _diagnosed(evidence: Evidence, spec: CheckSpec, finding: Finding) -> "Diagnosis | None":
    """Name the mistake. A right file, and a check that waits for another, do not even import what does it."""
    if finding.verdict is Verdict.BLOCKED:
        return None
    from harness.diagnosis import diagnose

    return diagnose(evidence, spec, finding)


def _shrunk(
    results: list[CheckResult], evidence: Evidence, sandbox: Sandbox, submission: Submission, seen: Observations
) -> tuple[list[CheckResult], float]:
    """Return the results with simpler counterexamples, and the processor seconds of the learner's process."""
    if all(result.counterexample is None for result in results):
        return results, 0.0
    # A right submission does not wait for these modules.
    from harness.shrink import shrunk
    from harness.shrink.replay import Replays

    # Every mark is known by now, and no mistake of ours may cost it: then the inputs are shown that were seen first.
    with Replays(sandbox, submission, evidence.assignment, seen) as replays, suppress(Exception):
        results = shrunk(results, evidence, replays)
    return results, replays.cpu_seconds


def placed(result: CheckResult, submission: Submission, evidence: Evidence) -> CheckResult:
    """Add the learner's own lines and, on a notebook, the cell: the line alone counts from the first cell on."""
    excerpt = excerpt_at(submission, result.line, evidence.found.values(), first_wrong(result.counterexample))
    if excerpt is None:
        return result
    message, said = result.message, result.said
    if submission.blocks[0].cell is not None:
        see = Sentence("See {place}.", place=submission.where(result.line))
        message, said = f"{message} {see}", [*said, *said_in(see)] if said else []
    return msgspec.structs.replace(result, message=message, said=said, excerpt=excerpt)


def versions() -> Versions:
    """Return what a report says about the programs that made it."""
    return Versions(dout=harness.__version__, python=platform.python_version(), numpy=np.__version__)


def ungradable_report(error: SubmissionError, name: str, sha256: str, assignment: Assignment, seed: int) -> Report:
    """Return the report on a file in which nothing can be judged: score 0, and it costs no attempt."""
    return empty_report(Outcome.NOT_GRADABLE, reason_note(error, error.code), name, sha256, assignment, seed)


def fault_report(error: SandboxError, name: str, sha256: str, assignment: Assignment, seed: int) -> Report:
    """Return the report of a grader that could not do its work: no score at all, never a zero."""
    return empty_report(Outcome.GRADER_FAULT, fault_note(error), name, sha256, assignment, seed)


def empty_report(outcome: Outcome, reason: Warn, name: str, sha256: str, assignment: Assignment, seed: int) -> Report:
    """Return the report on a submission that was not run, for a reason that is the learner's or the grader's."""
    verdict = Verdict.GRADER_FAULT if outcome is Outcome.GRADER_FAULT else Verdict.BLOCKED
    found: dict[str, Found] = {}
    finding = Finding(verdict=verdict, message=reason.message)
    results = [
        msgspec.structs.replace(result_of(spec, finding, found), said=said_in_one(reason)) for spec in assignment.check
    ]
    return Report(
        outcome=outcome,
        assignment=assignment.identity,
        submission=SubmissionId(name=name, sha256=sha256),
        seed=seed,
        score=None if outcome is Outcome.GRADER_FAULT else 0.0,
        max_score=assignment.max_score,
        isolation=None,
        cases=None,
        layers=layer_scores(assignment, results, found),
        checks=results,
        warnings=[reason],
        graph=Graph(),
        versions=versions(),
        timing=Timing(wall_s=0.0, cpu_s=0.0),
    )
