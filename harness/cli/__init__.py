"""The command line: one module per command. This one knows the words, and imports a command only when it is called."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import harness
from harness.errors import DoutError, SandboxError

__all__ = ["OK", "main"]

# Exit statuses (docs/report.md).
OK, SOME_FAILED, USAGE, FAULT = 0, 1, 2, 3
INTERRUPTED = 130

_EXAMPLES = """\
examples:
  dout init chapter5              write the exercise into the new folder chapter5
  dout grade layers.py            grade one file
  dout grade a.py b.ipynb c.zip   grade several
  dout grade layers.py --format json --output report.json
  dout grade - < layers.py        grade standard input
  dout doctor                     how well is a learner's code locked in here?

exit status of dout grade:
  0 every check passed   1 some did not   2 wrong use   3 the grader failed
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and one more on what to do."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Exit with status 2."""
        self.exit(USAGE, f"{self.prog}: {message}\ntry: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dout",
        description="Grade AddLayer and MulLayer: gradient checks, points, and the values that show a mistake.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dout {harness.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    grade = commands.add_parser(
        "grade",
        help="grade submissions",
        description="Grade .py files, notebooks, folders or zip files; - reads standard input.",
        epilog="A folder is one submission: the file in it that holds the layers is found.",
    )
    grade.add_argument("paths", nargs="+", metavar="PATH", help=".py, .ipynb, .zip, a folder, or - for standard input")
    grade.add_argument(
        "--assignment",
        default="ch05-add-mul",
        metavar="NAME",
        help="name or path of the assignment (default: %(default)s)",
    )
    grade.add_argument("--seed", type=int, metavar="N", help="which drawn cases (default: the assignment's)")
    grade.add_argument(
        "--format", choices=("text", "json"), default="text", help="of the report (default: %(default)s)"
    )
    grade.add_argument("--output", metavar="FILE", help="write the report there instead of to the screen")
    grade.add_argument(
        "--isolation", choices=("A", "B", "C", "D"), default="D", metavar="LEVEL",
        help="refuse to run a file at less than level A, B, C or D (default: %(default)s, whatever is the best here)",
    )  # fmt: skip
    init = commands.add_parser(
        "init", help="write the exercise into a new folder", description="Write the student template."
    )
    init.add_argument(
        "directory",
        metavar="DIR",
        help="a folder; it is made when it does not exist, and nothing in it is overwritten",
    )
    commands.add_parser(
        "doctor",
        help="say how well a learner's code is locked in here",
        description="Try to break out; print the isolation level reached here and why not a better one.",
    )
    assignment = commands.add_parser(
        "assignment", help="for instructors: check an assignment", description="Work on assignments."
    )
    actions = assignment.add_subparsers(dest="action", metavar="action", required=True)
    check = actions.add_parser(
        "check", help="check an assignment.toml", description="Check that an assignment makes sense."
    )
    check.add_argument("path", metavar="PATH", help="an assignment.toml, its folder, or the name of an assignment")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_character(stream)
    try:
        options = _parser().parse_args(arguments)
        command = importlib.import_module(f"harness.cli.{options.command}")
        status: int = command.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _say("interrupted; nothing was left behind", "", INTERRUPTED)
    except DoutError as error:
        return _say(error.message, error.hint, FAULT if isinstance(error, SandboxError) else USAGE)
    except OSError as error:
        _drop_output()
        return _say(f"the report could not be written: {error.strerror or error}", "", FAULT)
    else:
        return status


def _never_fail_on_a_character(stream: TextIO | None) -> None:
    """Escape what the console cannot show, instead of failing: a cp949 console has no French accents."""
    if stream is not None and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _say(message: str, hint: str, status: int) -> int:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"dout: {message}", file=sys.stderr)  # noqa: T201
        if hint:
            print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
    return status


def _drop_output() -> None:
    """Let nothing be written to a closed or full stdout again, not even at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
