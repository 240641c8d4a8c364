"""``dout explain``: what a mistake is, in the reader's language."""

import argparse
import difflib
import locale
import os
from typing import TYPE_CHECKING

from harness.cli import OK
from harness.cli.console import show
from harness.errors import UsageError
from harness.escape import plain

if TYPE_CHECKING:
    from harness.catalogue import Entry

__all__ = ["MORE", "Blanks", "known_entry", "language_of", "run"]

#: What is said before the command that says more.
MORE = {"en": "more help:", "ko": "도움말 더 보기:"}


def run(options: argparse.Namespace) -> int:
    """Print the explanation of a mistake; without a code, one line for each."""
    from harness.render.cells import wrapped

    language = language_of(options.lang)
    if options.code is None:
        show("\n".join(_list_of_codes(language, options.assignment)) + "\n")
        return OK
    code, found = known_entry(options.code, language, options.assignment)
    lines = [
        *wrapped(found.message_for(Blanks()), f"{code}  ", "  "),
        "",
        *wrapped(found.explanation_for(Blanks()), "  ", "  "),
        "",
        f"{MORE[language]} dout hint {code}",
    ]
    show("\n".join(lines) + "\n")
    return OK


def _list_of_codes(language: str, assignment: str) -> list[str]:
    from harness.assignment import path_of
    from harness.catalogue import entries
    from harness.render.cells import wrapped

    known = entries(language, path_of(assignment).parent)
    width = max(map(len, known)) + 2
    return [
        line
        for code, found in sorted(known.items())
        for line in wrapped(found.message_for(Blanks()), f"{code:<{width}}", " " * width)
    ]


def known_entry(asked: str, language: str, assignment: str) -> "tuple[str, Entry]":
    """Return the code that ``asked`` means, and what is told about it.

    Raises:
        UsageError: there is no such code; the hint names those that are close.
    """
    from harness.assignment import path_of
    from harness.catalogue import entries

    known = entries(language, path_of(assignment).parent)
    code = asked.upper().replace("_", "-")
    if code not in known:
        close = difflib.get_close_matches(code, known, 3, 0.6)
        hint = f"did you mean {' or '.join(close)}?" if close else "`dout explain` lists all codes"
        raise UsageError(f"there is no code {plain(asked, 60)!r}", hint)
    return code, known[code]


def language_of(asked: str | None) -> str:
    """Return the reader's language: the one asked for, else DOUT_LANG's, else the system's, else English."""
    for name in (asked, os.environ.get("DOUT_LANG"), _system_language()):
        language = (name or "")[:2].lower()
        if language in MORE:
            return language
    return "en"


def _system_language() -> str | None:
    # The order in which POSIX lets them decide. Windows has none of them, and says it itself.
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, variables), None) or locale.getlocale()[0]


class Blanks(dict[str, object]):
    """Stands for the values of a message where there is no report to take them from: {layer} is LAYER."""

    def __missing__(self, name: str) -> str:
        return name.upper()
