"""``dout hint``: one of the three hints at a mistake, in the reader's language."""

import argparse

from harness.cli import OK
from harness.cli.console import show
from harness.cli.explain import Blanks, known_entry

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Print the hint, and how to get the next one."""
    from harness.assignment import reader_language
    from harness.render.cells import wrapped

    language = reader_language(options.assignment, options.lang)
    code, found = known_entry(options.code, language, options.assignment)
    number, count = options.number, len(found.hints)
    lines = wrapped(found.hint_for(number, Blanks()), f"{number}/{count}  ", "     ")
    if number < count:
        lines.append(f"{language.text('more help')}: dout hint {code} {number + 1}")
    show("\n".join(lines) + "\n")
    return OK
