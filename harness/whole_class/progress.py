"""How far the grading of a class is: a bar that is written anew on a terminal, and now and then a line elsewhere."""

import time
from typing import Self, TextIO

from harness.language import Language

__all__ = ["Progress"]

_BAR = 30
#: Seconds between two lines where there is no terminal: a log of an hour stays readable.
_BETWEEN_LINES = 10.0
_BETWEEN_BARS = 0.2


class Progress:
    """Counts submissions. A context manager: leaving it leaves a whole line behind.

    Args:
        stream: Where it is shown.
        total: How many submissions there are.
        bar: Whether the stream is a terminal.
    """

    def __init__(self, stream: TextIO, total: int, language: Language, *, bar: bool) -> None:
        self._stream, self._total, self._language, self._bar = stream, total, language, bar
        self._began = self._shown = time.monotonic()
        self._done = 0
        self._graded = 0
        self._line_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.leave()

    @property
    def done(self) -> int:
        """How many are done."""
        return self._done

    def leave(self) -> None:
        """Clear the bar away, so that something else can be said."""
        if self._bar and self._line_open:
            self._line_open = False
            self._write("\r\x1b[K")

    def count(self, *, graded: bool) -> None:
        """One more is done; what was ``graded`` now says how fast the rest will be."""
        self._done += 1
        self._graded += graded

    def show(self) -> None:
        """Show it when it is time to; to be called often."""
        now = time.monotonic()
        if now - self._shown < (_BETWEEN_BARS if self._bar else _BETWEEN_LINES):
            return
        self._shown = now
        self._write(f"\r{self._bar_line(now)}\x1b[K" if self._bar else f"{self._words(now)}\n")
        self._line_open = True

    def _bar_line(self, now: float) -> str:
        full = _BAR * self._done // max(self._total, 1)
        return f"[{'#' * full}{'.' * (_BAR - full)}] {self._words(now)}"

    def _words(self, now: float) -> str:
        rate = self._graded / max(now - self._began, 0.001)
        counted = f"{self._done}/{self._total}"
        if not self._graded:
            return counted
        left = (self._total - self._done) / rate
        return self._language.text(
            "{counted}  {rate}/s  {left} left", counted=counted, rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}",
            left=_clock(left),
        )  # fmt: skip

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody looks any more; the grading goes on.
            self._bar, self._shown = False, float("inf")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
