"""Reads single keys from a terminal, without Enter, and leaves the terminal as it was."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from harness.watching.events import Event, Pressed, Quit, Resumed

__all__ = ["Keys", "key_names"]

#: The same keys under a Korean layout, so that nobody has to switch back from writing Hangul.
_HANGUL = {"ㅗ": "h", "ㅣ": "l", "ㅜ": "n", "ㅊ": "c", "ㅂ": "q"}
#: Ctrl-C where the system hands it over as a key, and Ctrl-D.
_ENDS = {"\x03": "q", "\x04": "q"}
#: More than a key or a name of a key; what is pasted comes in several pieces.
_PIECE = 64
#: Seconds between two looks at a keyboard that cannot be waited for (Windows).
_GLANCE = 0.05


def key_names(text: str) -> list[str]:
    """Return the keys in what a terminal sent at once; an arrow or a function key is none."""
    if text.startswith("\x1b"):
        return []
    return [_ENDS.get(char) or _HANGUL.get(char) or char.lower() for char in text]


if sys.platform == "win32":
    import msvcrt

    class Keys:
        """A thread that posts each key. A context manager."""

        def __init__(self, post: Callable[[Event], None]) -> None:
            self._post = post
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._read, name="dout-keys", daemon=True)

        def __enter__(self) -> Self:
            self._thread.start()
            return self

        def __exit__(self, *exc: object) -> None:
            self._stop.set()
            self._thread.join()

        def _read(self) -> None:
            while not self._stop.wait(_GLANCE):
                while msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in ("\x00", "\xe0"):
                        msvcrt.getwch()  # the second half of an arrow or a function key
                        continue
                    for name in key_names(key):
                        self._post(Pressed(name))

else:
    import codecs
    import select
    import signal
    import termios
    import tty

    class Keys:
        """A thread that posts each key. A context manager, to be entered in the main thread."""

        def __init__(self, post: Callable[[Event], None]) -> None:
            self._post = post
            self._terminal = sys.stdin.fileno()
            self._waker, self._wake = os.pipe()
            self._before = termios.tcgetattr(self._terminal)
            self._thread = threading.Thread(target=self._read, name="dout-keys", daemon=True)

        def __enter__(self) -> Self:
            try:
                self._resumed_before = signal.signal(signal.SIGCONT, self._resumed)
                self._without_enter()
                self._thread.start()
            except BaseException:
                self._as_it_was()
                raise
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            self._as_it_was()
            signal.signal(signal.SIGCONT, self._resumed_before)
            os.close(self._wake)
            self._thread.join()
            os.close(self._waker)

        def _without_enter(self) -> None:
            # Ctrl-C and Ctrl-Z go on doing what they do.
            tty.setcbreak(self._terminal, termios.TCSADRAIN)

        def _as_it_was(self) -> None:
            # An error when the terminal is gone.
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

        def _resumed(self, number: int, frame: object) -> None:
            del number, frame
            # The shell has set the terminal to what it likes itself.
            with contextlib.suppress(termios.error, OSError):
                self._without_enter()
            self._post(Resumed())

        def _read(self) -> None:
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            while True:
                ready, _, _ = select.select([self._terminal, self._waker], [], [])
                if self._waker in ready:
                    return
                try:
                    data = os.read(self._terminal, _PIECE)
                except OSError:
                    data = b""
                if not data:
                    self._post(Quit())
                    return
                for name in key_names(decoder.decode(data)):
                    self._post(Pressed(name))
