"""The report as GitLab's Code Quality JSON: one remark in the merge request for each mistake, at its line."""

import hashlib
import json
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import Outcome, Report, Verdict
from harness.render.causes import causes
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part

__all__ = ["render_codequality"]

#: How bad it is, by https://docs.gitlab.com/ci/testing/code_quality/: that the grader failed is no fault of the code.
_SEVERITY = {Verdict.WRONG: "major", Verdict.CONTRACT: "major", Verdict.GRADER_FAULT: "info"}


def render_codequality(report: Report, language: Language = ENGLISH) -> str:
    """Return a list of remarks in ASCII; it is empty when all passed.

    GitLab takes a remark with another fingerprint for another mistake: the line is no part of it, as lines move.
    """
    name = report.submission.name
    if report.outcome is not Outcome.GRADED:
        severity = "info" if report.outcome is Outcome.GRADER_FAULT else "blocker"
        remarks = [_remark(name, None, report.outcome.value, "", severity, report_text(report, language))]
    else:
        remarks = [
            _remark(
                name,
                cause.first.line,
                cause.first.code or cause.first.verdict.value,
                cause.first.id,
                _SEVERITY.get(cause.first.verdict, "critical"),
                check_text(cause.first, language),
            )
            for cause in causes(visible_part(report).checks)
        ]
    return json.dumps(remarks, indent=2) + "\n"


def _remark(name: str, line: int | None, kind: str, check: str, severity: str, text: str) -> dict[str, Any]:
    identity = f"{name}\0{check}\0{kind}".encode("utf-8", "backslashreplace")
    return {
        "description": text,
        "check_name": kind,
        "fingerprint": hashlib.sha256(identity).hexdigest(),
        "severity": severity,
        "location": {"path": name, "lines": {"begin": line or 1}},
    }
