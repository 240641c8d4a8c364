"""Makes text from outside safe to print: no character of it can steer a terminal, a browser or a CI log."""

import re
import unicodedata

__all__ = ["plain"]

# Control, format (bidi too), surrogate, private use, line and paragraph separator.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# No characters, and the only other two that make a file no XML: an SVG, a JUnit file.
_NOT_XML = "\ufffe\uffff"

# The runner of GitHub Actions obeys `::name::` after leading white space, and `##[name]` anywhere in a line
# (actions/runner, src/Runner.Common/ActionCommand.cs). Azure and TeamCity obey `##vso[` and `##teamcity[`.
_CI_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#\w*\[)", re.MULTILINE)


def plain(text: str, limit: int = 2000, *, keep_newlines: bool = False) -> str:
    r"""Return ``text`` with unsafe characters as ``\xNN``, ``\uXXXX`` or ``\UXXXXXXXX``.

    The result has at most ``limit`` characters; where text was cut off, the last one is an ellipsis.
    A line feed is escaped as well unless ``keep_newlines``. A ``::`` that begins a line becomes ``\x3a:``,
    and ``##[`` becomes ``\x23#[``, so that a CI log does not take either for a command.
    """
    # Escapes only lengthen, so characters past the limit cannot show: a hostile megabyte costs nothing.
    cut = text[: limit + 1]
    quiet = _CI_COMMAND.sub(_first_mark_escaped, cut) if "::" in cut or "##" in cut else cut
    if not (quiet.replace("\n", "") if keep_newlines else quiet).isprintable():
        quiet = "".join(c if keep_newlines and c == "\n" else _escaped(c) for c in quiet)
    return quiet if len(quiet) <= limit else quiet[: max(limit - 1, 0)] + "…"


def _first_mark_escaped(match: re.Match[str]) -> str:
    return r"\x23" if match[1] is None else match[1] + r"\x3a"


def _escaped(char: str) -> str:
    if char.isprintable() or (unicodedata.category(char) not in _UNSAFE and char not in _NOT_XML):
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
