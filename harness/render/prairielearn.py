"""The report as the ``results.json`` of an external grader of PrairieLearn."""

import json
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import Outcome, Report
from harness.render.phrases import wanted_of
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part

__all__ = ["LIMIT", "render_prairielearn"]

#: Bytes that PrairieLearn takes of a result.
LIMIT = 1_000_000


def render_prairielearn(report: Report, language: Language = ENGLISH) -> str:
    """Return results by https://prairielearn.readthedocs.io/en/latest/externalGrading/, in ASCII.

    What could not be graded, be it the file's fault or the grader's, costs no attempt (``gradable`` is false). Where
    the whole would be too large, the messages of the checks are left out.
    """
    results = _results(report, language)
    text = _text(results)
    if len(text) <= LIMIT:
        return text
    for test in results["tests"]:
        test["message"] = ""
    return _text(results)


def _text(results: dict[str, Any]) -> str:
    return json.dumps(results, indent=2) + "\n"


def _results(report: Report, language: Language) -> dict[str, Any]:
    told = report_text(report, language)
    if report.outcome is not Outcome.GRADED:
        return {"gradable": False, "format_errors": told.split("\n"), "tests": []}
    shown = visible_part(report)
    return {
        "gradable": True,
        "score": (shown.score or 0.0) / shown.max_score if shown.max_score else 0.0,
        "message": told,
        "tests": [
            {
                "name": result.id,
                "description": wanted_of(result, language),
                "points": result.score,
                "max_points": result.max_score,
                "message": check_text(result, language),
            }
            for result in shown.checks
        ],
    }
