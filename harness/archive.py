"""Reads a submission's bytes from a file or a folder, and never from outside of it.

No link is followed out, and no read is unbounded.
"""

import functools
import os
import posixpath
import stat
from collections.abc import Callable, Iterable
from pathlib import PurePath

from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.records import Record, Warn
from harness.sentence import Sentence

__all__ = [
    "CONTAINER_LIMIT",
    "Listing",
    "candidates",
    "cannot_read",
    "folder_files",
    "may_be_graded",
    "read_file",
    "read_inside",
    "too_large",
]

#: Bytes. Notebooks carry pictures, and archives carry notebooks, so both may be larger than source text.
CONTAINER_LIMIT = 16 << 20

# A folder is the user's own and may hold a data set; this many names are listed in a few milliseconds.
_MAX_FOLDER_ENTRIES = 5000

_IGNORED_FOLDERS = frozenset({"__macosx", "__pycache__", "env", "node_modules", "site-packages", "venv"})
_IGNORED_FILES = frozenset({"__init__.py", "conftest.py", "setup.py"})


class Listing(Record, frozen=True):
    """What a folder or zip holds that could be the submission."""

    #: Name inside the container, with forward slashes, and the way to its bytes.
    files: dict[str, Callable[[], bytes]]
    warnings: tuple[Warn, ...] = ()


def too_large(name: str, size: int, limit: int) -> SubmissionError:
    """The error for ``size`` bytes where ``limit`` are read."""
    return SubmissionError(
        "TOO-LARGE",
        Sentence("{file} has {size} bytes; at most {limit} are read", file=name, size=f"{size:,}", limit=f"{limit:,}"),
        Sentence("submit only the file with your layer classes, without data or output in it"),
    )


def candidates(names: Iterable[str]) -> list[str]:
    """Return the names that could be meant, sorted: ``layers.py`` alone if it is at the top, else all.

    The top is the deepest folder that holds all of them: most archives wrap everything in one folder.
    """
    found = sorted(names)
    if len(found) > 1:
        top = posixpath.commonpath([posixpath.dirname(name) for name in found])
        wanted = posixpath.join(top, "layers.py")
        if wanted in found:
            return [wanted]
    return found


def may_be_graded(name: str) -> bool:
    """Whether the name is that of a learner's file: not of a test, a hidden or an installed one."""
    *folders, file = name.lower().split("/")
    stem, suffix = posixpath.splitext(file)
    if suffix not in {".py", ".ipynb"} or file.startswith(".") or file in _IGNORED_FILES:
        return False
    if suffix == ".py" and (stem.startswith("test_") or stem.endswith("_test")):
        return False
    return not any(map(_ignored_folder, folders))


def _ignored_folder(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED_FOLDERS


def read_file(path: str, limit: int) -> bytes:
    """Return the bytes of the regular file ``path``; a link is followed, because the user named it.

    Raises:
        UsageError: It is not there, may not be read, or is a device, pipe or socket (never opened).
        SubmissionError: ``TOO-LARGE``: more than ``limit`` bytes.
    """
    shown = plain(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise _not_a_file(shown)
        return _read_all(os.open(path, _READ), plain(os.path.basename(path)), limit)
    except (OSError, ValueError) as exc:
        raise cannot_read(shown, exc) from None


def folder_files(root: str, shown: str, limit_of: Callable[[str], int]) -> Listing:
    """Return what could be graded under the folder ``root``, called ``shown`` where it is the learner's.

    ``limit_of(name)`` is the most bytes to read of a file of that name.

    Folders that are links are not entered. A link to a file is kept, and refused (``SYMLINK``) when it is
    read and leads outside.
    """

    def reader(name: str) -> Callable[[], bytes]:
        return functools.partial(read_inside, root, name, plain(f"{shown}/{name}"), limit_of(name))

    if _is_file_or_link(os.path.join(root, "layers.py")):
        return Listing(files={"layers.py": reader("layers.py")})
    files: set[str] = set()
    links: set[str] = set()
    folders = [""]
    seen = 0
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    seen += 1
                    if seen > _MAX_FOLDER_ENTRIES:
                        raise SubmissionError(
                            "NO-CANDIDATE",
                            Sentence(
                                "{folder} holds more than {count} files; they were not searched",
                                folder=shown,
                                count=f"{_MAX_FOLDER_ENTRIES:,}",
                            ),
                            Sentence("name the file itself"),
                        )
                    name = folder + entry.name
                    if entry.is_symlink():
                        links.add(name)
                    elif entry.is_dir(follow_symlinks=False):
                        if not _ignored_folder(entry.name):
                            folders.append(name + "/")
                    elif entry.is_file(follow_symlinks=False):
                        files.add(name)
        except OSError as exc:
            raise cannot_read(plain(os.path.join(root, folder)), exc) from None
    files = set(filter(may_be_graded, files))
    # A link to another candidate is that candidate once more, not a second one.
    targets = {os.path.realpath(os.path.join(root, name)) for name in files}
    links = {name for name in filter(may_be_graded, links) if os.path.realpath(os.path.join(root, name)) not in targets}
    return Listing(files={name: reader(name) for name in sorted(files | links)})


def _is_file_or_link(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def read_inside(root: str, name: str, shown: str, limit: int) -> bytes:
    """Return the bytes of the file ``name`` below the folder ``root``; it is called ``shown`` in messages.

    Raises:
        UsageError: It is not there, may not be read, or is a device, pipe or socket.
        SubmissionError: ``SYMLINK``: it is a link that leads out of ``root``; ``TOO-LARGE``.
    """
    path = os.path.join(root, name)
    hint = Sentence("put the file itself in the folder, not a link to it")
    try:
        base = PurePath(os.path.realpath(root, strict=True))
        target = PurePath(os.path.realpath(path, strict=True))
        if not target.is_relative_to(base):
            raise SubmissionError(
                "SYMLINK", Sentence("{file} is a link that leads out of its folder", file=shown), hint
            )
        if not stat.S_ISREG(os.stat(target).st_mode):
            raise SubmissionError(
                "SYMLINK", Sentence("{file} is a link to something that is not a file", file=shown), hint
            )
        return _read_all(_open_beneath(str(base), target.relative_to(base).parts), shown, limit)
    except (OSError, ValueError) as exc:
        if os.path.islink(path) and not os.path.exists(path):
            raise SubmissionError(
                "SYMLINK", Sentence("{file} is a link that leads nowhere", file=shown), hint
            ) from None
        raise cannot_read(plain(path), exc) from None


# Flags that Windows lacks are not needed there: its pipes and terminals have no paths in folders.
_READ = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)


def _open_beneath(base: str, parts: tuple[str, ...]) -> int:
    """Open ``parts`` one by one below ``base``, so that a folder swapped for a link is not followed."""
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(base, *parts), _READ | _NO_LINK)
    folder = os.open(base, _READ | _FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _READ | _FOLDER | _NO_LINK, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _READ | _NO_LINK, dir_fd=folder)
    finally:
        os.close(folder)


def _read_all(descriptor: int, shown: str, limit: int) -> bytes:
    """Read and close an open file: what is checked is what was opened, whatever its name means by now."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _not_a_file(shown)
        with open(descriptor, "rb", closefd=False) as stream:
            data = stream.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise too_large(shown, max(status.st_size, len(data)), limit)
    return data


def _not_a_file(shown: str) -> UsageError:
    return UsageError(
        Sentence("{file}: this is a device, a pipe or a socket, not a file", file=shown),
        Sentence("save the code in a .py file and name that"),
    )


def cannot_read(shown: str, exc: OSError | ValueError) -> UsageError:
    """The error for ``shown``, which could not be listed or read because of ``exc``."""
    if isinstance(exc, FileNotFoundError | NotADirectoryError):
        return UsageError(
            Sentence("{file}: there is no such file or folder", file=shown),
            Sentence("check the spelling, and the folder that you are in"),
        )
    if isinstance(exc, PermissionError):
        return UsageError(
            Sentence("{file}: permission to read it is missing", file=shown),
            Sentence("copy it to a folder of your own, or allow reading it"),
        )
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return UsageError(
        Sentence("{file}: it cannot be read ({reason})", file=shown, reason=plain(reason, 200)),
        Sentence("copy the file to another place first"),
    )
