"""The words of the command line: commands, options, and help that teaches by example."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import harness
from harness.cli.console import show
from harness.escape import plain

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["read_words"]

_DOUT = """\
examples:
  dout init chapter5              write the exercise into a new folder
  dout grade layers.py            grade one file
  dout grade a.py b.ipynb c.zip   grade several
  dout grade layers.py --format html --output report.html
  dout grade - < layers.py        grade standard input
  dout watch layers.py            grade it again each time you save
  dout explain MUL-SWAP           what a mistake in a report means
  dout hint MUL-SWAP              a hint at it, one of three
  dout doctor                     how well is a learner's code locked in here?

exit status of dout grade:
  0 every check passed   1 some did not   2 wrong use   3 the grader failed
"""
_GRADE = """\
A folder is one submission: the file in it that holds the layers is found.

examples:
  dout grade layers.py                      the file you work on
  dout grade files/*.py --isolation B       other people's files: well locked in
  dout grade layers.py --seed 7             other drawn cases
  dout grade layers.py --assignment chapter6/assignment.toml
  curl -s URL | dout grade - --format json  a file, notebook or zip from a pipe

exit status:
  0 every check of every file passed
  1 some check did not pass, or a file could not be read as Python
  2 wrong use: a path, an option, an assignment; the other files are graded
  3 the grader failed: there is no score for some file
"""
_WATCH = """\
examples:
  dout watch                      layers.py in this folder
  dout watch mine.py --lang ko
  dout watch --plain              for a screen reader: no keys, no clearing

Keys (no Enter needed): h hint, l list, n next mistake, c check all, q quit.
The exit status is 0 when you quit.
"""
_INIT = """\
example:
  dout init chapter5
  cd chapter5
  dout grade layers.py    0 points at first: write a method, save, grade again
"""
_DOCTOR = """\
example:
  dout doctor             before you grade files of people you do not know

exit status:
  0 every lock that is in force holds   3 one of them does not
"""
_REPORT = """\
examples:
  dout report report.json                               at the terminal
  dout report report.json --format html --output r.html
  dout grade layers.py --format json | dout report - --format markdown --lang ko
"""
_EXPLAIN = """\
examples:
  dout explain            every code, one line each
  dout explain MUL-SWAP   what this mistake is
  dout explain MUL-SWAP --lang ko
"""
_HINT = """\
The first hint is a question, the second a place to look at, the third the rule.

examples:
  dout hint MUL-SWAP      the first hint
  dout hint MUL-SWAP 2    the second
"""
_ASSIGNMENT = """\
examples:
  dout assignment check ch05-add-mul               one that comes with dout
  dout assignment check chapter6/assignment.toml   your own
"""
_LEVELS = "ABCD"
#: Every reader of JSON holds whole numbers up to here exactly (RFC 8259, section 6).
_LARGEST_SEED = (1 << 53) - 1
_FORMATS = (
    *("text", "json", "html", "markdown", "svg", "github", "junit", "ctrf", "gradescope", "classroom50", "exercism"),
    *("prairielearn", "codequality"),
)
_LANGUAGES = ("en", "ko")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and one more on what to do."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {plain(message)}\ntry: {self.prog} --help\n")

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        # argparse's own drops the error of a full disk: help or a version that is not there would be a success.
        if file is sys.stdout:
            show(message)
        else:
            super()._print_message(message, file)


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed <= _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text[:30]!r} is not a whole number from 0 to 2^53 - 1")
    return seed


def _format(name: str) -> str:
    if name in _FORMATS:
        return name
    # Another package may have added it (docs/formats.md).
    from harness.render import format_names

    known = format_names()
    if name not in known:
        raise argparse.ArgumentTypeError(f"invalid choice: {name[:30]!r} (choose from {', '.join(known)})")
    return name


def read_words(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options that ``arguments`` give (those of this process when None), ``command`` among them.

    Raises:
        SystemExit: help or the version was printed, or what is wrong; its code is the exit status.
    """
    words = _parser()
    options = words.parse_args(arguments)
    if options.command is None:
        words.error("say what to do, for example: dout grade layers.py")
    if options.command == "assignment" and options.action is None:
        words.error("say what to do, for example: dout assignment check ch05-add-mul")
    return options


def _parser() -> _Parser:
    words = _Parser(
        prog="dout",
        description="Grade AddLayer and MulLayer: gradient checks, points,\nand the values that show a mistake.",
        epilog=_DOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--version", action="version", version=f"dout {harness.__version__}")
    commands = words.add_subparsers(dest="command", metavar="command")
    _add_grade(commands)
    _add_watch(commands)
    init = _command(commands, "init", "write the exercise into a new folder", "Write the student template.", _INIT)
    init.add_argument(
        "directory", metavar="DIR", help="a folder; it is made when it does not exist, and nothing in it is overwritten"
    )
    explain = _command(commands, "explain", "say what a mistake is", "Explain a mistake by its code.", _EXPLAIN)
    explain.add_argument("code", nargs="?", metavar="CODE", help="as the report names it (default: list all codes)")
    _add_catalogue(explain)
    hint = _command(commands, "hint", "give a hint at a mistake", "Give one of three hints at a mistake.", _HINT)
    hint.add_argument("code", metavar="CODE", help="as the report names it")
    hint.add_argument(
        "number", nargs="?", type=int, choices=(1, 2, 3), default=1, help="which hint (default: %(default)s)"
    )
    _add_catalogue(hint)
    _command(
        commands,
        "doctor",
        "say how well a learner's code is locked in here",
        "Try to break out; print the isolation level reached and why not a better one.",
        _DOCTOR,
    )
    report = _command(
        commands,
        "report",
        "show a stored report in another format",
        "Write a report that dout grade --format json made in any format and language.",
        _REPORT,
    )
    report.add_argument("path", metavar="FILE", help="a JSON report; - reads standard input")
    _add_form(report)
    assignment = _command(
        commands, "assignment", "for instructors: check an assignment", "Work on assignments.", _ASSIGNMENT
    )
    actions = assignment.add_subparsers(dest="action", metavar="action")
    check = _command(actions, "check", "check an assignment.toml", "Check that an assignment makes sense.", _ASSIGNMENT)
    check.add_argument("path", metavar="PATH", help="an assignment.toml, its folder, or the name of an assignment")
    return words


def _add_grade(commands: "argparse._SubParsersAction[_Parser]") -> None:
    grade = _command(
        commands,
        "grade",
        "grade submissions",
        "Grade .py files, notebooks, folders or zip files; - reads standard input.",
        _GRADE,
    )
    grade.add_argument("paths", nargs="+", metavar="PATH", help=".py, .ipynb, .zip, a folder, or - for standard input")
    _add_assignment(grade)
    grade.add_argument("--seed", type=_seed, metavar="N", help="which drawn cases (default: the assignment's)")
    _add_form(grade)
    grade.add_argument(
        "--feedback",
        choices=("full", "actual-only", "none"),
        default="full",
        help="full: everything; actual-only: inputs and what the layer returned; none: verdicts and points "
        "(default: %(default)s)",
    )
    grade.add_argument(
        "--isolation",
        type=str.upper,
        choices=_LEVELS,
        default="D",
        metavar="LEVEL",
        help="refuse to run a file at less than level A, B, C or D (default: %(default)s, whatever is the best here)",
    )


def _add_watch(commands: "argparse._SubParsersAction[_Parser]") -> None:
    watch = _command(
        commands,
        "watch",
        "grade a file each time you save it",
        "Grade a file each time you save it, and show your first mistake.",
        _WATCH,
    )
    watch.add_argument("path", nargs="?", metavar="FILE", help="the file that you work on (default: layers.py)")
    _add_assignment(watch)
    watch.add_argument("--seed", type=_seed, metavar="N", help="which drawn cases (default: the assignment's)")
    _add_language(watch)
    watch.add_argument(
        "--plain", action="store_true", help="print below what is there, and read no keys; so it is also in a pipe"
    )


def _add_assignment(command: _Parser) -> None:
    command.add_argument(
        "--assignment",
        default="ch05-add-mul",
        metavar="NAME",
        help="name or path of the assignment (default: %(default)s)",
    )


def _add_catalogue(command: _Parser) -> None:
    _add_language(command)
    _add_assignment(command)


def _add_form(words: _Parser) -> None:
    """Add the options on how a report looks and where it goes."""
    words.add_argument(
        "--format",
        type=_format,
        default="text",
        metavar="FORMAT",
        help=f"of the report: {', '.join(_FORMATS)} (default: %(default)s)",
    )
    words.add_argument("--output", metavar="FILE", help="write the report there instead of to the screen")
    _add_language(words)


def _add_language(words: _Parser) -> None:
    words.add_argument(
        "--lang",
        choices=_LANGUAGES,
        help="of the text (default: DOUT_LANG, else the assignment's language, else the system's, else en)",
    )


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, help_line: str, description: str, epilog: str
) -> _Parser:
    return commands.add_parser(
        name,
        help=help_line,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
