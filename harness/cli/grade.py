"""``dout grade``: grade each path and print or write the reports."""

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import SubmissionError, UsageError
from harness.sandbox.launch import has_fork_server, launch

if TYPE_CHECKING:
    from harness.assignment import Assignment
    from harness.records import Report
    from harness.sandbox.runner import Sandbox

__all__ = ["run", "write_file"]


def run(options: argparse.Namespace) -> int:
    """Grade, report, and return 0, 1, 2 or 3."""
    # The zygote imports numpy in its own process while this one imports it here.
    launched = launch() if has_fork_server() else None
    from harness.records import Level
    from harness.sandbox.runner import Sandbox

    with Sandbox(least=Level(options.isolation), launched=launched) as sandbox:
        from harness.assignment import built_in
        from harness.records import Outcome, Report, Verdict
        from harness.render import FORMATS

        assignment = built_in(options.assignment)
        reports: list[Report] = []
        missing: list[UsageError] = []
        for path in options.paths:
            try:
                reports.append(_grade(path, assignment, options.seed, sandbox))
            except UsageError as error:
                missing.append(error)
    render = FORMATS[options.format]
    texts = [render(report) for report in reports]
    if options.format == "json" and len(options.paths) > 1:
        text = "[\n" + ",\n".join(one.rstrip("\n") for one in texts) + "\n]\n"
    else:
        text = "\n".join(texts)
    if options.output:
        write_file(options.output, text)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    if missing:
        raise missing[0]
    if any(report.outcome is Outcome.GRADER_FAULT for report in reports):
        return 3
    return int(any(check.verdict is not Verdict.PASSED for report in reports for check in report.checks))


def _grade(path: str, assignment: "Assignment", seed: int | None, sandbox: "Sandbox") -> "Report":
    from harness.grader import grade, ungradable_report
    from harness.submission import read_submission, submission_from_bytes

    limit = assignment.limits.size_kib * 1024
    try:
        if path == "-":
            submission = submission_from_bytes("standard input", sys.stdin.buffer.read(limit + 1), size_limit=limit)
        else:
            submission = read_submission(path, size_limit=limit)
    except SubmissionError as error:
        name = "standard input" if path == "-" else Path(path).name
        return ungradable_report(error, name, "", assignment, assignment.default_seed if seed is None else seed)
    return grade(submission, assignment, seed, sandbox=sandbox)


def write_file(path: str, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all: a full disk leaves an older report as it was.

    Raises:
        UsageError: the file cannot be written there.
    """
    import tempfile

    target = Path(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".dout-", delete=False) as file:
            temporary = file.name
            file.write(text.encode("utf-8", "backslashreplace"))
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise UsageError(f"{path} cannot be written: {error.strerror}", "choose another place with --output") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
