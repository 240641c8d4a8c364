"""The parser of the command line, in the reader's language and in the cells of a terminal."""

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from gettext import gettext
from typing import TYPE_CHECKING, Any, NoReturn

from harness.cli.console import show
from harness.escape import plain
from harness.language import Language, marked

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["ARGPARSE", "Parser"]

#: What argparse itself says about options like ours (Lib/argparse.py of Python 3.11 to 3.13). It asks gettext.
ARGPARSE = (
    marked("usage: "),
    marked("positional arguments"),
    marked("options"),
    marked("show this help message and exit"),
    marked("argument %(argument_name)s: %(message)s"),
    marked("the following arguments are required: %s"),
    marked("unrecognized arguments: %s"),
    marked("expected one argument"),
    marked("ignored explicit argument %r"),
    marked("ambiguous option: %(option)s could match %(matches)s"),
    marked("invalid choice: %(value)r (choose from %(choices)s)"),
    marked("invalid %(type)s value: %(value)r"),
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and one more on what to do.

    Args:
        language: Of what it says. argparse's own sentences are in the language that is ``current``.
        options: As argparse has them; description and epilog are shown as they are, so in lines of at most 80 cells.
    """

    def __init__(self, *, language: Language, **options: Any) -> None:
        super().__init__(formatter_class=_Formatter, **options)
        self.text, self._language = language.text, language

    def add_subparsers(self, **options: Any) -> Any:
        """As argparse has it; the commands say what they say in the same language."""
        options["parser_class"] = partial(type(self), language=self._language)
        return super().add_subparsers(**options)

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        what_to_do = self.text("try: {command}", command=f"{self.prog} --help")
        self.exit(2, f"{self.prog}: {plain(message)}\n{what_to_do}\n")

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        # argparse's own drops the error of a full disk: help or a version that is not there would be a success.
        if file is sys.stdout:
            show(message)
        else:
            super()._print_message(message, file)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Counts cells where argparse counts characters: a Korean character takes two."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        if text.isascii():
            return super()._split_lines(text, width)
        from harness.render.cells import WIDTH, wrapped

        margin = " " * (WIDTH - width)
        return [line.removeprefix(margin) for line in wrapped(text, margin, margin)]

    def _format_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable["argparse._MutuallyExclusiveGroup"],
        prefix: str | None,
    ) -> str:
        prefix = gettext("usage: ") if prefix is None else prefix
        if prefix.isascii():
            return super()._format_usage(usage, actions, groups, prefix)
        from harness.render.cells import width_of

        as_wide = "-" * width_of(prefix)
        return prefix + super()._format_usage(usage, actions, groups, as_wide).removeprefix(as_wide)
