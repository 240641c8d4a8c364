"""Where a session is shown: a terminal whose screen is written anew each time, or lines one after the other."""

import sys
from collections.abc import Callable

from harness.language import Language
from harness.render.cells import wrapped
from harness.watching.screen import key_line

__all__ = ["PlainDisplay", "TerminalDisplay", "can_steer"]

#: Go to the upper left corner, and clear all below. What was scrolled out of sight before stays there.
_CLEAR = "\x1b[H\x1b[2J"
_CLEAR_LINE = "\r\x1b[2K"


class PlainDisplay:
    """A new block for each save: for pipes, files, and readers who listen."""

    def __init__(self, write: Callable[[str], None], language: Language) -> None:
        self._write, self._language = write, language

    def grading(self, name: str) -> None:
        """Say that ``name`` is being graded."""
        self._write(self._language.text("Grading {name} ...", name=name) + "\n")

    def show(self, text: str) -> None:
        """Show ``text`` and an empty line."""
        self._write(f"{text}\n")

    def leave(self, text: str) -> None:
        """Show the last words."""
        self._write(text)


class TerminalDisplay:
    """The whole screen, with the line of keys as its last."""

    def __init__(self, write: Callable[[str], None], language: Language) -> None:
        self._write, self._language = write, language

    def grading(self, name: str) -> None:
        """Say in the last line that ``name`` is being graded."""
        line, *_ = wrapped(self._language.text("Grading {name} ...", name=name))
        self._write(f"{_CLEAR_LINE}{line}")

    def show(self, text: str) -> None:
        """Show ``text`` instead of what is there."""
        self._write(f"{_CLEAR}{text}\n{key_line(self._language)}")

    def leave(self, text: str) -> None:
        """Show the last words below the rest."""
        self._write(f"\n{text}")


def can_steer() -> bool:
    """Tell whether standard output follows the sequences that move a cursor; makes a Windows console follow them."""
    if sys.platform != "win32":
        return True
    import ctypes

    console = ctypes.windll.kernel32
    handle, mode = console.GetStdHandle(-11), ctypes.c_ulong()
    # ENABLE_VIRTUAL_TERMINAL_PROCESSING (SetConsoleMode, since Windows 10).
    return bool(console.GetConsoleMode(handle, ctypes.byref(mode)) and console.SetConsoleMode(handle, mode.value | 4))
