"""What formats for other programs tell a reader in plain text: of a whole report, and of one check."""

from collections.abc import Iterator

from harness.escape import plain
from harness.language import ENGLISH, Language
from harness.records import CheckResult, Outcome, Report, Verdict
from harness.render.example import answer_table, inputs_line
from harness.render.phrases import (
    SELF_CHECK,
    about_hidden,
    advice,
    message_of,
    next_step,
    note,
    reason_and_hint,
    self_check,
    title_of,
    verdict_word,
    what_else,
)
from harness.render.visible import hidden_count, visible_part

__all__ = ["check_text", "report_text"]

#: Characters of one text. A service keeps a megabyte of a whole result, some less.
_LIMIT = 4000


def report_text(report: Report, language: Language = ENGLISH) -> str:
    """Return what is said of the whole report, in lines; nothing in it tells of a hidden check but their number."""
    return plain("\n".join(_report_lines(report, language)), _LIMIT, keep_newlines=True)


def _report_lines(report: Report, language: Language) -> Iterator[str]:
    hidden, shown = hidden_count(report), visible_part(report)
    yield from self_check(report, language)
    if report.outcome is not Outcome.GRADED:
        reason, hint = reason_and_hint(shown, language)
        yield from (reason, f"{language.text('Next')}: {hint}")
        return
    yield f"{language.text('Next')}: {next_step(shown, language, hidden)}"
    if hidden:
        yield about_hidden(hidden, language)
    yield from (note(warn, language) for warn in report.warnings if warn.code != SELF_CHECK)


def check_text(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return what is said of one check, in lines: the mistake, its values, what to do. Empty when it passed."""
    return plain("\n".join(_check_lines(result, language)), _LIMIT, keep_newlines=True)


def _check_lines(result: CheckResult, language: Language) -> Iterator[str]:
    text = language.text
    if result.verdict is Verdict.PASSED:
        return
    if result.verdict is Verdict.BLOCKED:
        waits = (
            text("waits for {check}", check=result.blocked_by) if result.blocked_by else message_of(result, language)
        )
        yield waits or verdict_word(result.verdict, language)
        return
    yield title_of(result, language)
    if found := what_else(result, language):
        yield found
    example = result.counterexample
    if example is not None:
        if inputs := inputs_line(example, language):
            yield f"{text('inputs')}: {inputs}"
        yield from example.calls
        table = answer_table(example, language)
        for name, *cells in table[1:]:
            yield f"{name}: " + ", ".join(f"{title} {one}" for title, one in zip(table[0][1:], cells, strict=True))
    if advised := advice(result, language):
        yield f"{text('Next')}: {advised}"
