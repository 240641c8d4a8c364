"""What the terminal shows of a submission: the text report, or the part of it that a selection of checks allows."""

import re
from collections.abc import Collection, Iterator
from functools import partial

import msgspec

from harness.language import ENGLISH, Language, marked
from harness.records import CheckResult, Outcome, Report, Verdict
from harness.render.cells import WIDTH, padded, width_of, wrapped
from harness.render.phrases import about_assignment, reason_and_hint, self_check, verdict_word
from harness.render.text import cause_lines, failure_lines, render_text
from harness.report_files import called

__all__ = ["PARTIAL", "failure_text", "grading_lines"]

PARTIAL = marked("PARTIAL RUN - not a grade")
#: Cells that a path may take in a line of 80; a longer one is shown by its file name.
_PATH_WIDTH = 50


def grading_lines(
    report: Report, path: str, ran: Collection[str] | None = None, language: Language = ENGLISH
) -> Iterator[str]:
    """Yield the lines on one submission.

    Args:
        report: All that was graded.
        path: Where the file is, as the reader would type it.
        ran: Ids of the checks that ran, when not all did: there is no score then. All ran when null.
        language: Of the words.
    """
    report = _renamed(report, path)
    if ran is None or report.outcome is not Outcome.GRADED:
        yield from render_text(report, language).rstrip("\n").split("\n")
        if report.outcome is not Outcome.GRADED:
            yield from _self_check(report, language)
        if ran is not None:
            yield language.text(PARTIAL)
        return
    yield f"{report.submission.name}: {about_assignment(report, language)}"
    yield ""
    results = [result for result in report.checks if result.id in ran]
    yield from cause_lines(report.submission.name, results, language)
    words = padded([verdict_word(result.verdict, language) for result in results])
    for result, word in zip(results, words, strict=True):
        waits = "  " + language.text("waits for {check}", check=result.blocked_by) if result.blocked_by else ""
        yield from wrapped(f"{result.id}{waits}", f"  {word}  ", " " * (width_of(word) + 6))
    yield from _self_check(report, language)
    yield f"{language.text(PARTIAL)}: " + language.text(
        "{ran} of {all} checks ran.", ran=len(results), all=len(report.checks)
    )


def _self_check(report: Report, language: Language) -> Iterator[str]:
    for said in self_check(report, language):
        yield from wrapped(said)


def failure_text(
    report: Report, result: CheckResult | None, path: str, language: Language = ENGLISH, *, repeated: bool = False
) -> str:
    """Return what one item that did not pass says: the verdict in the first line, what to do next in the last.

    Args:
        report: The report that ``result`` is of.
        result: Of the item's check; null for the one item of a file that cannot be read.
        path: Where the file is, as the reader would type it.
        language: Of the words.
        repeated: Whether another item of this submission has already said why nothing can be graded.
    """
    report = _renamed(report, path)
    name = report.submission.name
    text, next_line = language.text, partial(_next_line, language)
    word = verdict_word(result.verdict, language) if result else ""
    if result is None or (report.outcome is Outcome.NOT_GRADABLE and not repeated):
        lines = _not_gradable(report, language)
    elif report.outcome is Outcome.NOT_GRADABLE:
        lines = [f"{word}  {result.id}", next_line(text("make {file} gradable first.", file=name))]
    elif result.verdict is Verdict.GRADER_FAULT:
        reason, _ = reason_and_hint(msgspec.structs.replace(report, checks=[result]), language)
        owner = text("This is not your file's fault, and there is no score.")
        lines = [f"{word}  {result.id}", *wrapped(reason, "  ", "  "), *wrapped(owner, "  ", "  ")]
        lines.append(next_line(text("tell your instructor.")))
    elif result.blocked_by:
        first = result.blocked_by
        lines = [text("BLOCKED by {check}", check=first), next_line(text("make {check} pass first.", check=first))]
    else:
        headline, *lines = failure_lines(name, result, language)
        # Summaries show the first line alone, and cut it: no columns there.
        lines = [re.sub(" {3,}", "  ", headline), *lines, next_line(_mend(name, result, language))]
    return "\n".join(lines)


def _not_gradable(report: Report, language: Language) -> list[str]:
    reason, hint = reason_and_hint(report, language)
    headline = f"{language.text('NOT GRADABLE')}  {report.submission.name}"
    return [headline, *wrapped(reason, "  ", "  "), _next_line(language, hint)]


def _next_line(language: Language, what: str) -> str:
    return f"{language.text('Next')}: {what}"


def _mend(name: str, result: CheckResult, language: Language) -> str:
    where = f" ({name}:{result.line})" if result.line is not None else ""
    sentence = marked("fix {check}, save, and grade again.")
    whole = language.text(sentence, check=f"{result.id}{where}")
    return whole if width_of(_next_line(language, whole)) <= WIDTH else language.text(sentence, check=result.id)


def _renamed(report: Report, path: str) -> Report:
    """Return ``report`` with a path that a terminal makes clickable, where it is not too long for a line."""
    if width_of(path) > _PATH_WIDTH:
        return report
    return called(report, path)
