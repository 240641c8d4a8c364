"""The words of the commands for operators: the grading service."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.cli import examples
from harness.cli.options import add_language
from harness.cli.parser import Parser

if TYPE_CHECKING:
    import argparse

__all__ = ["add_service"]


def add_service(commands: "argparse._SubParsersAction[Parser]", text: Callable[[str], str]) -> None:
    """Add ``dout serve``, ``dout web``, ``dout worker`` and ``dout service``."""
    serve = commands.add_parser(
        "serve",
        help=text("for operators: run the grading service"),
        description=text("Run the grading service: its pages, its API and its workers."),
        epilog=text(examples.SERVE),
    )
    _add_config(serve)
    web = commands.add_parser(
        "web",
        help=text("for operators: only the pages and the API"),
        description=text("Run the part of the service that answers HTTP; workers run elsewhere."),
        epilog=text(examples.SERVE),
    )
    _add_config(web)
    worker = commands.add_parser(
        "worker",
        help=text("for operators: only a worker"),
        description=text("Run one worker of the service."),
        epilog=text(examples.SERVE),
    )
    _add_config(worker)
    worker.add_argument(
        "--slots",
        type=int,
        choices=range(1, 65),
        default=1,
        metavar="N",
        help=text("how many submissions it grades at once (default: %(default)s; run one worker for each processor)"),
    )
    service = commands.add_parser(
        "service",
        help=text("for operators: look after the service"),
        description=text("Look after the grading service."),
        epilog=text(examples.SERVICE),
    )
    actions = service.add_subparsers(dest="action", metavar="action")
    for name, told in (
        ("check", text("say what is wrong with a deployment")),
        ("migrate", text("bring the database up to date")),
        ("lti", text("show what an LMS asks for, and what it is to be asked")),
        ("admin", text("make a link by which one person becomes an administrator")),
    ):
        _add_config(actions.add_parser(name, help=told, description=told))


def _add_config(words: Parser) -> None:
    words.add_argument(
        "--config",
        metavar="FILE",
        help=words.text("the settings (default: dout-service.toml here, if there is one; DOUT_… variables win)"),
    )
    add_language(words)
