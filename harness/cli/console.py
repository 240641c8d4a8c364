"""Standard output and error as they really are: closed, full, or unable to show a character."""

import codecs
import contextlib
import errno
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from harness.errors import DoutError
from harness.escape import plain
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.language import Language

__all__ = [
    "OutputError",
    "flush",
    "is_terminal",
    "json_for_console",
    "prepare",
    "say",
    "say_places",
    "show",
    "show_passing",
]


_WHAT_TO_DO = {
    errno.ENOSPC: Sentence("free some space, or write to another disk"),
    errno.EPIPE: Sentence("the program behind the pipe ended before it had read everything"),
}


class OutputError(DoutError):
    """Standard output is closed or full. Exit status 3."""


def prepare() -> None:
    """Make both streams usable, whatever this process was started with.

    What a console cannot show is escaped instead of being an error: a cp949 console has no French accents.
    """
    if sys.stderr is None:
        # Else print() would put complaints on standard output, into a report.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def is_terminal(*streams: TextIO | None) -> bool:
    """Tell whether all of ``streams`` are a terminal on which a line can be written anew."""
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"


def show(text: str) -> None:
    """Write ``text`` to standard output.

    Raises:
        OutputError: it is closed, or the disk behind it is full.
    """
    if sys.stdout is None:
        raise OutputError(
            Sentence("standard output is closed"), Sentence("leave it open, or use --output FILE where there is one")
        )
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise _lost(error) from None
    flush()


def show_passing(told: str) -> None:
    """Show on a terminal how far something is, until the next line takes its place."""
    if sys.stderr is not None and is_terminal(sys.stderr):
        sys.stderr.write(f"\r\x1b[K{told}\r")
        sys.stderr.flush()


def flush() -> None:
    """Send on what was written; an error shows here and not when the interpreter ends.

    Raises:
        OutputError: it could not be sent.
    """
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError as error:
            raise _lost(error) from None


def _lost(error: OSError) -> OutputError:
    _abandon(sys.stdout)
    message = Sentence("standard output cannot be written: {error}", error=error.strerror or error)
    return OutputError(message, _WHAT_TO_DO.get(error.errno or 0, ""))


def _abandon(stream: TextIO | None) -> None:
    """Let what is left in the buffer go nowhere, so that the interpreter does not try it again at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def json_for_console(text: str) -> str:
    r"""Return JSON ``text`` so that it stays JSON on any console: ``\uXXXX`` for what only UTF-8 has.

    A console's own escape (``\xe9``, ``\U0001f600``) is none in JSON.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    if codecs.lookup(encoding).name == "utf-8":
        return text
    return "".join(char if char.isascii() else _json_escape(char) for char in text)


def _json_escape(char: str) -> str:
    pairs = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pairs[n : n + 4]}" for n in range(0, len(pairs), 4))


def say(message: str, hint: str = "", lang: str | None = None) -> None:
    """Print one line on what is wrong, and one on what to do, to standard error; ``lang`` is what ``--lang`` says."""
    from harness.language import chosen_language

    language = chosen_language(lang)
    _complain([f"dout: {plain(language.told(message))}", *_hint(hint, language)])


def say_places(errors: Iterable[DoutError], language: "Language") -> None:
    """Print ``path:line: message``, as editors and compilers do, and what to do, for each of ``errors``."""
    for error in errors:
        _complain([plain(language.told(error.message)), *_hint(error.hint, language)])


def _hint(hint: str, language: "Language") -> list[str]:
    return [f"{language.text('hint')}: {plain(language.told(hint))}"] if hint else []


def _complain(lines: list[str]) -> None:
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        _abandon(sys.stderr)
