"""The words of the command line: commands, options, and help that teaches by example."""

import argparse
import sys
from collections.abc import Callable, Sequence

import harness
from harness.cli import examples
from harness.cli.instructor_words import add_assignments, add_bundle, add_class
from harness.cli.options import (
    add_assignment,
    add_catalogue,
    add_fail_under,
    add_feedback,
    add_form,
    add_isolation,
    add_language,
    add_seed,
)
from harness.cli.parser import Parser
from harness.cli.remote_words import add_remote
from harness.cli.service_words import add_service
from harness.language import LANGUAGES, Language, chosen_language, current

__all__ = ["read_words"]


#: An example for each command that has commands of its own.
_ACTIONS = {
    "assignment": "dout assignment check ch05-add-mul",
    "bundle": "dout bundle gradescope",
    "service": "dout service check",
}


def read_words(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options that ``arguments`` give (those of this process when None), ``command`` among them.

    Raises:
        SystemExit: help or the version was printed, or what is wrong; its code is the exit status.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    language = _language(given)
    with current(language):
        words = _parser(language)
        options = words.parse_args(given)
        if options.command is None:
            words.error(words.text("say what to do, for example: {command}", command="dout grade layers.py"))
        if getattr(options, "action", "") is None:
            words.error(words.text("say what to do, for example: {command}", command=_ACTIONS[options.command]))
    return options


def _language(given: list[str]) -> Language:
    """Return the language of help and errors, which is to be known before there is a parser."""
    asked = None
    for word, following in zip(given, [*given, ""][1:], strict=True):
        name, equals, value = word.partition("=")
        code = value if equals else following
        if name == "--lang" and code in LANGUAGES:
            asked = code
    return chosen_language(asked)


def _parser(language: Language) -> Parser:
    text = language.text
    words = Parser(
        language=language,
        prog="dout",
        description=text("Grade AddLayer and MulLayer: gradient checks, points,\nand the values that show a mistake."),
        epilog=text(examples.DOUT),
    )
    version = f"dout {harness.__version__}"
    words.add_argument(
        "--version", action="version", version=version, help=text("show program's version number and exit")
    )
    commands = words.add_subparsers(dest="command", metavar="command")
    _add_grade(commands, text)
    add_class(commands, text)
    _add_watch(commands, text)
    init = commands.add_parser(
        "init",
        help=text("write the exercise into a new folder"),
        description=text("Write the student template."),
        epilog=text(examples.INIT),
    )
    init.add_argument(
        "directory",
        metavar="DIR",
        help=text("a folder; it is made when it does not exist, and nothing in it is overwritten"),
    )
    explain = commands.add_parser(
        "explain",
        help=text("say what a mistake is"),
        description=text("Explain a mistake by its code."),
        epilog=text(examples.EXPLAIN),
    )
    explain.add_argument(
        "code", nargs="?", metavar="CODE", help=text("as the report names it (default: list all codes)")
    )
    add_catalogue(explain)
    hint = commands.add_parser(
        "hint",
        help=text("give a hint at a mistake"),
        description=text("Give one of three hints at a mistake."),
        epilog=text(examples.HINT),
    )
    hint.add_argument("code", metavar="CODE", help=text("as the report names it"))
    hint.add_argument(
        "number", nargs="?", type=int, choices=(1, 2, 3), default=1, help=text("which hint (default: %(default)s)")
    )
    add_catalogue(hint)
    doctor = commands.add_parser(
        "doctor",
        help=text("say how well a learner's code is locked in here"),
        description=text("Try to break out; print the isolation level reached and why not a better one."),
        epilog=text(examples.DOCTOR),
    )
    add_language(doctor)
    report = commands.add_parser(
        "report",
        help=text("show a stored report in another format"),
        description=text("Write a report that dout grade --format json made in any format and language."),
        epilog=text(examples.REPORT),
    )
    report.add_argument("path", metavar="FILE", help=text("a JSON report; - reads standard input"))
    add_form(report)
    add_assignments(commands, text)
    add_bundle(commands, text)
    add_remote(commands, text)
    add_service(commands, text)
    return words


def _add_grade(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    grade = commands.add_parser(
        "grade",
        help=text("grade submissions"),
        description=text("Grade .py files, notebooks, folders or zip files; - reads standard input."),
        epilog=text(examples.GRADE),
    )
    grade.add_argument(
        "paths", nargs="+", metavar="PATH", help=text(".py, .ipynb, .zip, a folder, or - for standard input")
    )
    add_assignment(grade)
    add_seed(grade)
    add_form(grade)
    grade.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT:FILE",
        help=text("write a report there as well, in one of the formats above; may be given several times"),
    )
    add_fail_under(grade)
    add_feedback(grade)
    add_isolation(
        grade,
        "D",
        text("refuse to run a file at less than level A, B, C or D (default: %(default)s, whatever is the best here)"),
    )


def _add_watch(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    watch = commands.add_parser(
        "watch",
        help=text("grade a file each time you save it"),
        description=text("Grade a file each time you save it, and show your first mistake."),
        epilog=text(examples.WATCH),
    )
    watch.add_argument("path", nargs="?", metavar="FILE", help=text("the file that you work on (default: layers.py)"))
    add_assignment(watch)
    add_seed(watch)
    add_language(watch)
    watch.add_argument(
        "--plain",
        action="store_true",
        help=text("print below what is there, and read no keys; so it is also in a pipe"),
    )
