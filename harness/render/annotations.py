"""GitHub workflow commands: one annotation for each mistake, at its line."""

from collections.abc import Iterator

from harness.language import ENGLISH, Language
from harness.records import Outcome, Report
from harness.render.causes import causes
from harness.render.phrases import advice, message_of, reason_and_hint, wanted_of
from harness.render.visible import visible_part

__all__ = ["MOST", "render_annotations"]

#: GitHub shows ten errors of a step and drops the others without a word.
MOST = 10


def render_annotations(report: Report, language: Language = ENGLISH) -> str:
    """Return one ``::error`` line for each cause of a failure; an empty text when all passed."""
    return "".join(f"{line}\n" for line in _lines(report, language))


def _lines(report: Report, language: Language) -> Iterator[str]:
    name = report.submission.name
    if report.outcome is not Outcome.GRADED:
        reason, hint = reason_and_hint(report, language)
        yield _command(name, None, report.outcome.value, _told(reason, hint, language))
        return
    for cause in causes(visible_part(report).checks)[:MOST]:
        result = cause.first
        title = f"{result.id} {result.code}" if result.code else result.id
        message = message_of(result, language) or wanted_of(result, language)
        yield _command(name, result.line, title, _told(message, advice(result, language), language))


def _told(what: str, advised: str, language: Language) -> str:
    return f"{what}\n{language.text('Next')}: {advised}" if advised else what


def _command(name: str, line: int | None, title: str, message: str) -> str:
    properties = {"file": name, "line": line, "title": title}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::error {listed}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """Escape as actions/toolkit does (packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
