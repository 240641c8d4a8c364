"""The report as Gradescope's ``results.json``; Codio reads it too."""

import json
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import CheckResult, Outcome, Report, Verdict
from harness.render.phrases import wanted_of
from harness.render.told import check_text, report_text
from harness.render.visible import HIDDEN, visible_part

__all__ = ["render_gradescope"]


def render_gradescope(report: Report, language: Language = ENGLISH) -> str:
    """Return results by https://gradescope-autograders.readthedocs.io/en/latest/specs/, in ASCII.

    Hidden checks are in it, as ``hidden``: Gradescope counts them, and shows neither them nor the total to a learner.
    After a grader's fault there is no score at all, so that Gradescope asks for a new run and gives no 0.
    """
    shown = {result.id: result for result in visible_part(report).checks}
    results: dict[str, Any] = {
        "score": report.score,
        "execution_time": round(report.timing.wall_s, 3),
        "output": report_text(report, language),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_test(shown.get(result.id, result), language) for result in report.checks],
        "extra_data": {
            "schema": report.schema,
            "outcome": report.outcome.value,
            "assignment": report.assignment.id,
            "seed": report.seed,
        },
    }
    if report.outcome is Outcome.GRADER_FAULT:
        del results["score"]
        results["tests"] = []
    return json.dumps(results, indent=2) + "\n"


def _test(result: CheckResult, language: Language) -> dict[str, Any]:
    return {
        "score": result.score,
        "max_score": result.max_score,
        "status": "passed" if result.verdict is Verdict.PASSED else "failed",
        "name": wanted_of(result, language),
        "output": check_text(result, language),
        "tags": [result.layer, *([result.code] if result.code else [])],
        "visibility": "hidden" if result.visibility == HIDDEN else "visible",
        "extra_data": {"check": result.id, "verdict": result.verdict.value},
    }
