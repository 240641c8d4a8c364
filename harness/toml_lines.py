"""Says on which line of a TOML file each key stands: Python's own reader of TOML does not tell."""

import re
import tomllib
from bisect import bisect_right

__all__ = ["Keys", "line_of", "lines_of"]

#: Where something is in a TOML file: keys, and numbers from 0 in lists.
Keys = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
#: Strings of several lines may end in one or two quotes of their own; all but strings ends at a comma, bracket or line.
_SCALAR = re.compile(
    r'''"""(?:[^\\]|\\.)*?""""{0,2}|\'\'\'.*?\'\'\''{0,2}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^,\]}#\n]+''', re.DOTALL
)


def lines_of(text: str) -> dict[Keys, int]:
    """Return the line, from 1, of every key, table and list entry of ``text``, which is TOML."""
    return _Reader(text).read()


def line_of(lines: dict[Keys, int], keys: Keys) -> int:
    """Return the line of what ``keys`` lead to; where it is not in the file, that of what it would be in."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return lines.get(keys, 1)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[Keys, int] = {}
        #: How many tables each list of tables ([[name]]) has so far.
        self._counts: dict[Keys, int] = {}

    def read(self) -> dict[Keys, int]:
        table: Keys = ()
        while self._next():
            table = self._header() if self._next() == "[" else self._pair(table)
        return self._lines

    def _next(self) -> str:
        """Return the character after spaces, lines and remarks; nothing at the end."""
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _header(self) -> Keys:
        line, in_list = self._line(), self._text.startswith("[[", self._at)
        self._at += 1 + in_list
        *parents, last = self._keys()
        self._at += 1 + in_list
        table: Keys = ()
        for name in parents:
            table = self._entered((*table, name), line)
        if not in_list:
            return self._entered((*table, last), line)
        table = (*table, last)
        number = self._counts[table] = self._counts.get(table, -1) + 1
        self._lines.setdefault(table, line)
        self._lines[*table, number] = line
        return (*table, number)

    def _entered(self, table: Keys, line: int) -> Keys:
        self._lines.setdefault(table, line)
        return (*table, self._counts[table]) if table in self._counts else table

    def _pair(self, table: Keys) -> Keys:
        """Read ``key = value`` and return the table that it is in."""
        line, keys = self._line(), table
        for name in self._keys():
            keys = (*keys, name)
            self._lines.setdefault(keys, line)
        self._at += 1
        self._value(keys)
        return table

    def _keys(self) -> list[str]:
        """Return the names of a key such as ``a."b".c``, and stop at the character after it."""
        names = []
        while self._next():
            found = _KEY.match(self._text, self._at)
            assert found, f"no key at {self._at}"
            self._at = found.end()
            # What is written in a quoted key, tomllib knows.
            names.append(next(iter(tomllib.loads(f"{found[0]} = 0"))))
            if self._next() != ".":
                break
            self._at += 1
        return names

    def _value(self, keys: Keys) -> None:
        opening = self._next()
        if opening not in "[{":
            found = _SCALAR.match(self._text, self._at)
            assert found, f"no value at {self._at}"
            self._at = found.end()
            return
        self._at += 1
        number = 0
        while self._next() not in "]}":
            if opening == "{":
                self._pair(keys)
            else:
                self._lines[*keys, number] = self._line()
                self._value((*keys, number))
                number += 1
            if self._next() == ",":
                self._at += 1
        self._at += 1
