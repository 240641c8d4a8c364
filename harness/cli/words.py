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
#: As in harness.whole_class.outputs, which is not imported for a line of help.
_PLATFORMS = ("canvas", "moodle", "blackboard")
#: Every reader of JSON holds whole numbers up to here exactly (RFC 8259, section 6).
_LARGEST_SEED = (1 << 53) - 1
_FORMATS = (
    *("text", "json", "html", "markdown", "svg", "github", "junit", "ctrf", "gradescope", "classroom50", "exercism"),
    *("prairielearn", "codequality"),
)


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
        if options.command == "assignment" and options.action is None:
            example = "dout assignment check ch05-add-mul"
            words.error(words.text("say what to do, for example: {command}", command=example))
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
    _add_grade(commands, language)
    _add_class(commands, language)
    _add_watch(commands, language)
    init = _command(
        commands,
        language,
        "init",
        text("write the exercise into a new folder"),
        text("Write the student template."),
        text(examples.INIT),
    )
    init.add_argument(
        "directory",
        metavar="DIR",
        help=text("a folder; it is made when it does not exist, and nothing in it is overwritten"),
    )
    explain = _command(
        commands,
        language,
        "explain",
        text("say what a mistake is"),
        text("Explain a mistake by its code."),
        text(examples.EXPLAIN),
    )
    explain.add_argument(
        "code", nargs="?", metavar="CODE", help=text("as the report names it (default: list all codes)")
    )
    _add_catalogue(explain)
    hint = _command(
        commands,
        language,
        "hint",
        text("give a hint at a mistake"),
        text("Give one of three hints at a mistake."),
        text(examples.HINT),
    )
    hint.add_argument("code", metavar="CODE", help=text("as the report names it"))
    hint.add_argument(
        "number", nargs="?", type=int, choices=(1, 2, 3), default=1, help=text("which hint (default: %(default)s)")
    )
    _add_catalogue(hint)
    _command(
        commands,
        language,
        "doctor",
        text("say how well a learner's code is locked in here"),
        text("Try to break out; print the isolation level reached and why not a better one."),
        text(examples.DOCTOR),
    )
    report = _command(
        commands,
        language,
        "report",
        text("show a stored report in another format"),
        text("Write a report that dout grade --format json made in any format and language."),
        text(examples.REPORT),
    )
    report.add_argument("path", metavar="FILE", help=text("a JSON report; - reads standard input"))
    _add_form(report)
    assignment = _command(
        commands,
        language,
        "assignment",
        text("for instructors: check an assignment"),
        text("Work on assignments."),
        text(examples.ASSIGNMENT),
    )
    actions = assignment.add_subparsers(dest="action", metavar="action")
    check = _command(
        actions,
        language,
        "check",
        text("check an assignment.toml"),
        text("Check that an assignment makes sense."),
        text(examples.ASSIGNMENT),
    )
    check.add_argument(
        "path", metavar="PATH", help=text("an assignment.toml, its folder, or the name of an assignment")
    )
    return words


def _add_grade(commands: "argparse._SubParsersAction[Parser]", language: Language) -> None:
    text = language.text
    grade = _command(
        commands,
        language,
        "grade",
        text("grade submissions"),
        text("Grade .py files, notebooks, folders or zip files; - reads standard input."),
        text(examples.GRADE),
    )
    grade.add_argument(
        "paths", nargs="+", metavar="PATH", help=text(".py, .ipynb, .zip, a folder, or - for standard input")
    )
    _add_assignment(grade)
    _add_seed(grade)
    _add_form(grade)
    _add_feedback(grade)
    _add_isolation(grade, "D", text("whatever is the best here"))


def _add_class(commands: "argparse._SubParsersAction[Parser]", language: Language) -> None:
    text = language.text
    group = _command(
        commands,
        language,
        "class",
        text("for instructors: grade a whole class"),
        text("Grade everything that a class handed in, on all cores."),
        text(examples.CLASS),
    )
    group.add_argument(
        "path",
        metavar="SUBMISSIONS",
        help=text("a folder with a file or folder for each learner, or the zip that Moodle, Canvas or Gradescope gave"),
    )
    group.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=text("a folder for marks, reports and the dashboard; run again, it goes on from there"),
    )
    group.add_argument(
        "--roster", metavar="CSV", help=text("the learners, one a line; else each file's own name counts")
    )
    group.add_argument(
        "--jobs", type=_count(group), metavar="N", help=text("how many are graded at once (default: the cores)")
    )
    group.add_argument("--fresh", action="store_true", help=text("grade all again, also what has not changed"))
    group.add_argument("--similar", action="store_true", help=text("list who wrote the same code"))
    group.add_argument("--compare", metavar="OLD", help=text("show what changed since this folder or report.json"))
    group.add_argument(
        "--anonymous", action="store_true", help=text("no names in the dashboard, the summary and on the screen")
    )
    group.add_argument(
        "--gradebook",
        action="append",
        default=[],
        type=_gradebook(group),
        metavar="PLATFORM[=FILE]",
        help=text("write the marks for canvas, moodle or blackboard; into FILE, if that is what it exported"),
    )
    group.add_argument(
        "--column", metavar="NAME", help=text("the assignment's name in the gradebook (default: its title)")
    )
    _add_assignment(group)
    _add_seed(group)
    _add_feedback(group)
    _add_isolation(group, "B", text("other people's files are run"))
    _add_language(group)


def _count(command: Parser) -> Callable[[str], int]:
    def count(given: str) -> int:
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
        if not number:
            told = command.text("{value} is not a whole number from 1 on", value=repr(given[:30]))
            raise argparse.ArgumentTypeError(told)
        return number

    return count


def _gradebook(command: Parser) -> Callable[[str], tuple[str, str | None]]:
    def gradebook(given: str) -> tuple[str, str | None]:
        platform, equals, path = given.partition("=")
        if platform not in _PLATFORMS or bool(equals) != bool(path):
            told = command.text(
                "invalid choice: {name} (choose from {known})", name=repr(given[:30]), known=", ".join(_PLATFORMS)
            )
            raise argparse.ArgumentTypeError(told)
        return platform, path or None

    return gradebook


def _add_watch(commands: "argparse._SubParsersAction[Parser]", language: Language) -> None:
    text = language.text
    watch = _command(
        commands,
        language,
        "watch",
        text("grade a file each time you save it"),
        text("Grade a file each time you save it, and show your first mistake."),
        text(examples.WATCH),
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


def _add_feedback(command: Parser) -> None:
    command.add_argument(
        "--feedback",
        choices=("full", "actual-only", "none"),
        default="full",
        help=command.text(
            "full: everything; actual-only: inputs and what the layer returned; none: verdicts and points "
            "(default: %(default)s)"
        ),
    )


def _add_isolation(command: Parser, default: str, why: str) -> None:
    command.add_argument(
        "--isolation",
        type=str.upper,
        choices=_LEVELS,
        default=default,
        metavar="LEVEL",
        help=command.text(
            "refuse to run a file at less than level A, B, C or D (default: %(default)s, {why})", why=why
        ),
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


def _command(
    commands: "argparse._SubParsersAction[Parser]",
    language: Language,
    name: str,
    help_line: str,
    description: str,
    epilog: str,
) -> Parser:
    return commands.add_parser(name, language=language, help=help_line, description=description, epilog=epilog)
