"""The report for a reader at a terminal: words before symbols, at most 80 columns, what to do next at the end."""

import textwrap
import unicodedata
from collections.abc import Iterator
from typing import Any

from harness.records import CheckResult, Counterexample, Outcome, Report, Verdict, Warn

__all__ = ["render_text", "width_of"]

WIDTH = 80
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
SELF_CHECK = "SELF-CHECK"


def render_text(report: Report) -> str:
    """Return ``report`` as plain text that ends in a newline."""
    return "\n".join(_lines(report)) + "\n"


def width_of(text: str) -> int:
    """Return how many cells ``text`` takes on a terminal: Korean, Chinese and Japanese characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def points(value: float) -> str:
    """Return points without a needless ``.0``."""
    return f"{value:g}"


def _lines(report: Report) -> Iterator[str]:
    yield from _wrap(
        f"{report.submission.name}: {report.assignment.id} version {report.assignment.version}, seed {report.seed}",
        "",
        "  ",
    )
    if report.outcome is Outcome.NOT_GRADABLE:
        yield ""
        yield from _wrap(f"NOT GRADABLE  {report.warnings[0].message}", "", "  ")
        yield from _wrap("This is not a mark: it costs no attempt.", "  ", "  ")
        return
    if report.outcome is Outcome.GRADER_FAULT:
        yield ""
        yield from _wrap(f"GRADER FAULT  {_reason(report)}", "", "  ")
        yield from _wrap(
            "This is not your file's fault, and there is no score. Please tell your instructor.", "  ", "  "
        )
        return
    for result in report.checks:
        if result.verdict not in (Verdict.PASSED, Verdict.BLOCKED):
            yield ""
            yield from failure_lines(report.submission.name, result)
    yield ""
    yield from _check_list(report)
    yield from _warning_lines(report.warnings)
    yield ""
    yield from _totals(report)


def _reason(report: Report) -> str:
    failed = [result.message for result in report.checks if result.verdict is Verdict.GRADER_FAULT and result.message]
    return failed[0] if failed else report.warnings[0].message


def failure_lines(name: str, result: CheckResult) -> Iterator[str]:
    """Yield one failed check: what was found, the inputs, the learner's line."""
    score = f"{points(result.score)}/{points(result.max_score)} points"
    yield f"{WORDS[result.verdict] + '  ' + result.id:<{WIDTH - len(score)}}{score}"
    yield from _wrap(f"wanted: {result.title}", "  ", "          ")
    if result.line is not None:
        yield f"  {name}:{result.line}"
    yield from _wrap(result.message or "", "  ", "  ")
    if result.counterexample is not None:
        yield from _table(result.counterexample)


def _table(example: Counterexample) -> Iterator[str]:
    inputs = ", ".join(f"{name} = {_cell(value)}" for name, value in example.inputs.items())
    if example.dout is not None:
        inputs += f", dout = {_cell(example.dout)}"
    yield from _wrap(inputs, "  inputs: ", "          ")
    columns = {"yours": example.got, "expected": example.expected}
    if example.measured:
        columns["measured"] = example.measured
    names = list(example.expected) or list(example.got)
    rows = [
        ["", *columns],
        *[[name, *[_cell(column.get(name, "-")) for column in columns.values()]] for name in names],
    ]
    if not example.got:
        return
    widths = [max(width_of(row[n]) for row in rows) for n in range(len(rows[0]))]
    if 4 + sum(widths) + 3 * len(widths) > WIDTH:
        for row in rows[1:]:
            for title, cell in zip(columns, row[1:], strict=True):
                yield from _wrap(cell, f"    {row[0]} {title + ':':<9} ", " " * 8)
        return
    for row in rows:
        yield ("    " + "   ".join(" " * (widths[n] - width_of(cell)) + cell for n, cell in enumerate(row))).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        place = ", ".join(map(str, value["entry"]))
        shape = "(" + ", ".join(map(str, value["shape"])) + ("," if len(value["shape"]) == 1 else "") + ")"
        return f"{_cell(value['value'])} at [{place}] of an array {shape}"
    if isinstance(value, list):
        return "[" + ", ".join(_cell(item) for item in value) + "]"
    return str(value)


def _check_list(report: Report) -> Iterator[str]:
    width = max(len(result.id) for result in report.checks)
    for result in report.checks:
        word = WORDS[result.verdict]
        detail = f" by {result.blocked_by}" if result.blocked_by else ""
        score = f"{points(result.score)}/{points(result.max_score)}"
        yield f"  {result.id:<{width}}  {score:>6}  {word}{detail}"


def _warning_lines(warnings: list[Warn]) -> Iterator[str]:
    notes = [warn for warn in warnings if warn.code != SELF_CHECK]
    if notes:
        yield ""
        yield "Notes (they cost no points)"
    for warn in notes:
        where = f"line {warn.line}: " if warn.line is not None else ""
        yield from _wrap(f"{where}{warn.message}  [{warn.code}]", "  ", "    ")


def _totals(report: Report) -> Iterator[str]:
    parts = [f"{layer.name} {points(layer.score)}/{points(layer.max_score)}" for layer in report.layers]
    yield from _wrap("   ".join(parts), "  ", "  ")
    assert report.score is not None
    total = f"SCORE {points(report.score)}/{points(report.max_score)}"
    if report.isolation is not None:
        total += f"   isolation {report.isolation.level}"
    yield total
    for warn in report.warnings:
        if warn.code == SELF_CHECK:
            yield from _wrap(warn.message, "", "")
    failed = next((result for result in report.checks if result.verdict not in (Verdict.PASSED, Verdict.BLOCKED)), None)
    if failed is not None:
        where = f"line {failed.line} of {report.submission.name}" if failed.line else report.submission.name
        yield from _wrap(f"Next: mend {failed.id} ({where}), save, and grade again.", "", "  ")


def _wrap(text: str, first: str, rest: str) -> list[str]:
    """Wrap by cells rather than characters, breaking only words that are longer than a line."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        replace_whitespace=True,
    )
    if any(width_of(line) > WIDTH for line in lines):
        # Wide characters: half as many fit.
        lines = textwrap.wrap(text, WIDTH // 2, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return lines or [first.rstrip()]
