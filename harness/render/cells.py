"""Lays text out in the cells of a terminal: how wide it is, and how it is broken into lines."""

import unicodedata
from collections.abc import Collection, Sequence

from harness.escape import plain

__all__ = ["WIDTH", "columns", "cut", "fits", "padded", "width_of", "wrapped"]

#: Cells of a line: what every terminal has, and what a printed page and a screen reader's display hold.
WIDTH = 80
#: Makes the symbol before it wide (U+FE0F, emoji presentation), so it counts as the second cell.
_WIDENS = "\ufe0f"


def width_of(text: str) -> int:
    """Return how many cells ``text`` takes: Korean, Chinese and Japanese characters take two, accents none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return int(char == _WIDENS)
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fits(line: str) -> bool:
    """Tell whether ``line`` can be shown as it is, with its own spaces: harmless and no longer than a line."""
    return width_of(line) <= WIDTH and plain(line, len(line) + 1) == line == line.rstrip()


def wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Return ``text`` in lines of at most ``WIDTH`` cells; only a word that is longer than a line is broken.

    Args:
        text: From anywhere: what could steer a terminal or a CI log is escaped, white space becomes single spaces.
        first: Begins the first line. Plain and short, like ``rest``.
        rest: Begins the other lines.
    """
    lines, line, filled = [], first, width_of(first)
    empty = True
    for word in plain(text, len(text) * 10 + 1).split():
        if not empty and filled + 1 + width_of(word) <= WIDTH:
            line, filled = f"{line} {word}", filled + 1 + width_of(word)
            continue
        if not empty:
            lines.append(line)
            line, filled = rest, width_of(rest)
        left = _at_start(word)
        while filled + width_of(left) > WIDTH:
            taken = _fitting(left, WIDTH - filled)
            lines.append(line + left[:taken])
            left, line, filled = _at_start(left[taken:]), rest, width_of(rest)
        line, filled, empty = line + left, filled + width_of(left), False
    lines.append(line.rstrip())
    return lines


def _at_start(word: str) -> str:
    """Escape a ``::`` that a line would begin with: GitHub Actions takes such a line of a log for a command."""
    return r"\x3a" + word[1:] if word.startswith("::") else word


def _fitting(word: str, cells: int) -> int:
    """Return how many characters of ``word`` fit into ``cells``."""
    for index, char in enumerate(word):
        cells -= _cells(char)
        if cells < 0:
            return max(index, 1)
    return len(word)


def cut(text: str, cells: int) -> str:
    """Return ``text``, safe to print, in at most ``cells`` cells; an ellipsis ends it where something is left out."""
    shown = plain(text, len(text) * 10 + 1)
    if width_of(shown) <= cells:
        return shown
    return shown[: _fitting(shown, cells - 1)] + "…"


def padded(words: Sequence[str]) -> list[str]:
    """Return ``words``, each with spaces behind it up to the width of the widest."""
    widest = max(map(width_of, words), default=0)
    return [word + " " * (widest - width_of(word)) for word in words]


def columns(rows: list[list[str]], indent: str, left: Collection[int] = (0,)) -> list[str] | None:
    """Return ``rows`` as aligned lines, the columns ``left`` to the left and the others to the right.

    None when they would not fit into ``WIDTH`` cells.
    """
    rows = [[" ".join(plain(cell, len(cell) * 10 + 1).split()) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    if len(indent) + sum(widths) + 3 * (len(widths) - 1) > WIDTH:
        return None
    lines = []
    for row in rows:
        padded = [
            cell + " " * (width - width_of(cell)) if place in left else " " * (width - width_of(cell)) + cell
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((indent + "   ".join(padded)).rstrip())
    return lines
