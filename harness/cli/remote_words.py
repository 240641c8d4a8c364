"""The words of the commands that ask a grading service."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.cli import examples
from harness.cli.options import add_form, add_language
from harness.cli.parser import Parser

if TYPE_CHECKING:
    import argparse

__all__ = ["add_remote"]


def add_remote(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    """Add ``dout submit`` and ``dout pull``."""
    submit = commands.add_parser(
        "submit",
        help=text("hand a file in to a grading service"),
        description=text("Hand a file in to a grading service, wait, and show its report."),
        epilog=text(examples.SUBMIT),
    )
    submit.add_argument("path", nargs="?", metavar="FILE", help=text("the file to hand in"))
    _add_service(submit, needs_assignment=False)
    submit.add_argument(
        "--roster",
        metavar="CSV",
        help=text("for instructors: FILE is a folder or zip with the files of a class, as for dout class"),
    )
    submit.add_argument(
        "--login", action="store_true", help=text("ask for a token and keep it for this service; hand nothing in")
    )
    add_form(submit)
    pull = commands.add_parser(
        "pull",
        help=text("for instructors: bring a class's reports from a service"),
        description=text("Bring the reports and grades of a class from a grading service."),
        epilog=text(examples.PULL),
    )
    _add_service(pull, needs_assignment=True)
    pull.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=text("a folder for reports and grades; run again, it brings what is new"),
    )
    add_language(pull)


def _add_service(words: Parser, *, needs_assignment: bool) -> None:
    words.add_argument("--server", required=True, metavar="URL", help=words.text("the address of the service"))
    words.add_argument(
        "--assignment",
        required=needs_assignment,
        metavar="ID",
        help=words.text("the id of the assignment, which its page shows"),
    )
