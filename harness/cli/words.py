"""The words of the command line: commands, options, and help that teaches by example."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

import harness
from harness.cli import examples
from harness.cli.parser import Parser
from harness.language import LANGUAGES, Language, chosen_language, current

__all__ = ["read_words"]

_LEVELS = "ABCD"
#: Every reader of JSON holds whole numbers up to here exactly (RFC 8259, section 6).
_LARGEST_SEED = (1 << 53) - 1
_FORMATS = (
    *("text", "json", "html", "markdown", "svg", "github", "junit", "ctrf", "gradescope", "classroom50", "exercism"),
    *("prairielearn", "codequality"),
)

#: An example for each command that has commands of its own.
_ACTIONS = {"assignment": "dout assignment check ch05-add-mul", "bundle": "dout bundle gradescope"}


def _format(command: Parser, name: str) -> str:
    if name in _FORMATS:
        return name
    # Another package may have added it (docs/formats.md).
    from harness.render import format_names

    known = format_names()
    if name not in known:
        raise argparse.ArgumentTypeError(
            command.text("invalid choice: {name} (choose from {known})", name=repr(name[:30]), known=", ".join(known))
        )
    return name


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
    _add_catalogue(explain)
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
    _add_catalogue(hint)
    doctor = commands.add_parser(
        "doctor",
        help=text("say how well a learner's code is locked in here"),
        description=text("Try to break out; print the isolation level reached and why not a better one."),
        epilog=text(examples.DOCTOR),
    )
    _add_language(doctor)
    report = commands.add_parser(
        "report",
        help=text("show a stored report in another format"),
        description=text("Write a report that dout grade --format json made in any format and language."),
        epilog=text(examples.REPORT),
    )
    report.add_argument("path", metavar="FILE", help=text("a JSON report; - reads standard input"))
    _add_form(report)
    _add_assignments(commands, text)
    _add_bundle(commands, text)
    return words


def _add_assignments(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    epilog = text(examples.ASSIGNMENT)
    assignment = commands.add_parser(
        "assignment",
        help=text("for instructors: write, check and show an assignment"),
        description=text("Work on assignments."),
        epilog=epilog,
    )
    actions = assignment.add_subparsers(dest="action", metavar="action")
    new = actions.add_parser(
        "new",
        help=text("write an assignment to begin with"),
        description=text("Write an assignment that works, with its reference and examples, to be changed into yours."),
        epilog=epilog,
    )
    new.add_argument(
        "directory",
        metavar="DIR",
        help=text("a folder; it is made when it does not exist, and nothing in it is overwritten"),
    )
    _add_language(new)
    path = text("an assignment.toml, its folder, or the name of an assignment")
    check = actions.add_parser(
        "check",
        help=text("check an assignment.toml"),
        description=text(
            "Check that an assignment makes sense, that its reference earns every point,\n"
            "and that its own examples are graded as they should be."
        ),
        epilog=epilog,
    )
    check.add_argument("path", metavar="PATH", help=path)
    _add_language(check)
    shown = actions.add_parser(
        "show",
        help=text("show what an assignment asks and what it is worth"),
        description=text("Show what an assignment asks, what it is worth, and how it is graded."),
        epilog=epilog,
    )
    shown.add_argument("path", metavar="PATH", help=path)
    shown.add_argument("--json", action="store_true", help=text("all of it, for a program"))
    _add_language(shown)


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
    _add_assignment(grade)
    _add_seed(grade)
    _add_form(grade)
    grade.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT:FILE",
        help=text("write a report there as well, in one of the formats above; may be given several times"),
    )
    _add_fail_under(grade)
    _add_feedback(grade)
    _add_isolation(
        grade,
        "D",
        text("refuse to run a file at less than level A, B, C or D (default: %(default)s, whatever is the best here)"),
    )


def _add_bundle(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    bundle = commands.add_parser(
        "bundle",
        help=text("for instructors: pack an autograder for another service"),
        description=text("Pack dout and an assignment for a service that grades."),
        epilog=text(examples.BUNDLE),
    )
    actions = bundle.add_subparsers(dest="action", metavar="action")
    gradescope = actions.add_parser(
        "gradescope",
        help=text("an autograder.zip to upload to Gradescope"),
        description=text("Pack this dout and an assignment as an autograder for Gradescope."),
        epilog=text(examples.BUNDLE),
    )
    gradescope.add_argument(
        "-o",
        "--output",
        default="autograder.zip",
        metavar="FILE",
        help=text("where to write it; an earlier bundle there is replaced (default: %(default)s)"),
    )
    _add_assignment(gradescope)
    _add_seed(gradescope)
    _add_language(gradescope)
    _add_feedback(gradescope)
    _add_isolation(gradescope, "B", text("refuse to run a file at less than level A, B, C or D (default: %(default)s)"))


def _add_watch(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    watch = commands.add_parser(
        "watch",
        help=text("grade a file each time you save it"),
        description=text("Grade a file each time you save it, and show your first mistake."),
        epilog=text(examples.WATCH),
    )
    watch.add_argument("path", nargs="?", metavar="FILE", help=text("the file that you work on (default: layers.py)"))
    _add_assignment(watch)
    _add_seed(watch)
    _add_language(watch)
    watch.add_argument(
        "--plain",
        action="store_true",
        help=text("print below what is there, and read no keys; so it is also in a pipe"),
    )


def _add_assignment(command: Parser) -> None:
    command.add_argument(
        "--assignment",
        default="ch05-add-mul",
        metavar="NAME",
        help=command.text("name or path of the assignment (default: %(default)s)"),
    )


def _add_seed(command: Parser) -> None:
    def seed(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = -1
        if not 0 <= number <= _LARGEST_SEED:
            told = command.text("{value} is not a whole number from 0 to 2^53 - 1", value=repr(text[:30]))
            raise argparse.ArgumentTypeError(told)
        return number

    command.add_argument(
        "--seed", type=seed, metavar="N", help=command.text("which drawn cases (default: the assignment's)")
    )


def _add_fail_under(command: Parser) -> None:
    def percent(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 100:
            told = command.text("{value} is not a number from 0 to 100", value=repr(text[:30]))
            raise argparse.ArgumentTypeError(told)
        return number

    command.add_argument(
        "--fail-under",
        type=percent,
        metavar="PERCENT",
        help=command.text(
            "exit with 1 where a score is below this many percent of the visible points, and with 0 where none is "
            "(default: exit with 1 when a check did not pass)"
        ),
    )


def _add_feedback(command: Parser) -> None:
    command.add_argument(
        "--feedback",
        choices=("full", "actual-only", "none"),
        help=command.text(
            "full: everything; actual-only: inputs and what the layer returned; none: verdicts and points "
            "(default: the assignment's, else full)"
        ),
    )


def _add_isolation(command: Parser, default: str, told: str) -> None:
    command.add_argument("--isolation", type=str.upper, choices=_LEVELS, default=default, metavar="LEVEL", help=told)


def _add_catalogue(command: Parser) -> None:
    _add_language(command)
    _add_assignment(command)


def _add_form(command: Parser) -> None:
    """Add the options on how a report looks and where it goes."""
    command.add_argument(
        "--format",
        type=partial(_format, command),
        default="text",
        metavar="FORMAT",
        help=command.text("of the report: {formats} (default: %(default)s)", formats=", ".join(_FORMATS)),
    )
    command.add_argument(
        "--output", metavar="FILE", help=command.text("write the report there instead of to the screen")
    )
    _add_language(command)


def _add_language(command: Parser) -> None:
    command.add_argument(
        "--lang",
        choices=LANGUAGES,
        help=command.text(
            "of the text (default: DOUT_LANG, else the assignment's language, else the system's, else en)"
        ),
    )
