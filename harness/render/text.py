"""The report for a reader at a terminal: words before symbols, at most 80 columns, what to do next at the end."""

import math
from collections.abc import Iterator, Sequence

from harness.language import ENGLISH, Language, marked
from harness.records import CheckResult, Counterexample, Excerpt, Level, Outcome, Report, Verdict, Warn
from harness.render.causes import Cause, causes, root_of
from harness.render.cells import WIDTH, columns, cut, fits, padded, width_of, wrapped
from harness.render.example import answer_table, inputs_line
from harness.render.numbers import cell, points
from harness.render.phrases import (
    SELF_CHECK,
    about_assignment,
    about_hidden,
    advice,
    all_passed,
    next_step,
    placed_note,
    reason_and_hint,
    self_check,
    title_of,
    verdict_word,
    wanted_of,
    what_else,
)
from harness.render.visible import hidden_count, scored_layers, visible_part
from harness.render.walk import wrong_values

__all__ = ["cause_lines", "failure_lines", "render_text"]

#: Cells before the text of a labelled line.
_LABELS = 12


def render_text(report: Report, language: Language = ENGLISH) -> str:
    """Return ``report`` as plain text that ends in a newline."""
    return "\n".join(_lines(visible_part(report), language, hidden_count(report))) + "\n"


def _lines(report: Report, language: Language, hidden: int) -> Iterator[str]:
    text = language.text
    head = f"{report.submission.name}: {about_assignment(report, language)}"
    if report.isolation is not None:
        head += ", " + text("isolation {level}", level=report.isolation.level)
    yield from wrapped(head, "", "  ")
    yield ""
    if report.outcome is Outcome.GRADED:
        yield from _graded_lines(report, language, hidden)
        return
    reason, hint = reason_and_hint(report, language)
    if report.outcome is Outcome.NOT_GRADABLE:
        yield from wrapped(reason, f"{text('NOT GRADABLE')}  ", "  ")
        yield from wrapped(text("It has 0 points, and it costs no attempt."), "  ", "  ")
    else:
        yield from wrapped(reason, f"{text('GRADER FAULT')}  ", "  ")
        yield from wrapped(text("This is not your file's fault, and there is no score."), "  ", "  ")
    yield from wrapped(hint, f"{text('Next')}: ", "  ")


def _graded_lines(report: Report, language: Language, hidden: int) -> Iterator[str]:
    yield from cause_lines(report.submission.name, report.checks, language)
    yield from _graph_lines(report, language)
    yield from _check_list(report.checks, language)
    yield from _warning_lines(report.warnings, language)
    yield ""
    yield from _totals(report, language)
    if hidden:
        yield from wrapped(about_hidden(hidden, language))
    yield from _last_lines(report, language, hidden)


def cause_lines(name: str, results: Sequence[CheckResult], language: Language = ENGLISH) -> Iterator[str]:
    """Yield each mistake that these results show, once, and an empty line after it."""
    for cause in causes(results):
        yield from failure_lines(name, cause.first, language)
        yield from _consequences(cause, language)
        yield ""


def failure_lines(name: str, result: CheckResult, language: Language = ENGLISH) -> Iterator[str]:
    """Yield one failed check: what is wrong, the learner's line, the inputs and values, and what to do about it.

    Args:
        name: Of the learner's file.
        result: Neither passed nor blocked.
        language: Of the words; what the learner wrote stays as it is.
    """
    text = language.text
    right = f"[{result.code}]" if result.code else text(
        "{score}/{most} points", score=points(result.score), most=points(result.max_score)
    )  # fmt: skip
    *before, last = wrapped(title_of(result, language), f"{verdict_word(result.verdict, language)}  ", "  ")
    yield from before
    if width_of(last) + 2 + width_of(right) <= WIDTH:
        yield last + " " * (WIDTH - width_of(last) - width_of(right)) + right
    else:
        yield last
        yield " " * (WIDTH - width_of(right)) + right
    if not result.code:
        yield from _labelled(text("wanted"), wanted_of(result, language))
    if found := what_else(result, language):
        yield from _labelled(text("found"), found)
    if result.counterexample is not None:
        yield from _example_lines(result.counterexample, language)
    if result.line is not None:
        yield from _labelled(text("where"), f"{name}:{result.line}")
        if result.excerpt is not None:
            yield from _excerpt_lines(result.excerpt, result.line)
    if advised := advice(result, language):
        yield from _labelled(text("next"), advised)


def _labelled(label: str, text: str) -> list[str]:
    first = f"  {label}:"
    return wrapped(text, first + " " * max(1, _LABELS - width_of(first)), " " * _LABELS)


def _excerpt_lines(excerpt: Excerpt, line: int) -> Iterator[str]:
    digits = len(str(excerpt.first_line + len(excerpt.lines)))
    for number, source in enumerate(excerpt.lines, excerpt.first_line):
        head = f"  {number:>{max(digits, 8)}} | "
        shown = cut(source, WIDTH - len(head))
        yield (head + shown).rstrip()
        if number == line and excerpt.span is not None:
            start, end = excerpt.span
            before, marked = width_of(source[:start]), width_of(source[start:end])
            if len(head) + before + marked <= WIDTH:
                yield " " * (len(head) - 2) + "| " + " " * before + "^" * marked


def _example_lines(example: Counterexample, language: Language) -> Iterator[str]:
    text = language.text
    if inputs := inputs_line(example, language):
        yield from _labelled(text("inputs"), inputs)
    for number, call in enumerate(example.calls):
        first = _labelled(text("calls"), call) if number == 0 else wrapped(call, " " * _LABELS, " " * (_LABELS + 4))
        yield from first
    if not example.got:
        if example.expected:
            pairs = (f"{name} = {cell(value, language)}" for name, value in example.expected.items())
            yield from _labelled(text("expected"), ", ".join(pairs))
        return
    table = answer_table(example, language)
    lines = columns(table, " " * _LABELS)
    if lines is not None:
        yield from lines
        return
    (_, *titles), *rows = table
    for name, *cells in rows:
        for title, one in zip(titles, cells, strict=True):
            yield from wrapped(f"{name} {title}: {one}", " " * _LABELS, " " * (_LABELS + 4))


def _consequences(cause: Cause, language: Language) -> Iterator[str]:
    if cause.same:
        yield from _labelled(language.text("same"), ", ".join(one.id for one in cause.same))
    if cause.first.code:
        yield from wrapped(f"dout hint {cause.first.code}", f"  {language.text('more help')}: ", " " * _LABELS)


def _graph_lines(report: Report, language: Language) -> Iterator[str]:
    """Yield a line for each wrong value of the graph, in the order in which they went wrong."""
    found = wrong_values(report.graph, language)
    if not found:
        return
    yield from wrapped(language.text("The graph {name}, from the first wrong value on:", name=report.graph.name))
    heads = ["", language.text("yours"), language.text("expected"), ""]
    rows = [[one.what, one.got, one.expected, one.why] for one in found]
    yield from columns([heads, *rows], "  ", left=(0, 3)) or [cut(f"  {' '.join(row)}", WIDTH).rstrip() for row in rows]
    yield ""


def _check_list(results: list[CheckResult], language: Language) -> Iterator[str]:
    words = padded([verdict_word(result.verdict, language) for result in results])
    names = padded([result.id for result in results])
    for result, word, name in zip(results, words, names, strict=True):
        score = f"{points(result.score)}/{points(result.max_score)}".rjust(7)
        line = f"  {word}  {name} {score}  {_reason(result, results, language)}".rstrip()
        if fits(line):
            yield line
        else:
            yield from wrapped(line, "  ", "      ")


def _reason(result: CheckResult, results: list[CheckResult], language: Language) -> str:
    """Return what a check that did not pass waits for, or the name of its mistake."""
    root = root_of(result, results) if result.verdict is Verdict.BLOCKED else result
    if result.verdict is Verdict.BLOCKED and root is not None and root.code:
        return language.text("by {code}", code=root.code)
    if result.blocked_by:
        return language.text("waits for {check}", check=result.blocked_by)
    return result.code or ""


def _warning_lines(warnings: list[Warn], language: Language) -> Iterator[str]:
    notes = [warn for warn in warnings if warn.code != SELF_CHECK]
    if notes:
        yield ""
        yield from wrapped(language.text("Notes (they cost no points; a line that cannot run is left out)"))
    for warn in sorted(notes, key=lambda warn: math.inf if warn.line is None else warn.line):
        yield from wrapped(f"{placed_note(warn, language)}  [{warn.code}]", "  ", "    ")


def _totals(report: Report, language: Language) -> Iterator[str]:
    parts = [f"{layer.name} {points(layer.score)}/{points(layer.max_score)}" for layer in scored_layers(report)]
    line = "  " + "   ".join(parts)
    yield from [line] if fits(line) else wrapped(", ".join(parts), "  ", "  ")
    score = "-" if report.score is None else points(report.score)
    yield f"{language.text('SCORE')} {score}/{points(report.max_score)}"
    if report.isolation is not None and report.isolation.level in (Level.C, Level.D):
        sentence = marked("Isolation {level}: the file could reach more than it should; `dout doctor` says why.")
        yield from wrapped(language.text(sentence, level=report.isolation.level))


def _last_lines(report: Report, language: Language, hidden: int) -> Iterator[str]:
    text = language.text
    for said in self_check(report, language):
        yield from wrapped(said)
    if all(result.verdict is Verdict.PASSED for result in report.checks):
        yield from wrapped(all_passed(len(report.checks), hidden, language))
        return
    if not report.score:
        yield from wrapped(text("Every point is still there to be won."))
    yield from wrapped(next_step(report, language), f"{text('Next')}: ", "  ")
