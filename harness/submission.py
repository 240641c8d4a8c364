"""Turns bytes that a learner handed in into text to grade; it never parses or runs them as Python.

Parsing happens in the sandbox: ``ast`` on hostile text can exhaust memory or end the process.
"""

import bisect
import codecs
import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from harness.archive import (
    CONTAINER_LIMIT,
    Listing,
    candidates,
    folder_files,
    may_be_graded,
    read_file,
    too_large,
)
from harness.errors import SubmissionError
from harness.escape import plain
from harness.notebook import code_cells, without_commands
from harness.records import Record, Warn
from harness.sentence import Sentence, listed
from harness.source_text import BOMS, FOREIGN, decoded, empty, not_text
from harness.zip_archive import zip_files

__all__ = [
    "SIZE_LIMIT",
    "Block",
    "Submission",
    "read_submission",
    "submission_from_bytes",
    "submission_from_files",
]

#: Bytes of source text, 1 MiB: the longest real file that defines these layers is far below.
SIZE_LIMIT = 1 << 20

# Characters: the longest file name that common file systems allow.
_NAME_LIMIT = 255

# What can be wrong with one file while the submission is another one beside it.
_OWN_TROUBLE = frozenset({"BINARY", "EMPTY", "ENCODING", "NO-CODE", "NOT-A-NOTEBOOK", "TOO-LARGE"})


class Block(Record, frozen=True):
    """Source that is compiled as one piece: a whole ``.py``, or one code cell."""

    #: Newlines are LF; no NUL and no lone surrogate is in it.
    text: str
    #: 1-based line of the block's first line in the numbering of the whole submission.
    first_line: int
    #: Number of the code cell in its notebook, from 1, or in words which cell it is; null for a ``.py``.
    cell: int | str | None


class Submission(Record, frozen=True):
    """What a learner handed in, as text. Between blocks one line number is left free.

    So a syntax error that Python reports on the line past the end is still shown in its own cell.
    """

    #: For display, already escaped: "layers.py", or "folder/layers.py" out of a folder or zip.
    name: str
    #: Hex digest of the bytes that were given: of a zip as a whole, of the chosen file in a folder.
    sha256: str
    blocks: tuple[Block, ...]
    warnings: tuple[Warn, ...] = ()

    def where(self, line: int | None) -> str:
        """Return ``layers.py:12`` or ``layers.ipynb cell 3 line 2``; the name alone without a line."""
        block = self._block_at(line)
        if line is None or block is None:
            return self.name
        if block.cell is None:
            return f"{self.name}:{line}"
        number = line - block.first_line + 1
        cell = Sentence("cell {number}", number=block.cell) if isinstance(block.cell, int) else block.cell
        return Sentence("{file} {cell} line {line}", file=self.name, cell=cell, line=number)

    def text_of(self, line: int | None) -> str | None:
        """Return the source line as it is, not escaped; null where there is none."""
        block = self._block_at(line)
        if line is None or block is None:
            return None
        lines = block.text.split("\n")
        index = line - block.first_line
        return lines[index] if index < len(lines) else None

    def _block_at(self, line: int | None) -> Block | None:
        """The block that ``line`` lies in, or else the last one before it."""
        if line is None:
            return None
        index = bisect.bisect_right(self.blocks, line, key=lambda block: block.first_line)
        return self.blocks[index - 1] if index else None


def read_submission(
    path: str | os.PathLike[str], *, size_limit: int = SIZE_LIMIT, words: Sequence[str] = ()
) -> Submission:
    """Return the submission at ``path``: a ``.py``, ``.ipynb``, ``.zip``, or a folder that holds one.

    Args:
        path: A link is followed; links inside a folder are followed only where they stay inside.
        size_limit: The most bytes of source text. A notebook's file or a zip may have ``CONTAINER_LIMIT``.
        words: Of several files, the one is meant that defines a class with one of these in its name.

    Raises:
        UsageError: Nothing is there, it may not be read, or it is a device, pipe or socket.
        SubmissionError: It can be read but not graded; ``code`` says why.
    """
    name = os.fsdecode(path)
    if os.path.isdir(name):
        shown = _folder_name(name)
        listing = folder_files(name, shown, lambda inner: _byte_limit(_suffix(inner), size_limit))
        return _only_one(shown, listing, size_limit, words)
    data = read_file(name, _byte_limit(_suffix(name), size_limit))
    return submission_from_bytes(os.path.basename(name), data, size_limit=size_limit, words=words)


def submission_from_bytes(
    name: str, data: bytes, *, size_limit: int = SIZE_LIMIT, words: Sequence[str] = ()
) -> Submission:
    """Return the submission ``data``; the suffix of ``name`` says what it is, and without one its content.

    Raises:
        SubmissionError: It cannot be graded; ``code`` says why.
    """
    shown = plain(name, _NAME_LIMIT)
    suffix = _suffix(name) or _sniffed(data)
    limit = _byte_limit(suffix, size_limit)
    if len(data) > limit:
        raise too_large(shown, len(data), limit)
    if suffix != ".zip":
        return _single(shown, suffix, data, size_limit)
    if not data:
        raise empty(shown)
    listing = zip_files(shown, data)
    chosen = _only_one(shown, listing, size_limit, words)
    return msgspec.structs.replace(
        chosen, sha256=hashlib.sha256(data).hexdigest(), warnings=listing.warnings + chosen.warnings
    )


def submission_from_files(
    container: str,
    files: Mapping[str, Callable[[], bytes]],
    *,
    size_limit: int = SIZE_LIMIT,
    words: Sequence[str] = (),
) -> Submission:
    """Return the submission that is one of ``files``, chosen as in a folder.

    Args:
        container: What holds the files, for messages.
        files: Name with forward slashes, and the way to the bytes. It reads ``CONTAINER_LIMIT`` bytes at most.
        size_limit: As in ``read_submission``.
        words: As in ``read_submission``.

    Raises:
        SubmissionError: None or more than one is meant, or the one cannot be graded; ``code`` says why.
    """
    listing = Listing(files={name: read for name, read in files.items() if may_be_graded(name)})
    return _only_one(plain(container, _NAME_LIMIT), listing, size_limit, words)


def _folder_name(path: str) -> str:
    # A name of its own for "." and ".."; if the current folder was deleted, listing it will say so.
    with contextlib.suppress(OSError):
        path = os.path.abspath(path)
    return plain(os.path.basename(path) or path, _NAME_LIMIT)


def _suffix(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def _sniffed(data: bytes) -> str:
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".zip"
    start = data.removeprefix(codecs.BOM_UTF8).lstrip()
    return ".ipynb" if start.startswith(b"{") and re.search(rb'"(?:cells|worksheets)"\s*:', start) else ".py"


def _byte_limit(suffix: str, size_limit: int) -> int:
    return max(CONTAINER_LIMIT, size_limit) if suffix in {".ipynb", ".zip", ""} else size_limit


def _only_one(container: str, listing: Listing, size_limit: int, words: Sequence[str]) -> Submission:
    """The one file of a folder or zip that is meant, or an error that says why none or more than one is."""

    def submission(name: str) -> Submission:
        shown = plain(f"{container}/{name}", _NAME_LIMIT)
        suffix = _suffix(name)
        data = listing.files[name]()
        limit = _byte_limit(suffix, size_limit)
        if len(data) > limit:
            raise too_large(shown, len(data), limit)
        return _single(shown, suffix, data, size_limit)

    names = candidates(listing.files)
    if len(names) == 1:
        return submission(names[0])
    # Only spaces and tabs around `class`: `\s` would run over every blank line from every blank line.
    meant = re.compile(rf"^[ \t]*class[ \t]+\w*(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE | re.MULTILINE)
    found: list[Submission] = []
    for name in names:
        try:
            one = submission(name)
        except SubmissionError as exc:
            if exc.code not in _OWN_TROUBLE:
                raise
            continue
        if any(meant.search(block.text) for block in one.blocks):
            found.append(one)
    if len(found) == 1:
        return found[0]
    hint = Sentence("call your file layers.py, or submit that file alone")
    if found:
        shown = ", ".join(one.name for one in found[:5]) + (", …" if len(found) > 5 else "")
        message = Sentence("{count} files could be the one to grade: {files}", count=len(found), files=shown)
        raise SubmissionError("TWO-CANDIDATES", message, hint)
    raise SubmissionError("NO-CANDIDATE", _why_none(container, len(names), words), hint)


def _why_none(container: str, count: int, words: Sequence[str]) -> Sentence:
    if not count:
        return Sentence(
            "{folder} holds no .py or .ipynb file to grade (tests and hidden files do not count)", folder=container
        )
    if not words:
        return Sentence("none of the {count} Python files in {folder} defines a class", count=count, folder=container)
    return Sentence(
        "none of the {count} Python files in {folder} defines a class with {words} in its name",
        count=count,
        folder=container,
        words=" / ".join(words),
    )


def _single(shown: str, suffix: str, data: bytes, size_limit: int) -> Submission:
    if not data.strip():
        raise empty(shown)
    for magic, kind in FOREIGN:
        if data.startswith(magic):
            raise not_text(shown, kind)
    if suffix == ".ipynb":
        blocks, warnings = _notebook_blocks(shown, data, size_limit)
    else:
        blocks, warnings = (Block(text=decoded(shown, data), first_line=1, cell=None),), ()
    return Submission(name=shown, sha256=hashlib.sha256(data).hexdigest(), blocks=blocks, warnings=warnings)


def _notebook_blocks(shown: str, data: bytes, size_limit: int) -> tuple[tuple[Block, ...], tuple[Warn, ...]]:
    if data.startswith(tuple(bom for bom, _ in BOMS)):
        data = decoded(shown, data).encode()
    cells = code_cells(shown, data)
    size = sum(len(cell.encode()) for cell in cells)
    if size > size_limit:
        raise too_large(Sentence("{file} (its code cells)", file=shown), size, size_limit)
    blocks: list[Block] = []
    dropped: list[str] = []
    first_line = 1
    for number, cell in enumerate(cells, start=1):
        text, lost = without_commands(cell)
        if lost:
            dropped.append(Sentence("cell {number}", number=number))
        if text.strip():
            blocks.append(Block(text=text, first_line=first_line, cell=number))
        first_line += cell.count("\n") + 2
    if not dropped:
        return tuple(blocks), ()
    where = listed([*dropped[:5], "…"] if len(dropped) > 5 else dropped)
    message = Sentence("notebook commands (%, ! and ?) are not run in grading; skipped in {cells}", cells=where)
    return tuple(blocks), (Warn(code="NOTEBOOK-MAGIC", line=None, message=message),)
