"""Reads a submission's bytes from a zip archive.

Nothing is extracted, and no read is unbounded.
"""

import io
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from harness.archive import CONTAINER_LIMIT, Listing, may_be_graded
from harness.errors import SubmissionError
from harness.escape import plain
from harness.records import Warn
from harness.sentence import Sentence

if TYPE_CHECKING:
    import zipfile

__all__ = ["Member", "Unpacker", "bad_zip", "open_zip", "zip_files", "zip_members"]

# A learner's zip holds a handful of files; 65,000 entries take zipfile half a second.
_MAX_ZIP_ENTRIES = 200
# Source text shrinks 3 to 10 times, repeated training logs some tens of times; deflate's maximum is 1032.
_BOMB_RATIO = 200
# Below this a high ratio harms nobody: a short file may be one line repeated.
_BOMB_FLOOR = 1 << 20


def zip_files(shown: str, data: bytes) -> Listing:
    """Return what could be graded in the zip archive ``data``, called ``shown`` in messages.

    Entries that are links, or whose names are absolute or hold ``..``, a backslash or a drive letter, are
    left out with one warning. Reading an entry counts the bytes that really come out.

    Raises:
        SubmissionError: ``BAD-ZIP``, ``ENCRYPTED-ZIP``, ``TOO-LARGE``; on reading an entry also ``ZIP-BOMB``.
    """
    # zipfile builds an object for each entry, so look for gross excess before it does. Ten times the limit
    # leaves room for the entries of archives inside this one.
    entries = data.count(b"PK\x01\x02")
    if entries > 10 * _MAX_ZIP_ENTRIES:
        raise _too_many(shown, entries)
    archive = open_zip(shown, io.BytesIO(data))
    infos = archive.infolist()
    if len(infos) > _MAX_ZIP_ENTRIES:
        raise _too_many(shown, len(infos))
    unpacker = Unpacker(shown, archive, len(data))
    files: dict[str, Callable[[], bytes]] = {}
    seen: set[str] = set()
    ignored = 0
    for name, info, safe in zip_members(infos):
        if not safe:
            ignored += 1
            continue
        if name in seen:
            raise bad_zip(shown, Sentence("it holds {name} twice", name=plain(name, 200)))
        seen.add(name)
        if may_be_graded(name):
            if info.flag_bits & 1:
                raise SubmissionError(
                    "ENCRYPTED-ZIP",
                    Sentence("{file} is locked with a password", file=shown),
                    Sentence("make the zip again without a password"),
                )
            files[name] = partial(unpacker.read, info)
    message = Sentence(
        "entries of the zip that were ignored, being links or names that lead out of the zip: {count}", count=ignored
    )
    return Listing(files=files, warnings=(Warn(code="ZIP-ENTRY", line=None, message=message),) if ignored else ())


def open_zip(shown: str, file: str | BinaryIO) -> "zipfile.ZipFile":
    """Return the zip archive at the path or in the stream ``file``; the caller closes it.

    Raises:
        SubmissionError: ``BAD-ZIP``: it is no zip archive, or a broken one.
    """
    import zipfile

    try:
        return zipfile.ZipFile(file)
    except _damage() as exc:
        raise bad_zip(shown, exc) from None


class Member(NamedTuple):
    """One file of a zip archive."""

    #: As its writer meant it, with forward slashes.
    name: str
    info: "zipfile.ZipInfo"
    #: False for a link, and for a name that is absolute or holds ``..``, a backslash or a drive letter.
    safe: bool


def zip_members(infos: Iterable["zipfile.ZipInfo"]) -> Iterator[Member]:
    """Yield the files of a zip archive in its order, without its folders."""
    for info in infos:
        raw = _entry_name(info)
        if raw.endswith("/"):
            continue
        if _stays_inside(raw) and stat.S_IFMT(info.external_attr >> 16) in {0, stat.S_IFREG}:
            yield Member(str(PurePosixPath(raw)), info, safe=True)
        else:
            yield Member(raw, info, safe=False)


class Unpacker:
    """Reads entries of one archive; together they may not give more than ``limit`` bytes.

    Args:
        shown: What the archive is called in messages.
        archive: It stays open while entries are read.
        packed: The archive's size in bytes.
        limit: In bytes, unpacked.
    """

    def __init__(self, shown: str, archive: "zipfile.ZipFile", packed: int, limit: int = CONTAINER_LIMIT) -> None:
        self._shown = shown
        self._archive = archive
        self._packed = packed
        self._limit = self._left = limit

    def read(self, info: "zipfile.ZipInfo") -> bytes:
        """Return the bytes of an entry.

        Raises:
            SubmissionError: ``BAD-ZIP``; ``ZIP-BOMB`` by its ratio, or when the limit is used up.
        """
        import zipfile

        # bz2 and LZMA unpack a whole block at once, however little was asked for.
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise bad_zip(self._shown, Sentence("it is packed in an unusual way"))
        try:
            with self._archive.open(info) as stream:
                data = stream.read(self._left + 1)
        except _damage() as exc:
            raise bad_zip(self._shown, exc) from None
        # An entry may lie about its packed size, but it cannot be larger than the archive.
        packed = min(info.compress_size, self._packed)
        dense = len(data) > _BOMB_FLOOR and len(data) > _BOMB_RATIO * packed
        if dense or len(data) > self._left:
            raise SubmissionError(
                "ZIP-BOMB",
                Sentence("{file} unpacks to far more than it seems to hold", file=self._shown),
                Sentence(
                    "submit the .py or .ipynb file itself; at most {limit} bytes are unpacked",
                    limit=f"{self._limit:,}",
                ),
            )
        self._left -= len(data)
        return data


def _damage() -> tuple[type[Exception], ...]:
    """What zipfile raises for bytes that are no proper archive."""
    import zipfile

    return (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        ArithmeticError,
        EOFError,
        LookupError,
        OSError,
        RuntimeError,
        ValueError,
    )


def _entry_name(info: "zipfile.ZipInfo") -> str:
    """The name as its writer meant it: without the UTF-8 flag macOS writes UTF-8, Korean Windows cp949."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    for codec in ("utf-8", "cp949"):
        try:
            return name.encode("cp437").decode(codec)
        except UnicodeError:
            continue
    return name


def _stays_inside(name: str) -> bool:
    return not (name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":" or ".." in name.split("/"))


def _too_many(shown: str, count: int) -> SubmissionError:
    return SubmissionError(
        "TOO-LARGE",
        Sentence(
            "{file} holds {count} entries; at most {limit} are read",
            file=shown,
            count=f"{count:,}",
            limit=_MAX_ZIP_ENTRIES,
        ),
        Sentence("put only your own .py or .ipynb file in the zip, or submit that file itself"),
    )


def bad_zip(shown: str, reason: Exception | Sentence) -> SubmissionError:
    """The error for the archive ``shown``, which cannot be unpacked because of ``reason``."""
    return SubmissionError(
        "BAD-ZIP",
        Sentence(
            "{file} cannot be unpacked: {reason}",
            file=shown,
            reason=reason if isinstance(reason, Sentence) else plain(str(reason), 200),
        ),
        Sentence("make the zip again, or submit the .py or .ipynb file itself"),
    )
