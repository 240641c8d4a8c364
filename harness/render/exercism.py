"""The report as the ``results.json`` of an Exercism test runner, version 3."""

import json
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import Outcome, Report, Verdict
from harness.render.phrases import wanted_of
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part

__all__ = ["render_exercism"]

_PASSED, _FAILED, _ERROR = "pass", "fail", "error"
#: A test that came to no answer is an error there, one with a wrong answer a failure.
_STATUS = {
    Verdict.PASSED: _PASSED,
    Verdict.BLOCKED: _FAILED,
    Verdict.WRONG: _FAILED,
    Verdict.CONTRACT: _FAILED,
}


def render_exercism(report: Report, language: Language = ENGLISH) -> str:
    """Return results by https://exercism.org/docs/building/tooling/test-runners/interface, in ASCII.

    Exercism shows the first failure only: the tests are in the assignment's order.
    """
    shown = visible_part(report)
    if shown.outcome is not Outcome.GRADED:
        document: dict[str, Any] = {"status": _ERROR, "message": report_text(report, language), "tests": []}
    else:
        tests = [
            {
                "name": wanted_of(result, language),
                "status": _STATUS.get(result.verdict, _ERROR),
                "message": check_text(result, language) or None,
            }
            for result in shown.checks
        ]
        passed = all(test["status"] == _PASSED for test in tests)
        document = {"status": _PASSED if passed else _FAILED, "message": None, "tests": tests}
    return json.dumps({"version": 3, **document}, indent=2) + "\n"
