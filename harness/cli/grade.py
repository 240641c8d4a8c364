"""``dout grade``: grade each path and print or write the reports."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import FAULT, OK, SOME_FAILED, USAGE
from harness.cli.console import json_for_console, say, show
from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.interrupts import held_back, noticed
from harness.sandbox.launch import has_fork_server, launch
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.assignment import Assignment
    from harness.language import Language
    from harness.records import Report
    from harness.sandbox.runner import Sandbox
    from harness.submission import Submission

__all__ = ["deliver", "run"]

_STDIN = "standard input"


def run(options: argparse.Namespace) -> int:
    """Grade every path that can be read, report, and return the worst of their exit statuses."""
    if options.paths.count("-") > 1:
        raise UsageError(
            Sentence("standard input can be read only once"), Sentence("write - once, and name the other files")
        )
    # The zygote imports numpy in its own process while this one imports it here.
    launched = launch() if has_fork_server() else None
    with held_back():
        import harness.grader
        import harness.report_files  # noqa: F401 - imported while nothing can interrupt it
        from harness.assignment import built_in, reader_language
        from harness.records import Level
        from harness.sandbox.runner import Sandbox

    reports: list[Report] = []
    unusable: list[UsageError] = []
    with noticed() as interrupted, Sandbox(least=Level(options.isolation), launched=launched) as sandbox:
        assignment = built_in(options.assignment)
        for path in options.paths:
            try:
                reports.append(_grade(path, assignment, options.seed, sandbox))
            except UsageError as error:
                unusable.append(error)
            if interrupted():
                raise KeyboardInterrupt
    if reports:
        _deliver(
            reports, options, options.feedback or assignment.feedback, reader_language(options.assignment, options.lang)
        )
    for trouble in unusable:
        say(trouble.message, trouble.hint, options.lang)
    return max(_status(reports), USAGE if unusable else OK)


def _deliver(reports: "list[Report]", options: argparse.Namespace, feedback: str, language: "Language") -> None:
    from harness.feedback import Feedback, with_feedback
    from harness.report_files import joined

    shown = [with_feedback(report, Feedback(feedback)) for report in reports]
    deliver(joined(shown, options.format, language, several=len(options.paths) > 1), options)


def deliver(text: str, options: argparse.Namespace) -> None:
    """Write a report to the file or the screen that ``options`` name."""
    from harness.report_files import write_file

    if options.output:
        write_file(options.output, text)
    else:
        show(json_for_console(text) if options.format == "json" else text)


def _status(reports: "list[Report]") -> int:
    from harness.records import Outcome, Verdict

    if any(report.outcome is Outcome.GRADER_FAULT for report in reports):
        return FAULT
    verdicts = {check.verdict for report in reports for check in report.checks if check.visibility == "visible"}
    return OK if verdicts <= {Verdict.PASSED} else SOME_FAILED


def _grade(path: str, assignment: "Assignment", seed: int | None, sandbox: "Sandbox") -> "Report":
    from harness.grader import grade, ungradable_report

    try:
        submission = _submission(path, assignment)
    except SubmissionError as error:
        name = _STDIN if path == "-" else plain(Path(path).name or path)
        return ungradable_report(error, name, "", assignment, assignment.default_seed if seed is None else seed)
    return grade(submission, assignment, seed, sandbox=sandbox)


def _submission(path: str, assignment: "Assignment") -> "Submission":
    from harness.archive import CONTAINER_LIMIT
    from harness.submission import read_submission, submission_from_bytes

    limit, words = assignment.limits.size_kib * 1024, assignment.words
    if path != "-":
        return read_submission(path, size_limit=limit, words=words)
    if sys.stdin is None:
        raise UsageError(
            Sentence("standard input is closed"), Sentence("give the path of a file, or send one through a pipe")
        )
    try:
        # A notebook or a zip may come through the pipe as well; one byte more tells that it is too large.
        data = sys.stdin.buffer.read(max(CONTAINER_LIMIT, limit) + 1)
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=_STDIN, error=error.strerror),
            Sentence("give the path of a file instead"),
        ) from None
    return submission_from_bytes(_STDIN, data, size_limit=limit, words=words)
