"""Reads the code cells of a Jupyter notebook as plain Python, without the commands only a notebook knows.

The rule for commands (``%magic``, ``!shell``, ``?help``), taken from what IPython itself accepts:

* A cell that begins with ``%%name`` is dropped whole, unless ``name`` runs it as Python, only measuring, capturing or
  grading it besides, or writes it to a ``.py`` file, which other cells import.
* Elsewhere a command is a line that *starts a statement* and begins with ``%``, ``!`` or ``?``, or is a
  dotted name that ends in ``?``, or assigns such a command (``files = !ls``).
* A line starts a statement when no bracket and no string is open before it and the line above does not end
  in a backslash. No Python statement begins in one of those ways, so valid Python is never changed.

Replaced lines keep their place: line numbers stay those that the learner sees in the cell.
"""

import re

import msgspec

from harness.errors import SubmissionError
from harness.escape import plain
from harness.sentence import Sentence

__all__ = ["code_cells", "without_commands"]

_SAVE_AGAIN = Sentence("open it in Jupyter or Colab, save it again, and submit the new .ipynb file")


class _Cell(msgspec.Struct):
    """One cell: nbformat 4 keeps code in ``source``, nbformat 3 in ``input``."""

    cell_type: str = ""
    source: str | list[str] = ""
    input: str | list[str] = ""


class _Worksheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(msgspec.Struct):
    """Only what is graded: outputs and pictures are skipped without being built (57 MB in 11 ms)."""

    cells: list[_Cell] | None = None
    worksheets: list[_Worksheet] | None = None


_DECODER = msgspec.json.Decoder(_Notebook)


def code_cells(name: str, data: bytes) -> list[str]:
    """Return the text of each code cell of the UTF-8 notebook ``data`` (nbformat 3 or 4), newlines as LF.

    Raises:
        SubmissionError: ``NOT-A-NOTEBOOK``, ``ENCODING``, or ``NO-CODE`` when no code cell holds anything.
    """
    try:
        # Not left to msgspec: what it raises for such bytes depends on its version.
        notebook = _DECODER.decode(data.decode())
    except UnicodeDecodeError as exc:
        raise SubmissionError("ENCODING", _bad_byte(name, data, exc.start), _SAVE_AGAIN) from None
    except RecursionError:
        raise _not_a_notebook(name, Sentence("its JSON is nested too deeply")) from None
    except msgspec.DecodeError as exc:
        raise _not_a_notebook(name, plain(str(exc), 200)) from None
    cells = notebook.cells
    if cells is None:
        if notebook.worksheets is None:
            raise _not_a_notebook(name, Sentence("it has no cells"))
        cells = [cell for sheet in notebook.worksheets for cell in sheet.cells]
    texts = [_text(cell.source or cell.input) for cell in cells if cell.cell_type == "code"]
    if not any(text.strip() for text in texts):
        raise SubmissionError(
            "NO-CODE",
            Sentence("{file} has no code cell with code in it", file=name),
            Sentence("put your classes in a code cell, not in a text cell"),
        )
    return texts


def _text(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    # Python refuses a NUL in source; the replacement character gets the learner an ordinary syntax error.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _not_a_notebook(name: str, reason: str) -> SubmissionError:
    return SubmissionError(
        "NOT-A-NOTEBOOK", Sentence("{file} is not a Jupyter notebook: {reason}", file=name, reason=reason), _SAVE_AGAIN
    )


def _bad_byte(name: str, data: bytes, at: int) -> Sentence:
    line = data.count(b"\n", 0, at) + 1
    return Sentence(
        "{file} is not UTF-8: byte {at} ({byte}), line {line} of the file",
        file=name,
        at=at,
        byte=f"0x{data[at]:02x}",
        line=line,
    )


# Cell magics whose body is Python that runs in the notebook itself; %%grade is our own (harness.selfcheck.magic).
_KEEPS_BODY = re.compile(r"%%(?:(?:capture|grade|prun|time|timeit)(?:\s|$)|(?:writefile|file)\s.*\.py[\"']?\s*$)")
_HELP = re.compile(r"[\w.*%\[\]]+\?{1,2}\s*")
# No quote and no `#` before the `=`, so what follows it is code: there no Python has `= %` or `= !`.
_ASSIGNED = re.compile(r"([ \t]*[\w.\[\], *]+?=)[ \t]*[%!]")


def without_commands(cell: str) -> tuple[str, bool]:
    """Return the Python of one cell, line for line, and whether anything the learner wrote was dropped.

    A common indentation is removed, as Jupyter does. The text is empty when the whole cell was a command.
    """
    lines = cell.split("\n")
    start = _first_line(lines, 0)
    if start == len(lines):
        return "", False
    margin = _indent(lines[start])
    if margin:
        lines = [line.removeprefix(margin) for line in lines]
    while start < len(lines) and lines[start].startswith("%%"):
        if not _KEEPS_BODY.match(lines[start]):
            return "", True
        lines[start] = ""
        start = _first_line(lines, start)
    dropped = bool(re.search("[%!?]", cell)) and _replace_commands(lines)
    return "\n".join(lines), dropped


def _first_line(lines: list[str], start: int) -> int:
    return next((i for i in range(start, len(lines)) if lines[i].strip()), len(lines))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _replace_commands(lines: list[str]) -> bool:
    """Replace commands by ``pass`` (or ``None``) in place; whether there were any."""
    dropped = False
    depth, quote, joined = 0, "", False
    in_command = False
    for i, line in enumerate(lines):
        if in_command:
            lines[i], in_command = "", line.endswith("\\")
            continue
        if not (depth or quote or joined):
            replacement = _replacement(line)
            if replacement is not None:
                lines[i], in_command, dropped = replacement, line.endswith("\\"), True
                continue
        depth, quote, joined = _open_after(line, depth, quote)
    return dropped


def _replacement(line: str) -> str | None:
    body = line.lstrip(" \t\f")
    if body.startswith(("%", "!", "?")) or _HELP.fullmatch(body):
        return _indent(line) + "pass"
    assigned = _ASSIGNED.match(line)
    return f"{assigned[1]} None" if assigned else None


_MARK = re.compile(r"""'''|\"""|['"#()\[\]{}]""")
# An escaped character, or the quote that ends the string. No possessive quantifier: with a lookahead inside
# it matches too much in Python 3.11.0 to 3.11.4 (python/cpython issue 100061), and Debian 12 has 3.11.2.
_STRING_END = {quote: re.compile(rf"\\.|({quote})") for quote in ("'", '"', "'''", '"""')}


def _open_after(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """What is open after ``line``: bracket depth, the quote of an unfinished string, a backslash at the end.

    Prefixes do not matter: in raw strings too a backslash keeps a quote from ending the string. A string
    that does not end on its line stays open: it has three quotes, or a backslash, or is an f-string with a
    line break in its braces (Python 3.12), or the cell does not parse whatever is done here.
    """
    at = 0
    while True:
        if quote:
            end = next((mark for mark in _STRING_END[quote].finditer(line, at) if mark[1]), None)
            if end is None:
                return depth, quote, False
            at = end.end()
        mark = _MARK.search(line, at)
        if mark is None:
            return depth, "", line.endswith("\\")
        at = mark.end()
        quote = mark[0] if mark[0][0] in "'\"" else ""
        if mark[0] == "#":
            return depth, "", False
        if mark[0] in "([{":
            depth += 1
        elif mark[0] in ")]}":
            depth = max(depth - 1, 0)
