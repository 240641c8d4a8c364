"""Turns what is to be told beside the checks into a report's warnings: safe to show, and to be said in any language."""

from collections.abc import Sequence

from harness.errors import SandboxError, SubmissionError
from harness.escape import plain
from harness.records import Said, Warn
from harness.sentence import Sentence, marked

__all__ = [
    "MOST_WARNINGS",
    "fault_note",
    "reason_note",
    "said_in",
    "said_in_one",
    "self_check_note",
    "sendable_note",
    "shown_notes",
]

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
            code=warn.code,
            line=warn.line,
            message=plain(warn.message, _LENGTH),
            said=warn.said or said_in(warn.message),
        )
        for warn in found
    ]


def self_check_note(why: Sentence) -> Warn:
    """Return the note that a report is no mark of record."""
    [found] = shown_notes([Warn(code="SELF-CHECK", line=None, message=why)])
    return found


def sendable_note(warn: Warn) -> Warn:
    """Return ``warn`` for another process, which gets text and what the text was made of, but no sentence."""
    return Warn(code=warn.code, line=warn.line, message=str(warn.message), said=said_in(warn.message))


def reason_note(error: SubmissionError | SandboxError, code: str) -> Warn:
    """Return why there is nothing to grade, and what to do about it."""
    hint = f" Next: {error.hint}." if error.hint else ""
    parts = [error.message, error.hint] if error.hint else [error.message]
    return Warn(code=code, line=None, message=plain(f"{error.message}.{hint}"), said=said_in(*parts))


def fault_note(error: SandboxError) -> Warn:
    """Return why the grader could not do its work."""
    return reason_note(error, code="GRADER-FAULT")


def said_in_one(reason: Warn) -> list[Said]:
    """Return what the whole message of a reason was made of; nothing where not all of it is sentences of ours."""
    named = dict(zip(("reason", "hint"), reason.said, strict=False))
    pattern = {1: marked("{reason}."), 2: marked("{reason}. Next: {hint}.")}.get(len(named))
    return [Said(pattern, {**named})] if pattern else []


def said_in(*messages: str) -> list[Said]:
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
