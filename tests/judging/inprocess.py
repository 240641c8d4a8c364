"""Judges a submission's text in this very process, by the worker's and the grader's own code but for the sandbox.

Only for text that a test wrote: what it does, it does to the test run.
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache

from harness.answers import Call, received, reference_answers
from harness.assignment import Assignment, built_in
from harness.cases import Bank, Case, bank_for, decode_bank
from harness.checks import CHECKS
from harness.checks.evidence import Evidence, Finding
from harness.draws import build_bank
from harness.grader import judged
from harness.naming import Found, find_layers
from harness.observe import Observations
from harness.probes import probe_cases
from harness.records import CheckResult, Isolation, Level, Verdict
from harness.sandbox.evaluate import evaluate_cases
from harness.sandbox.protocol import FRAME, MAX_FRAME, Answer, Fault, Loaded, Source, decode_from_worker, frame
from harness.sandbox.source import read_program
from harness.sandbox.worker import MODULE_NAME, Namespace, Silent, _bound

__all__ = [
    "assignment",
    "bank",
    "caught_by",
    "failed",
    "findings_of_each_check",
    "judge",
    "observe_classes",
    "observe_text",
]


def assignment() -> Assignment:
    """Return the assignment of chapter 5."""
    return built_in()


@cache
def bank(seed: int | None = None) -> Bank:
    """Return the bank of ``seed``, built in this process unless it is the default one."""
    given = assignment()
    if seed is None:
        return bank_for(given, given.default_seed)
    built = decode_bank(build_bank(given, seed), given, seed)
    assert built is not None
    return built


def observe_text(text: str, cases: Bank | None = None) -> Observations:
    """Return what the classes in ``text`` answer, every answer once through the bytes of the channel."""
    cases = cases or bank()
    program = read_program([Source(text, 1)])
    with _as_in_a_worker() as printed:
        namespace = Namespace()
        problems = namespace.run(program, definitions_only=False)
        classes = namespace.classes()
        loaded = Loaded([_bound(name, made) for name, made in classes.items()], problems)
        found, notes = find_layers(assignment().layer, program.seen(), loaded)
        made = [classes[item.name] if item.name else None for item in found]
        seen = _evaluated(made, found, [*cases.cases, *probe_cases(assignment(), found)], len(cases.cases), printed)
    seen.warnings.extend(notes)
    return seen


def observe_classes(classes: Sequence[type], cases: Bank | None = None) -> Observations:
    """Return what these classes answer."""
    cases = cases or bank()
    found = [Found(name=made.__name__, line=None) for made in classes]
    with _as_in_a_worker() as printed:
        return _evaluated(classes, found, cases.cases, len(cases.cases), printed)


def _evaluated(
    classes: Sequence[type | None], found: list[Found], cases: list[Case], fixed: int, printed: Silent
) -> Observations:
    calls: list[list[Call]] = [[None] * len(case.steps) for case in cases]

    def note(message: Answer | Fault) -> None:
        sent = frame(message)
        assert len(sent) - FRAME.size <= MAX_FRAME
        arrived = decode_from_worker(sent[FRAME.size :])
        assert isinstance(arrived, (Answer, Fault))
        known = received(arrived, cases[arrived.case]) if isinstance(arrived, Answer) else arrived
        calls[arrived.case][arrived.step] = known

    there = [index for index, case in enumerate(cases) if all(classes[layer] is not None for layer in case.layers)]
    evaluate_cases(there, [case.steps for case in cases], classes, note, printed.take)
    return Observations(
        layers=found,
        cases=cases,
        calls=calls,
        probed=reference_answers(assignment(), cases[fixed:]).values,
        warnings=[],
        isolation=Isolation(level=Level.D, layers=()),
        cpu_seconds=0.0,
    )


@contextmanager
def _as_in_a_worker() -> Iterator[Silent]:
    printed = Silent()
    before = sys.modules.get(MODULE_NAME)
    with warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(printed):
        warnings.simplefilter("ignore")
        try:
            yield printed
        finally:
            if before is None:
                sys.modules.pop(MODULE_NAME, None)
            else:
                sys.modules[MODULE_NAME] = before


def judge(submission: str | Observations, cases: Bank | None = None) -> dict[str, CheckResult]:
    """Return the results by check, judged in the grader's own order."""
    cases = cases or bank()
    seen = observe_text(submission, cases) if isinstance(submission, str) else submission
    return {result.id: result for result in judged(assignment(), Evidence(assignment(), cases, seen))}


def failed(results: dict[str, CheckResult]) -> dict[str, Verdict]:
    """Return the verdicts of the checks that did not pass."""
    return {name: result.verdict for name, result in results.items() if result.verdict is not Verdict.PASSED}


def caught_by(results: dict[str, CheckResult]) -> set[str]:
    """Return the checks that found something themselves; a blocked one found nothing."""
    return {name for name, verdict in failed(results).items() if verdict is not Verdict.BLOCKED}


def findings_of_each_check(seen: Observations, cases: Bank | None = None) -> dict[str, Finding | None]:
    """Return what every check finds when none waits for another."""
    found = {}
    for spec in assignment().check:
        evidence = Evidence(assignment(), cases or bank(), seen)
        found[spec.id] = CHECKS[spec.kind](evidence, spec)
    return found


def classes_in(text: str) -> list[type]:
    """Return the classes that ``text`` defines for the assignment's layers, by exact name."""
    with _as_in_a_worker():
        namespace = Namespace()
        problems = namespace.run(read_program([Source(text, 1)]), definitions_only=False)
        assert not problems, problems
        classes = namespace.classes()
    return [classes[layer.name] for layer in assignment().layer]
