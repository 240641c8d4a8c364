"""Turns what is to be told beside the checks into a report's warnings: safe to show, and to be said in any language."""

from collections.abc import Sequence

from harness.errors import SandboxError, SubmissionError
from harness.escape import plain
from harness.records import Said, Warn
from harness.sentence import Sentence

__all__ = ["MOST_WARNINGS", "fault_note", "reason_note", "sendable_note", "shown_notes"]

#: More warnings than this say nothing new: one missing import makes a failure of every line that needs it.
MOST_WARNINGS = 20
#: Characters of one warning, and of one value in it.
_LENGTH = 500


def shown_notes(warnings: Sequence[Warn]) -> list[Warn]:
    """Return the warnings in the order of their lines, escaped; of many only the first, and how many more there are."""
    found = sorted(warnings, key=lambda warn: warn.line or 0)
    if len(found) > MOST_WARNINGS:
        more = Sentence("notes of this kind that are not shown: {count}", count=len(found) - MOST_WARNINGS)
        found[MOST_WARNINGS:] = [Warn(code="MORE", line=None, message=more)]
    return [
        Warn(
            code=warn.code, line=warn.line, message=plain(warn.message, _LENGTH), said=warn.said or _said(warn.message)
        )
        for warn in found
    ]


def sendable_note(warn: Warn) -> Warn:
    """Return ``warn`` for another process, which gets text and what the text was made of, but no sentence."""
    return Warn(code=warn.code, line=warn.line, message=str(warn.message), said=_said(warn.message))


def reason_note(error: SubmissionError | SandboxError, code: str) -> Warn:
    """Return why there is nothing to grade, and what to do about it."""
    hint = f" Next: {error.hint}." if error.hint else ""
    parts = [error.message, error.hint] if error.hint else [error.message]
    return Warn(code=code, line=None, message=plain(f"{error.message}.{hint}"), said=_said(*parts))


def fault_note(error: SandboxError) -> Warn:
    """Return why the grader could not do its work."""
    return reason_note(error, code="GRADER-FAULT")


def _said(*messages: str) -> list[Said]:
    """Return what sentences were made of; nothing where not all of them are sentences of ours."""
    found = [_taken_apart(message) for message in messages if isinstance(message, Sentence)]
    return found if len(found) == len(messages) else []


def _taken_apart(sentence: Sentence) -> Said:
    values: dict[str, str | int | Said] = {}
    for name, value in sentence.values.items():
        if isinstance(value, Sentence):
            values[name] = _taken_apart(value)
        else:
            values[name] = value if isinstance(value, int) else plain(str(value), _LENGTH)
    return Said(sentence.pattern, values)
