"""The report for a reader at a terminal: words before symbols, at most 80 columns, what to do next at the end."""

import math
from collections.abc import Iterator
from typing import Any

from harness.records import CheckResult, Counterexample, Level, Outcome, Report, Verdict, Warn
from harness.render.cells import WIDTH, columns, fits, width_of, wrapped

__all__ = ["SELF_CHECK", "WIDTH", "WORDS", "failure_lines", "points", "render_text", "width_of"]

#: One word for each verdict.
WORDS = {
    Verdict.PASSED: "PASS",
    Verdict.BLOCKED: "BLOCKED",
    Verdict.GRADER_FAULT: "GRADER FAULT",
    Verdict.TIMEOUT: "TIMEOUT",
    Verdict.MEMORY_LIMIT: "MEMORY",
    Verdict.CRASHED: "CRASHED",
    Verdict.RAISED: "FAIL",
    Verdict.CONTRACT: "FAIL",
    Verdict.WRONG: "FAIL",
}
#: What to do about a verdict; most tools say what is wrong, few what to do next (Keuning, Jeuring, Heeren 2019).
_NEXT = {
    Verdict.TIMEOUT: "look for a loop that does not end, or for input() or sleep(), in what is called here.",
    Verdict.MEMORY_LIMIT: "look for an array or a list that grows and grows in what is called here.",
    Verdict.CRASHED: "look for exit(), quit() or a function that calls itself without end.",
    Verdict.RAISED: "write or correct it, then call it with these inputs yourself.",
    Verdict.CONTRACT: "change your code so that it does what is wanted, also for these inputs.",
    Verdict.WRONG: "work the expected values out by hand, then see what your code does instead.",
    Verdict.GRADER_FAULT: "this is not your file's fault: tell your instructor.",
}
#: Where nothing could be called there are no inputs to think about: a class or a method is missing.
_NEXT_MISSING = "write it, or correct its name."
SELF_CHECK = "SELF-CHECK"
_LABELS = 12


def render_text(report: Report) -> str:
    """Return ``report`` as plain text that ends in a newline."""
    return "\n".join(_lines(report)) + "\n"


def points(value: float) -> str:
    """Return points without a needless ``.0`` and without the last digits of a sum of fractions."""
    return f"{value:.10g}"


def _lines(report: Report) -> Iterator[str]:
    head = f"{report.submission.name}: {report.assignment.id} version {report.assignment.version}, seed {report.seed}"
    if report.isolation is not None:
        head += f", isolation {report.isolation.level}"
    yield from wrapped(head, "", "  ")
    yield ""
    if report.outcome is Outcome.GRADED:
        yield from _graded_lines(report)
        return
    reason, _, hint = _reason(report).rpartition(" Next: ")
    if report.outcome is Outcome.NOT_GRADABLE:
        yield from wrapped(reason or hint, "NOT GRADABLE  ", "  ")
        yield "  There is no mark, and it costs no attempt."
        yield from wrapped((reason and hint) or "fix the file, save, and grade again.", "Next: ", "  ")
        return
    yield from wrapped(reason or hint, "GRADER FAULT  ", "  ")
    yield "  This is not your file's fault, and there is no score."
    yield from wrapped((reason and hint) or "grade again; if this comes back, tell your instructor.", "Next: ", "  ")


def _reason(report: Report) -> str:
    """Return why there is no mark, in the sentence of the front that found out."""
    faults = [result.message for result in report.checks if result.verdict is Verdict.GRADER_FAULT and result.message]
    warned = [warn.message for warn in report.warnings]
    return next(iter([*faults, *warned]), "nothing is known about the reason")


def _graded_lines(report: Report) -> Iterator[str]:
    for result in report.checks:
        if result.verdict not in (Verdict.PASSED, Verdict.BLOCKED):
            yield from failure_lines(report.submission.name, result)
            yield ""
    yield from _check_list(report.checks)
    yield from _warning_lines(report.warnings)
    yield ""
    yield from _totals(report)
    yield from _last_lines(report)


def failure_lines(name: str, result: CheckResult) -> Iterator[str]:
    """Yield one failed check: what was wanted and found, the inputs, the learner's line, what to do about it.

    Args:
        name: Of the learner's file.
        result: Neither passed nor blocked.
    """
    score = f"{points(result.score)}/{points(result.max_score)} points"
    *before, last = wrapped(result.id, f"{WORDS[result.verdict]}  ", "  ")
    yield from before
    if width_of(last) + 2 + len(score) <= WIDTH:
        yield last + " " * (WIDTH - width_of(last) - len(score)) + score
    else:
        yield last
        yield score.rjust(WIDTH)
    yield from _labelled("wanted", result.title)
    if result.message:
        yield from _labelled("found", result.message)
    if result.counterexample is not None:
        yield from _example_lines(result.counterexample)
    if result.line is not None:
        yield from _labelled("where", f"{name}:{result.line}")
    missing = result.verdict is Verdict.CONTRACT and result.counterexample is None and result.message
    if missing:
        yield from _labelled("next", _NEXT_MISSING)
    elif result.verdict in _NEXT:
        yield from _labelled("next", _NEXT[result.verdict])


def _labelled(label: str, text: str) -> list[str]:
    return wrapped(text, f"  {label}:".ljust(_LABELS), " " * _LABELS)


def _example_lines(example: Counterexample) -> Iterator[str]:
    inputs = [f"{name} = {_cell(value)}" for name, value in example.inputs.items()]
    if example.dout is not None:
        inputs.append(f"dout = {_cell(example.dout)}")
    if inputs:
        yield from _labelled("inputs", ", ".join(inputs))
    if not example.got:
        if example.expected:
            pairs = (f"{name} = {_cell(value)}" for name, value in example.expected.items())
            yield from _labelled("expected", ", ".join(pairs))
        return
    if example.got == example.expected:
        # The values are right; something else is not, an argument changed in place for example.
        return
    answers = {"yours": example.got, "expected": example.expected, "measured": example.measured}
    table = {title: values for title, values in answers.items() if values}
    names = list(example.expected) or list(example.got)
    rows = [[name, *[_cell(values.get(name, "-")) for values in table.values()]] for name in names]
    lines = columns([["", *table], *rows], " " * _LABELS)
    if lines is not None:
        yield from lines
        return
    for name, *cells in rows:
        for title, cell in zip(table, cells, strict=True):
            yield from wrapped(f"{name} {title}: {cell}", " " * _LABELS, " " * (_LABELS + 4))


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        place = ", ".join(map(str, value["entry"]))
        shape = "(" + ", ".join(map(str, value["shape"])) + ("," if len(value["shape"]) == 1 else "") + ")"
        return f"{_cell(value['value'])} at [{place}] of an array {shape}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_cell, value)) + "]"
    return str(value)


def _check_list(results: list[CheckResult]) -> Iterator[str]:
    words = max((len(WORDS[result.verdict]) for result in results), default=0)
    ids = max((width_of(result.id) for result in results), default=0)
    for result in results:
        score = f"{points(result.score)}/{points(result.max_score)}".rjust(7)
        gap = " " * (ids - width_of(result.id))
        waits = f"waits for {result.blocked_by}" if result.blocked_by else ""
        line = f"  {WORDS[result.verdict]:<{words}}  {result.id}{gap} {score}  {waits}".rstrip()
        if fits(line):
            yield line
        else:
            yield from wrapped(f"{WORDS[result.verdict]}  {result.id} {score} {waits}", "  ", "      ")


def _warning_lines(warnings: list[Warn]) -> Iterator[str]:
    notes = [warn for warn in warnings if warn.code != SELF_CHECK]
    if notes:
        yield ""
        yield "Notes (they cost no points; a line that cannot run is left out)"
    for warn in sorted(notes, key=lambda warn: math.inf if warn.line is None else warn.line):
        where = f"line {warn.line}: " if warn.line is not None else ""
        yield from wrapped(f"{where}{warn.message}  [{warn.code}]", "  ", "    ")


def _totals(report: Report) -> Iterator[str]:
    parts = [f"{layer.name} {points(layer.score)}/{points(layer.max_score)}" for layer in report.layers]
    line = "  " + "   ".join(parts)
    yield from [line] if fits(line) else wrapped(", ".join(parts), "  ", "  ")
    score = "none" if report.score is None else points(report.score)
    yield f"SCORE {score}/{points(report.max_score)}"
    if report.isolation is not None and report.isolation.level in (Level.C, Level.D):
        yield from wrapped(
            f"Isolation {report.isolation.level}: the file could reach more than it should; `dout doctor` says why."
        )


def _last_lines(report: Report) -> Iterator[str]:
    for warn in report.warnings:
        if warn.code == SELF_CHECK:
            yield from wrapped(warn.message)
    failed = next((result for result in report.checks if result.verdict not in (Verdict.PASSED, Verdict.BLOCKED)), None)
    if failed is None:
        yield f"All {len(report.checks)} checks passed. Well done."
        return
    where = f" ({report.submission.name}:{failed.line})" if failed.line is not None else ""
    if report.score:
        yield from wrapped(f"fix {failed.id}{where}, save, and grade again.", "Next: ", "  ")
    else:
        yield "Every point is still there to be won."
        yield from wrapped(f"begin with {failed.id}{where}, save, and grade again.", "Next: ", "  ")
