"""The report as the ``result.json`` of Classroom 50 (``classroom50/result/v1``)."""

import json
import os
from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError
from harness.language import ENGLISH, Language
from harness.records import Outcome, Report, Verdict
from harness.render.numbers import points
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part
from harness.sentence import Sentence

__all__ = ["SET_BY_RUNNER", "classroom50", "render_classroom50"]

#: Fields that an autograder takes from the variables of the runner that calls it
#: (https://github.com/foundation50/classroom50/wiki/Advanced-Autograding). The others the runner writes itself.
SET_BY_RUNNER = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def render_classroom50(report: Report, language: Language = ENGLISH) -> str:
    """Return ``classroom50(report, ...)`` with the variables of this process.

    Raises:
        UsageError: Some are not set: this is not run by Classroom 50.
    """
    return classroom50(report, os.environ, language)


def classroom50(report: Report, variables: Mapping[str, str], language: Language = ENGLISH) -> str:
    """Return a result in ASCII.

    Points are whole numbers there: where an assignment has fractions, all are multiplied by the same power of ten.
    After a grader's fault the result is 0 of 0 with one test that failed: no points are lost.

    Raises:
        UsageError: A variable of the runner is not set.
    """
    missing = [name for name in SET_BY_RUNNER.values() if not variables.get(name)]
    if missing:
        raise UsageError(
            Sentence(
                "the format classroom50 needs what the runner of Classroom 50 sets: {variables}",
                variables=", ".join(missing),
            ),
            Sentence("call dout from an autograder.py that this runner starts"),
        )
    shown = visible_part(report)
    scale = _scale(shown)
    tests: list[dict[str, Any]] = [
        {
            "test-name": result.id,
            "passed": result.verdict is Verdict.PASSED,
            "score": round(result.score * scale),
            "max-score": round(result.max_score * scale),
            "message": check_text(result, language),
        }
        for result in shown.checks
    ]
    if shown.outcome is Outcome.GRADER_FAULT:
        told = report_text(report, language)
        # Without any test the runner would say that all is well.
        tests = [{"test-name": "dout", "passed": False, "score": 0, "max-score": 0, "message": told}]
    result = {
        "schema": "classroom50/result/v1",
        **{field: variables[name] for field, name in SET_BY_RUNNER.items()},
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    return json.dumps(result, indent=2) + "\n"


def _scale(report: Report) -> int:
    """Return the smallest power of ten that makes whole numbers of all points."""
    digits = [len(points(result.max_score).partition(".")[2]) for result in report.checks]
    return int(10 ** max(digits, default=0))
