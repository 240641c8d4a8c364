"""``dout explain``: what a mistake is, in the reader's language."""

import argparse
import difflib
from typing import TYPE_CHECKING

from harness.cli import OK
from harness.cli.console import show
from harness.errors import UsageError
from harness.escape import plain
from harness.language import Language
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.catalogue import Entry

__all__ = ["Blanks", "known_entry", "run"]


def run(options: argparse.Namespace) -> int:
    """Print the explanation of a mistake; without a code, one line for each."""
    from harness.assignment import reader_language
    from harness.render.cells import wrapped

    language = reader_language(options.assignment, options.lang)
    if options.code is None:
        show("\n".join(_list_of_codes(language, options.assignment)) + "\n")
        return OK
    code, found = known_entry(options.code, language, options.assignment)
    lines = [
        *wrapped(found.message_for(Blanks()), f"{code}  ", "  "),
        "",
        *wrapped(found.explanation_for(Blanks()), "  ", "  "),
        "",
        f"{language.text('more help')}: dout hint {code}",
    ]
    show("\n".join(lines) + "\n")
    return OK


def _list_of_codes(language: Language, assignment: str) -> list[str]:
    from harness.assignment import path_of
    from harness.catalogue import entries
    from harness.render.cells import wrapped

    known = entries(language.code, path_of(assignment).parent)
    width = max(map(len, known)) + 2
    return [
        line
        for code, found in sorted(known.items())
        for line in wrapped(found.message_for(Blanks()), f"{code:<{width}}", " " * width)
    ]


def known_entry(asked: str, language: Language, assignment: str) -> "tuple[str, Entry]":
    """Return the code that ``asked`` means, and what is told about it.

    Raises:
        UsageError: there is no such code; the hint names those that are close.
    """
    from harness.assignment import path_of
    from harness.catalogue import entries

    known = entries(language.code, path_of(assignment).parent)
    code = asked.upper().replace("_", "-")
    if code not in known:
        close = difflib.get_close_matches(code, known, 3, 0.6)
        lists = Sentence("`dout explain` lists all codes")
        hint = Sentence("did you mean {codes}?", codes=" / ".join(close)) if close else lists
        raise UsageError(Sentence("there is no code {code}", code=repr(plain(asked, 60))), hint)
    return code, known[code]


class Blanks(dict[str, object]):
    """Stands for the values of a message where there is no report to take them from: {layer} is LAYER."""

    def __missing__(self, name: str) -> str:
        return name.upper()
