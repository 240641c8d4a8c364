"""Options that several commands have."""

import argparse
from functools import partial

from harness.cli.parser import Parser
from harness.language import LANGUAGES

__all__ = [
    "add_assignment",
    "add_catalogue",
    "add_fail_under",
    "add_feedback",
    "add_form",
    "add_isolation",
    "add_language",
    "add_seed",
]

_LEVELS = "ABCD"
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


def add_feedback(command: Parser) -> None:
    """Add the option on how much a learner is told."""
    command.add_argument(
        "--feedback",
        choices=("full", "actual-only", "none"),
        help=command.text(
            "full: everything; actual-only: inputs and what the layer returned; none: verdicts and points "
            "(default: the assignment's, else full)"
        ),
    )


def add_isolation(command: Parser, default: str, told: str) -> None:
    """Add the option on the least level of isolation; ``told`` is its help."""
    command.add_argument("--isolation", type=str.upper, choices=_LEVELS, default=default, metavar="LEVEL", help=told)


def add_assignment(command: Parser) -> None:
    """Add the option that names the assignment."""
    command.add_argument(
        "--assignment",
        default="ch05-add-mul",
        metavar="NAME",
        help=command.text("name or path of the assignment (default: %(default)s)"),
    )


def add_seed(command: Parser) -> None:
    """Add the option on which drawn cases there are."""

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


def add_fail_under(command: Parser) -> None:
    """Add the option that makes the exit status one about the score."""

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


def add_catalogue(command: Parser) -> None:
    """Add what a command needs that reads the texts about mistakes."""
    add_language(command)
    add_assignment(command)


def add_form(command: Parser) -> None:
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
    add_language(command)


def add_language(command: Parser) -> None:
    """Add the option on the language."""
    command.add_argument(
        "--lang",
        choices=LANGUAGES,
        help=command.text(
            "of the text (default: DOUT_LANG, else the assignment's language, else the system's, else en)"
        ),
    )
