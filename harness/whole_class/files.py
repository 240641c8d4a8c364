"""The files of a class: what they are called, and how each is written whole or not at all."""

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable

from harness.errors import SandboxError
from harness.sentence import Sentence

__all__ = ["OutError", "file_stem", "remove", "remove_unfinished", "write_chunks", "write_whole"]

#: Bytes of UTF-8: file systems allow 255, and a suffix and the sign of an unfinished file come behind it.
_LONGEST = 120
_PLAIN = re.compile(r"[^\W_][\w@+-]*(?:\.[\w@+-]+)*")
#: Windows takes these for devices, whatever the suffix.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_UNFINISHED = ".part"


class OutError(SandboxError):
    """The folder of a class cannot be written to. Exit status 3: what was graded before is kept."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            Sentence("{file} cannot be written: {error}", file=path, error=error.strerror or error),
            Sentence("make room, or allow writing there, and run the same command again: it goes on where it was"),
        )


def file_stem(learner: str) -> str:
    """Return the name, without suffix, of the files of a learner: unlike that of every other learner's.

    A plain name stays as it is. Of another one the plain part is kept, and a ``~`` with the beginning of its SHA-256
    comes behind it: no plain name has that sign in it.
    """
    name = unicodedata.normalize("NFC", learner)
    if _PLAIN.fullmatch(name) and len(name.encode()) <= _LONGEST and not _DEVICES.fullmatch(name):
        return name
    kept = re.sub(r"[^\w@+-]+", "_", name).strip("_-")[:30]
    return f"{kept}~{hashlib.sha256(learner.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def write_whole(path: str, data: bytes) -> None:
    """Write ``data``, replacing an older file only when all of it is there.

    Raises:
        OutError: there is no room, or it is not allowed.
    """
    write_chunks(path, [data])


def write_chunks(path: str, chunks: Iterable[bytes]) -> None:
    """Write what ``chunks`` gives piece by piece; otherwise like :func:`write_whole`."""
    # Only one process writes to a name at a time, and one that was killed leaves what the next one overwrites.
    unfinished = path + _UNFINISHED
    try:
        with open(unfinished, "wb", buffering=0) as file:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[file.write(view) :]
        os.replace(unfinished, path)
    except BaseException as error:
        remove_unfinished(path)
        if isinstance(error, OSError):
            raise OutError(path, error) from None
        raise


def remove(path: str) -> None:
    """Remove a file that an earlier run wrote and this one does not, if it is there."""
    with contextlib.suppress(OSError):
        os.unlink(path)
    remove_unfinished(path)


def remove_unfinished(path: str) -> None:
    """Remove what is there of a file that nobody writes any more."""
    with contextlib.suppress(OSError):
        os.unlink(path + _UNFINISHED)
