"""The report in the Common Test Report Format (https://ctrf.io), for the many tools that read it."""

import json
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import CheckResult, Report, Verdict
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part

__all__ = ["render_ctrf"]

#: Of the specification: https://github.com/ctrf-io/ctrf.
_VERSION = "1.0.0"


def render_ctrf(report: Report, language: Language = ENGLISH) -> str:
    """Return a CTRF document in ASCII.

    CTRF knows no points: they are in ``extra``. It wants the time of day, which a report does not hold, as the same
    grading is to give the same bytes: the run starts at 0, and stops after the milliseconds that the grading took.
    """
    shown = visible_part(report)
    tests = [_test(result, shown.submission.name, language) for result in shown.checks]
    took = round(shown.timing.wall_s * 1000)
    counts = {
        status: sum(test["status"] == status for test in tests)
        for status in ("passed", "failed", "skipped", "pending", "other")
    }
    document = {
        "reportFormat": "CTRF",
        "specVersion": _VERSION,
        "generatedBy": "dout",
        "results": {
            "tool": {"name": "dout", "version": shown.versions.dout},
            "summary": {"tests": len(tests), **counts, "start": 0, "stop": took, "duration": took},
            "tests": tests,
            "extra": {
                "outcome": shown.outcome.value,
                "score": shown.score,
                "max_score": shown.max_score,
                "assignment": shown.assignment.id,
                "seed": shown.seed,
                "message": report_text(report, language),
            },
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _test(result: CheckResult, name: str, language: Language) -> dict[str, Any]:
    statuses = {Verdict.PASSED: "passed", Verdict.BLOCKED: "skipped", Verdict.GRADER_FAULT: "other"}
    test: dict[str, Any] = {
        "name": result.id,
        "status": statuses.get(result.verdict, "failed"),
        # The calls of a check are not timed one by one.
        "duration": 0,
        "suite": [name, result.layer],
        "rawStatus": result.verdict.value,
        "filePath": name,
        "message": check_text(result, language) or None,
        "line": result.line,
        "snippet": "\n".join(result.excerpt.lines) if result.excerpt else None,
        "extra": {"score": result.score, "max_score": result.max_score, "code": result.code},
    }
    return {key: value for key, value in test.items() if value is not None}
