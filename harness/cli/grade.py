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
    from collections.abc import Sequence

    from harness.assignment import Assignment
    from harness.language import Language
    from harness.records import Report
    from harness.sandbox.runner import Sandbox
    from harness.submission import Submission

__all__ = ["deliver", "run", "status_of"]

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
        import harness.report_files
        from harness.assignment import built_in, reader_language
        from harness.feedback import Feedback, with_feedback
        from harness.records import Level
        from harness.sandbox.runner import Sandbox

    graded: list[tuple[str, Report]] = []
    unusable: list[UsageError] = []
    with noticed() as interrupted, Sandbox(least=Level(options.isolation), launched=launched) as sandbox:
        files = [harness.report_files.output_of("--report", value, Path.cwd()) for value in options.report]
        assignment = built_in(options.assignment)
        feedback = Feedback(options.feedback or assignment.feedback)
        for path in options.paths:
            try:
                report = _grade(path, assignment, options.seed, sandbox)
                graded.append((path, with_feedback(report, feedback)))
            except UsageError as error:
                unusable.append(error)
            if interrupted():
                raise KeyboardInterrupt
    if graded:
        language, several = reader_language(options.assignment, options.lang), len(options.paths) > 1
        for format_name, file in files:
            try:
                harness.report_files.write_file(file, _text(graded, format_name, language, several=several))
            except UsageError as error:
                unusable.append(error)
        deliver(_text(graded, options.format, language, several=several), options)
    for trouble in unusable:
        say(trouble.message, trouble.hint, options.lang)
    return max(status_of([report for _, report in graded], options.fail_under), USAGE if unusable else OK)


def _text(graded: "Sequence[tuple[str, Report]]", format_name: str, language: "Language", *, several: bool) -> str:
    from harness.render import PLACED
    from harness.report_files import called, joined

    reports = [
        called(report, _path_of(path, report.submission.name)) if format_name in PLACED else report
        for path, report in graded
    ]
    return joined(reports, format_name, language, several=several)


def _path_of(path: str, name: str) -> str:
    """Return the path of the graded file as seen from here; ``name`` is its name, or ``folder/file`` in a folder."""
    if path == "-":
        return name
    # A name has no other slash than the one before the file in a folder.
    return plain((Path(path) / name.partition("/")[2]).as_posix())


def deliver(text: str, options: argparse.Namespace) -> None:
    """Write a report to the file or the screen that ``options`` name."""
    from harness.report_files import write_file

    if options.output:
        write_file(options.output, text)
    else:
        show(json_for_console(text) if options.format == "json" else text)


def status_of(reports: "list[Report]", fail_under: float | None) -> int:
    """Return the exit status that reports make: 0, or 1 where a check did not pass, or 3 for a fault of the grader."""
    from harness.records import Outcome, Verdict
    from harness.render.visible import visible_part

    if any(report.outcome is Outcome.GRADER_FAULT for report in reports):
        return FAULT
    if fail_under is not None:
        shown = [visible_part(report) for report in reports]
        below = any((one.score or 0.0) * 100 < fail_under * one.max_score for one in shown)
        return SOME_FAILED if below else OK
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
