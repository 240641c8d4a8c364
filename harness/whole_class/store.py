"""Where the rows of a class are kept: a line for each submission, appended as soon as it is graded.

What is there after a kill is what the next run goes on from; a line that was cut off is not there. Only the places
of the lines are in memory, so that a class may be of any size.
"""

import contextlib
import os
from array import array
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Self

import msgspec

from harness.class_records import ClassRow
from harness.errors import UsageError
from harness.feedback import Feedback
from harness.records import AssignmentId, Isolation, Record, Versions
from harness.sentence import Sentence
from harness.whole_class.files import OutError, write_chunks

__all__ = ["Key", "Store", "Stored"]

_SCHEMA = "dout-class-rows/1"
#: Where a row is not there.
_NOWHERE = -1


class Key(Record, frozen=True, kw_only=True):
    """What a stored row holds for: were any of this another, the report or the page would be."""

    schema: str = _SCHEMA
    assignment: AssignmentId
    seed: int
    isolation: Isolation
    versions: Versions
    language: str
    feedback: Feedback


class Stored(Record, frozen=True, kw_only=True):
    """One row, and what else the next run has to know."""

    row: ClassRow
    #: Digest of all that was handed to the judge: name, text, and warnings.
    given: str
    #: As in :class:`harness.whole_class.messages.Judged`; null where nobody asked.
    shape: str | None = None


_ROW = msgspec.json.Decoder(Stored)


class Store:
    """The rows of one class, by their places in it. A context manager, which keeps other runs away.

    Args:
        folder: Is made when it is not there.
        key: Rows that were stored with another one are forgotten.
        places: Of the class's learners.
        fresh: Whether all rows are forgotten.

    Raises:
        OutError: it cannot be written.
        UsageError: another run is at work there.
    """

    def __init__(self, folder: str, key: Key, places: Mapping[str, int], *, fresh: bool = False) -> None:
        self._path = os.path.join(folder, "rows.jsonl")
        self._key = msgspec.json.encode(key) + b"\n"
        self._offsets = array("q", [_NOWHERE]) * len(places)
        #: Rows of learners who are not in the class any more.
        self.gone: list[ClassRow] = []
        try:
            os.makedirs(folder, exist_ok=True)
            self._lock = _locked(os.path.join(folder, "lock"))
            self._file: BinaryIO = open(self._path, "a+b", buffering=0)  # noqa: SIM115 - open until close()
            self._end = self._read(places, fresh)
        except OSError as error:
            raise OutError(folder, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
        if self._lock is not None:
            self._lock.close()

    def _read(self, places: Mapping[str, int], fresh: bool) -> int:
        """Find the rows that are there, and return where the last whole one that holds ends."""
        with open(self._path, "rb") as file:
            first = file.readline()
            end = len(first)
            holds = first == self._key and not fresh
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._note(line, end if holds else _NOWHERE, places)
                end += len(line)
        if not holds:
            end = 0
        if end != os.path.getsize(self._path):
            self._file.truncate(end)
        if not end:
            self._write(self._key, 0)
            end = len(self._key)
        return end

    def _note(self, line: bytes, offset: int, places: Mapping[str, int]) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            stored = _ROW.decode(line)
            place = places.get(stored.row.learner)
            if place is None:
                self.gone.append(stored.row)
            else:
                self._offsets[place] = offset

    def add(self, place: int, stored: Stored) -> None:
        """Keep the row of ``place``: from here on it is not lost.

        Raises:
            OutError: there is no room.
        """
        line = msgspec.json.encode(stored) + b"\n"
        try:
            self._write(line, self._end)
        except OSError as error:
            raise OutError(self._path, error) from None
        self._offsets[place] = self._end
        self._end += len(line)

    def _write(self, line: bytes, end: int) -> None:
        """Append ``line`` whole, or leave the file as it was."""
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:]) or 0
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(end)
            raise

    def get(self, place: int) -> Stored | None:
        """Return the row of ``place``, or None when it was never graded. Any thread may call it."""
        offset = self._offsets[place]
        if offset == _NOWHERE:
            return None
        with open(self._path, "rb") as file:
            file.seek(offset)
            return _ROW.decode(file.readline())

    def row(self, place: int) -> ClassRow:
        """Return the row of ``place``, which is there."""
        stored = self.get(place)
        assert stored is not None
        return stored.row

    def rows(self) -> Iterator[ClassRow]:
        """Yield every row, in the order of the class."""
        return (stored.row for stored in self.all())

    def all(self) -> Iterator[Stored]:
        """Yield every row with what is stored beside it, in the order of the class."""
        return map(_ROW.decode, self._lines())

    def _lines(self) -> Iterator[bytes]:
        with open(self._path, "rb") as file:
            for offset in self._offsets:
                if offset != _NOWHERE:
                    file.seek(offset)
                    yield file.readline()

    def tidy(self) -> None:
        """Put the rows in the order of the class, each once: the same class then has the same bytes.

        Raises:
            OutError: there is no room; nothing is lost.
        """
        lengths = array("q")

        def chunks() -> Iterator[bytes]:
            yield self._key
            for line in self._lines():
                lengths.append(len(line))
                yield line

        # Windows replaces no file that is open.
        self._file.close()
        try:
            write_chunks(self._path, chunks())
        finally:
            self._file = open(self._path, "a+b", buffering=0)  # noqa: SIM115 - open until close()
        self._end, following = len(self._key), iter(lengths)
        for place, offset in enumerate(self._offsets):
            if offset != _NOWHERE:
                self._offsets[place] = self._end
                self._end += next(following)


def _locked(path: str) -> BinaryIO | None:
    """Return the file that says that somebody is at work here, or None where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return None
    file = open(path, "ab")  # noqa: SIM115 - open until close()
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(
            Sentence("another dout class is at work in this folder"),
            Sentence("wait until it is done, or name another folder with --output"),
        ) from None
    except OSError:
        # Some network file systems have no locks.
        return file
    return file
