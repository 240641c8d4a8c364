"""The notebook command `%%grade`: grades the text of a cell in the sandbox, like a file, and then runs the cell."""

import argparse
import shlex
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from harness.assignment import built_in, reader_language
from harness.errors import DoutError, SubmissionError, UsageError
from harness.feedback import Feedback, with_feedback
from harness.grader import grade, ungradable_report
from harness.language import LANGUAGES, chosen_language
from harness.notebook import without_commands
from harness.records import Outcome
from harness.sandbox.runner import Sandbox
from harness.selfcheck.shown import Shown
from harness.sentence import Sentence
from harness.submission import submission_from_bytes

__all__ = ["grade_magic"]


def grade_magic(shell: Any) -> Callable[[str, str], Shown]:
    """Return the command ``%%grade`` of a notebook's ``shell`` (IPython's ``InteractiveShell``)."""

    def grade_cell(line: str, cell: str) -> Shown:
        """Grade the layers in this cell in a process of their own, then run the cell as usual.

        ``%%grade [--lang en|ko] [--seed N] [--assignment NAME]``
        """
        try:
            shown = _graded(cell, _options(line))
        except DoutError as error:
            # IPython shows an error of this class as one line, without a traceback.
            wrong_use = import_module("IPython.core.error").UsageError
            told = chosen_language().told
            raise wrong_use("; ".join(filter(None, (told(error.message), told(error.hint))))) from None
        if shown.report.outcome is Outcome.GRADED:
            shell.run_cell(cell)
        return shown

    return grade_cell


class _Words(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the notebook."""
        raise UsageError(message, Sentence("%%grade takes --lang, --seed and --assignment"))


def _options(line: str) -> argparse.Namespace:
    words = _Words(prog="%%grade", add_help=False)
    words.add_argument("--lang", choices=LANGUAGES)
    words.add_argument("--seed", type=int)
    words.add_argument("--assignment", default="ch05-add-mul")
    try:
        return words.parse_args(shlex.split(line))
    except ValueError as error:
        words.error(str(error))


def _graded(cell: str, options: argparse.Namespace) -> Shown:
    assignment = built_in(options.assignment)
    seed = assignment.default_seed if options.seed is None else options.seed
    language = reader_language(options.assignment, options.lang)
    name = language.text("this cell")
    # The command itself is line 1 of the cell.
    source = "\n" + without_commands(cell)[0]
    try:
        submission = submission_from_bytes(name, source.encode("utf-8", "replace"), words=assignment.words)
    except SubmissionError as error:
        return Shown(ungradable_report(error, name, "", assignment, seed), language)
    with Sandbox() as sandbox:
        report = grade(submission, assignment, seed, sandbox=sandbox)
    return Shown(with_feedback(report, Feedback(assignment.feedback)), language)
