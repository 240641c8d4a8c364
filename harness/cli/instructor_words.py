"""The words of the commands for instructors: a class, assignments, autograders."""

import argparse
from collections.abc import Callable

from harness.cli import examples
from harness.cli.options import add_assignment, add_feedback, add_isolation, add_language, add_seed
from harness.cli.parser import Parser

__all__ = ["add_assignments", "add_bundle", "add_class"]

#: As in harness.whole_class.outputs, which is not imported for a line of help.
_PLATFORMS = ("canvas", "moodle", "blackboard")

#: More than a machine has cores; each job is a process with a sandbox of its own.
_MOST_JOBS = 1024


def add_class(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    """Add ``dout class``."""
    group = commands.add_parser(
        "class",
        help=text("for instructors: grade a whole class"),
        description=text("Grade everything that a class handed in, on all cores."),
        epilog=text(examples.CLASS),
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
    add_assignment(group)
    add_seed(group)
    add_feedback(group)
    add_isolation(
        group,
        "B",
        text(
            "refuse to run a file at less than level A, B, C or D (default: %(default)s, other people's files are run)"
        ),
    )
    add_language(group)


def _count(command: Parser) -> Callable[[str], int]:
    def count(given: str) -> int:
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
        if not 0 < number <= _MOST_JOBS:
            told = command.text(
                "{value} is not a whole number from 1 to {most}", value=repr(given[:30]), most=_MOST_JOBS
            )
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


def add_assignments(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    """Add ``dout assignment`` and its commands."""
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
    add_language(new)
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
    add_language(check)
    shown = actions.add_parser(
        "show",
        help=text("show what an assignment asks and what it is worth"),
        description=text("Show what an assignment asks, what it is worth, and how it is graded."),
        epilog=epilog,
    )
    shown.add_argument("path", metavar="PATH", help=path)
    shown.add_argument("--json", action="store_true", help=text("all of it, for a program"))
    add_language(shown)


def add_bundle(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    """Add ``dout bundle`` and its commands."""
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
    add_assignment(gradescope)
    add_seed(gradescope)
    add_language(gradescope)
    add_feedback(gradescope)
    add_isolation(gradescope, "B", text("refuse to run a file at less than level A, B, C or D (default: %(default)s)"))
