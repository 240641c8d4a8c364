"""The hooks of a grading run: what is collected, what the terminal shows, and what is written at the end."""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import msgspec
import pytest

from harness.errors import UsageError
from harness.grading_session.nodes import SubmissionFile
from harness.grading_session.plan import Grades, Planned
from harness.grading_session.screen import PARTIAL, grading_lines
from harness.grading_session.targets import path_from
from harness.language import marked
from harness.records import Report, Verdict
from harness.render import PLACED
from harness.render.numbers import points
from harness.render.phrases import WORDS
from harness.report_files import called, joined, write_file

__all__ = ["GradingSession"]

#: Under which name a worker process of pytest-xdist hands its reports to the controller.
_OUTPUT = "dout_reports"
#: The plugin of the distribution pytest-github-actions-annotate-failures, as it is registered.
_ANNOTATES = "pytest_github_actions_annotate_failures"
_LETTERS = {
    Verdict.PASSED: "P",
    Verdict.BLOCKED: "B",
    Verdict.TIMEOUT: "T",
    Verdict.MEMORY_LIMIT: "M",
    Verdict.CRASHED: "C",
}


class GradingSession:
    """The plugin that is registered under ``--grade``, in the process that grades and in the one that reports."""

    def __init__(self, config: pytest.Config, grades: Grades, plan: Sequence[Planned]) -> None:
        self._config = config
        self._grades = grades
        self._plan = plan
        assignment = grades.settings.assignment
        self._items = {f"{one.key}::{check}": (one, check) for one in plan for check in one.ids(assignment)}
        self._told: list[str] = []

    def pytest_report_header(self) -> str:
        """Name the plan."""
        settings = self._grades.settings
        assignment = settings.assignment
        return (
            f"grade: {assignment.id} version {assignment.version}, seed {settings.seed}, "
            f"{len(assignment.check)} checks, {points(assignment.max_score)} points"
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> pytest.CollectReport | None:
        """Collect the submissions in place of what pytest would find; no other collector comes near them."""
        if not isinstance(collector, pytest.Session):
            return None
        nodes: list[pytest.Item | pytest.Collector] = [
            SubmissionFile.from_parent(
                collector, path=one.path, name=one.key, nodeid=one.key, planned=one, grades=self._grades
            )
            for one in self._plan
            if one.wanted
        ]
        return pytest.CollectReport(collector.nodeid, "passed", None, nodes)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which checks ran."""
        planned, check = self._items.get(report.nodeid, (None, ""))
        if planned is not None and (report.when == "call" or (report.when == "setup" and report.failed)):
            planned.ran.add(check)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Say the verdict in place of PASSED and FAILED."""
        properties = dict(getattr(report, "user_properties", ()))
        verdict = properties.get("grade.verdict")
        if verdict is None or (report.when != "call" and not report.failed):
            return None
        if report.when != "call":
            return "error", "E", WORDS[Verdict.GRADER_FAULT]
        if str(report.longrepr).startswith("NOT GRADABLE"):
            return "failed", "N", "NOT GRADABLE"
        known = Verdict(verdict)
        if report.passed is not (known is Verdict.PASSED):
            # Another plugin had its say: a time limit, for example.
            return None
        category = known.value if known in (Verdict.PASSED, Verdict.BLOCKED) else "failed"
        return category, _LETTERS.get(known, "F"), WORDS[known]

    # pytest-xdist: workers grade, the controller shows and writes.

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep the checks of one submission in one worker, so that it is graded once; ``--dist`` can say otherwise."""
        if config.getoption("dist") != "load":
            return None
        return import_module("xdist.scheduler").LoadFileScheduling(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over a worker's reports."""
        for key, text in getattr(node, "workeroutput", {}).get(_OUTPUT, {}).items():
            planned = next(one for one in self._plan if one.key == key)
            report = msgspec.json.decode(text, type=Report)
            # Two workers that graded the same file agree, unless its answers change from run to run: the lowest counts.
            if planned.report is None or (report.score or 0.0) < (planned.report.score or 0.0):
                planned.report = report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the reports to the controller, or write them."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = {
                one.key: msgspec.json.encode(one.report).decode() for one in self._plan if one.report is not None
            }
        else:
            self._write(session)

    def _write(self, session: pytest.Session) -> None:
        whole = {one.shown: one.report for one in self._plan if one.report is not None and self._is_complete(one)}
        placed = [called(report, shown) for shown, report in whole.items()]
        language = self._grades.settings.language
        for format_name, path in self._grades.settings.outputs:
            shown = path_from(self._config.invocation_params.dir, path)
            reports = placed if format_name in PLACED else list(whole.values())
            if len(reports) < len(self._plan):
                missing = language.text("{file} was not written. Run all checks for that.", file=shown)
                self._told.append(f"{language.text(PARTIAL)}: {missing}")
                continue
            written = language.text("{format} report: {file}", format=format_name, file=shown)
            if format_name == "github" and self._is_annotated():
                reports = []
                written = language.text("{file} is empty: {plugin} annotates already.", file=shown, plugin=_ANNOTATES)
            try:
                write_file(path, joined(reports, format_name, language, several=len(self._plan) > 1))
            except UsageError as error:
                told = f"{language.told(error.message)}; {language.told(error.hint)}."
                self._told.append(f"{language.text('ERROR')}: {told}")
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
            else:
                self._told.append(written)

    def _is_annotated(self) -> bool:
        """Tell whether another plugin writes an annotation for each check that did not pass: the same twice, else."""
        # It does so in GitHub Actions only.
        return self._config.pluginmanager.hasplugin(_ANNOTATES) and os.environ.get("GITHUB_ACTIONS") == "true"

    def _is_complete(self, one: Planned) -> bool:
        return one.ran.issuperset(one.ids(self._grades.settings.assignment))

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Show each submission's report."""
        if self._config.getoption("collectonly"):
            return
        for one in self._plan:
            terminalreporter.write_sep("=", one.shown)
            for line in self._lines(one, terminalreporter):
                terminalreporter.write_line(line)
        for line in self._told:
            terminalreporter.write_line(line)

    def _lines(self, one: Planned, terminalreporter: "pytest.TerminalReporter") -> Iterator[str]:
        language = self._grades.settings.language
        if one.report is not None and one.ran:
            ran = None if self._is_complete(one) else one.ran
            yield from grading_lines(one.report, one.shown, ran, language)
            return
        # A setup that failed without a report is a fault in dout itself: its traceback is all there is.
        faults = [
            str(report.longrepr)
            for report in terminalreporter.stats.get("error", [])
            if self._items.get(report.nodeid, (None, ""))[0] is one
        ]
        yield from faults[:1]
        none = marked("no check of {file} could be judged.") if faults else marked("no check of {file} ran.")
        yield f"{language.text(PARTIAL)}: {language.text(none, file=one.shown)}"
