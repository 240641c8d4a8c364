"""The collected tree: one file node per submission, one item per check of the assignment's plan."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.assignment import Assignment, CheckSpec
from harness.errors import SubmissionError
from harness.grading_session.plan import GRADABLE, Grades, Planned
from harness.grading_session.screen import failure_text
from harness.records import CheckResult, Report, Verdict
from harness.render.numbers import points
from harness.submission import Submission

__all__ = ["Check", "SubmissionFile", "line_of"]

#: What a reader wants to see when they jump to a check of this kind; any other kind leads to the class.
_METHOD = {"forward": "forward", "backward": "backward", "gradient": "backward"}


class CheckNotPassedError(AssertionError):
    """A check did not pass; the item says why."""


class SubmissionFile(pytest.File):
    """One submission. Collecting it looks at the plan, never at what the file does."""

    def __init__(self, *, planned: Planned, grades: Grades, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned = planned
        self.grades = grades
        #: Whether an item has already said why nothing can be graded.
        self.told = False

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each check of the plan, or the only one that a file which cannot be read has."""
        submission, assignment = self.planned.submission, self.grades.settings.assignment
        if isinstance(submission, SubmissionError):
            yield Check.from_parent(self, name=GRADABLE, line=None, title=f"{self.planned.shown} can be graded")
            return
        for check in assignment.visible:
            if not self.planned.only or check.id in self.planned.only:
                line = line_of(check, assignment, submission)
                yield Check.from_parent(self, name=check.id, line=line, title=check.title)


class Check(pytest.Item):
    """One check of one submission."""

    def __init__(self, *, line: int | None, title: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._line = line
        self._title = title

    @property
    def file(self) -> SubmissionFile:
        """The submission that this is a check of."""
        assert isinstance(self.parent, SubmissionFile)
        return self.parent

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where an editor jumps to, and the check in words."""
        return self.path, None if self._line is None else self._line - 1, self._title

    def setup(self) -> None:
        """Grade the submission if no other item has.

        Where there is no verdict this fails: in setup that is an "error" to pytest, not a "failed".
        """
        report, result = self._graded()
        self.user_properties[:] = _properties(report, result)
        if result is not None and result.verdict is Verdict.GRADER_FAULT:
            pytest.fail(
                failure_text(report, result, self.file.planned.shown, self.file.grades.settings.language), pytrace=False
            )

    def runtest(self) -> None:
        """Pass when the check passed.

        Raises:
            CheckNotPassedError: it did not.
        """
        _, result = self._graded()
        if result is None or result.verdict is not Verdict.PASSED:
            raise CheckNotPassedError

    def _graded(self) -> tuple[Report, CheckResult | None]:
        report = self.file.grades.report_of(self.file.planned)
        return report, next((result for result in report.checks if result.id == self.name), None)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the finding as plain text, and a traceback only for what dout did not foresee."""
        if not isinstance(excinfo.value, CheckNotPassedError):
            return super().repr_failure(excinfo, style)
        report, result = self._graded()
        repeated, self.file.told = self.file.told, True
        return failure_text(
            report, result, self.file.planned.shown, self.file.grades.settings.language, repeated=repeated
        )


def _properties(report: Report, result: CheckResult | None) -> list[tuple[str, object]]:
    """Return the result as flat strings: JUnit files and xdist carry no more than that."""
    if result is None:
        result = CheckResult(
            id=GRADABLE,
            layer="",
            title="",
            verdict=Verdict.BLOCKED,
            score=0.0,
            max_score=report.max_score,
            code=report.warnings[0].code,
        )
    return [
        ("grade.score", points(result.score)),
        ("grade.max", points(result.max_score)),
        ("grade.verdict", result.verdict.value),
        ("grade.code", result.code or ""),
    ]


def line_of(check: CheckSpec, assignment: Assignment, submission: Submission) -> int | None:
    """Return the 1-based line of the method or class that a check is about, found without parsing.

    Null for notebooks, whose lines are not those of the file, and where nothing looks like the class.
    """
    layer = next((layer for layer in assignment.layer if layer.name == check.layer), None)
    if layer is None or len(submission.blocks) != 1 or submission.blocks[0].cell is not None:
        return None
    lines = submission.blocks[0].text.split("\n")
    names = {name.replace("_", "").lower() for name in (layer.name, *layer.look_alikes)}
    start = None
    for number, line in enumerate(lines, 1):
        words = re.match(r"(\s*)(class|def|async\s+def)\s+(\w+)", line)
        if words is None:
            continue
        if words[2] == "class":
            if words[3].replace("_", "").lower() in names:
                start = number
            elif start is not None and not words[1]:
                break
        elif start is not None and words[1] and words[3] == _METHOD.get(check.kind):
            return number
    return start
