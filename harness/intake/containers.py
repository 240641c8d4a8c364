"""The folder or zip archive that holds a class: the names in it, and safe ways to the bytes of one learner."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from harness.archive import CONTAINER_LIMIT, cannot_read, folder_files, may_be_graded, read_inside, too_large
from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.sentence import Sentence
from harness.submission import Submission, read_submission, submission_from_bytes, submission_from_files
from harness.zip_archive import Member, Unpacker, bad_zip, open_zip, zip_members

if TYPE_CHECKING:
    import zipfile

__all__ = ["Container", "open_container", "read_files"]


class Container(Protocol):
    """Where a class's submissions lie."""

    #: As it is called in messages.
    shown: str
    #: The name without folders and suffix.
    stem: str
    #: Names at the top, sorted; whether each is a folder.
    names: dict[str, bool]
    #: Entries that are never read: links, devices, names that lead out.
    unsafe: list[str]

    def inside(self, name: str) -> "Container":
        """Return the folder ``name`` as a container of its own."""
        ...

    def read_file(self, name: str, limit: int = CONTAINER_LIMIT) -> bytes:
        """Return the bytes of the file ``name``, ``limit`` at most.

        Raises:
            UsageError: It cannot be read.
            SubmissionError: ``SYMLINK``, ``TOO-LARGE``, ``BAD-ZIP``, ``ZIP-BOMB``.
        """
        ...

    def read_folder(self, name: str, size_limit: int, words: Sequence[str]) -> Submission:
        """Return the submission in the folder ``name``: chosen as by ``read_submission``, or in the only zip there.

        Raises:
            UsageError: It cannot be read.
            SubmissionError: It can be read but not graded.
        """
        ...

    def files_in(self, name: str) -> dict[str, Callable[[], bytes]]:
        """Return what ``read_folder`` chooses from: the files that may be graded, or the zips where there are none.

        Raises:
            UsageError: It cannot be read.
            SubmissionError: ``SYMLINK``, ``NO-CANDIDATE``.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def open_container(path: str) -> Container:
    """Return the class at ``path``.

    Raises:
        UsageError: Nothing is there, it may not be read, it is neither a folder nor a zip archive, the archive is
            broken or locked with a password, or nothing is in it.
    """
    shown = plain(path)
    if os.path.isdir(path):
        container: Container = _Folder(path)
    else:
        container = _Zip.opened(path, shown)
    if not container.names and not container.unsafe:
        container.close()
        raise UsageError(
            Sentence("{file} is empty", file=shown),
            Sentence("name the folder or zip that holds a file or folder per learner"),
        )
    return container


def read_files(
    shown: str, files: Mapping[str, Callable[[], bytes]], size_limit: int, words: Sequence[str]
) -> Submission:
    """Return the submission among a learner's files: chosen as in a folder, or in the only zip among them.

    Raises:
        SubmissionError: It can be read but not graded.
    """
    try:
        return submission_from_files(shown, files, size_limit=size_limit, words=words)
    except SubmissionError as exc:
        name = _only_zip(files, exc)
    return submission_from_bytes(name.rpartition("/")[2], files[name](), size_limit=size_limit, words=words)


def _only_zip(names: Iterable[str], refusal: SubmissionError) -> str:
    """Return the one zip among ``names``, where there is no other candidate; else raise ``refusal``."""
    # As if it were code: not hidden, and not in a folder that a program made.
    zips = [name for name in names if _is_zip(name)]
    if refusal.code != "NO-CANDIDATE" or len(zips) != 1:
        raise refusal
    return zips[0]


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip") and may_be_graded(name[:-4] + ".ipynb")


def _linked(name: str) -> SubmissionError:
    return SubmissionError(
        "SYMLINK",
        Sentence("{file} is a link", file=plain(name)),
        Sentence("put the folder itself there, not a link to it"),
    )


class _Folder:
    """A folder on disk."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.shown = plain(path)
        self.stem = os.path.basename(os.path.abspath(path))
        names: dict[str, bool] = {}
        self.unsafe: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if is_folder or entry.is_file(follow_symlinks=False):
                        names[entry.name] = is_folder
                    else:
                        self.unsafe.append(entry.name)
        except OSError as exc:
            raise cannot_read(self.shown, exc) from None
        self.names = dict(sorted(names.items()))

    def _folder(self, name: str) -> str:
        folder = os.path.join(self._path, name)
        if os.path.islink(folder):
            raise _linked(name)
        return folder

    def inside(self, name: str) -> "_Folder":
        return _Folder(os.path.join(self._path, name))

    def read_file(self, name: str, limit: int = CONTAINER_LIMIT) -> bytes:
        return read_inside(self._path, name, plain(name), limit)

    def read_folder(self, name: str, size_limit: int, words: Sequence[str]) -> Submission:
        folder = self._folder(name)
        try:
            return read_submission(folder, size_limit=size_limit, words=words)
        except SubmissionError as exc:
            inner = _only_zip((inner for inner, is_folder in self.inside(name).names.items() if not is_folder), exc)
        data = read_inside(folder, inner, plain(f"{name}/{inner}"), CONTAINER_LIMIT)
        return submission_from_bytes(inner, data, size_limit=size_limit, words=words)

    def files_in(self, name: str) -> dict[str, Callable[[], bytes]]:
        folder = self._folder(name)
        found = dict(folder_files(folder, plain(name), lambda _: CONTAINER_LIMIT).files)
        tops = [inner for inner, is_folder in self.inside(name).names.items() if not is_folder and _is_zip(inner)]
        return found or {
            top: partial(read_inside, folder, top, plain(f"{name}/{top}"), CONTAINER_LIMIT) for top in tops
        }

    def close(self) -> None:
        pass


class _Zip:
    """A zip archive of a class, or a folder in one. The archive stays open; no content is kept."""

    def __init__(
        self, shown: str, stem: str, unpacker: Callable[[str, int], Unpacker], close: Callable[[], None]
    ) -> None:
        self.shown = shown
        self.stem = stem
        self._unpacker = unpacker
        self.close = close
        #: By the name at the top: the members below it, by their name there; that of a file itself is empty.
        self._members: dict[str, list[tuple[str, Member]]] = {}
        self.names: dict[str, bool] = {}
        self.unsafe: list[str] = []

    @classmethod
    def opened(cls, path: str, shown: str) -> "_Zip":
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(
                    Sentence("{file}: this is no folder and no file", file=shown),
                    Sentence("name the folder or zip of the class"),
                )
            stream = open(path, "rb")  # noqa: SIM115 - open until close()
        except (OSError, ValueError) as exc:
            raise cannot_read(shown, exc) from None
        try:
            archive = open_zip(shown, stream)
        except SubmissionError as exc:
            stream.close()
            hint = Sentence("name a folder or a zip; if you downloaded it, download it again")
            raise UsageError(exc.message, hint) from None
        found = cls(shown, PurePath(path).stem, partial(_unpacker, archive, status.st_size), stream.close)
        if any(info.flag_bits & 1 for info in archive.infolist()):
            found.close()
            raise UsageError(
                Sentence("{file} is locked with a password", file=shown),
                Sentence("unpack it, and name the folder instead"),
            )
        members = []
        for member in zip_members(archive.infolist()):
            if member.safe:
                members.append((member.name, member))
            else:
                found.unsafe.append(member.name)
        found._fill(members)
        return found

    def _fill(self, members: list[tuple[str, Member]]) -> None:
        for name, member in members:
            top, _, rest = name.partition("/")
            self._members.setdefault(top, []).append((rest, member))
        self.names = {top: any(rest for rest, _ in self._members[top]) for top in sorted(self._members)}

    def inside(self, name: str) -> "_Zip":
        inner = _Zip(f"{self.shown}/{plain(name)}", name, self._unpacker, self.close)
        inner._fill([one for one in self._members[name] if one[0]])
        return inner

    def read_file(self, name: str, limit: int = CONTAINER_LIMIT) -> bytes:
        members = [member for rest, member in self._members[name] if not rest]
        if len(members) != 1:
            raise bad_zip(self.shown, Sentence("it holds {name} twice", name=plain(name, 200)))
        return self._read(self._unpacker(plain(name), limit), members[0], limit)

    def read_folder(self, name: str, size_limit: int, words: Sequence[str]) -> Submission:
        return read_files(plain(name), self._all_in(name), size_limit, words)

    def files_in(self, name: str) -> dict[str, Callable[[], bytes]]:
        files = self._all_in(name)
        found = {rest: read for rest, read in files.items() if may_be_graded(rest)}
        return found or {rest: read for rest, read in files.items() if _is_zip(rest)}

    def _all_in(self, name: str) -> dict[str, Callable[[], bytes]]:
        unpacker = self._unpacker(plain(name), CONTAINER_LIMIT)
        files: dict[str, Callable[[], bytes]] = {}
        for rest, member in self._members[name]:
            if not rest or rest in files:
                raise bad_zip(self.shown, Sentence("it holds {name} twice", name=plain(f"{name}/{rest}", 200)))
            files[rest] = partial(self._read, unpacker, member, CONTAINER_LIMIT)
        return files

    def _read(self, unpacker: Unpacker, member: Member, limit: int) -> bytes:
        size = member.info.file_size
        if size > limit:
            raise too_large(plain(member.name), size, limit)
        return unpacker.read(member.info)


def _unpacker(archive: "zipfile.ZipFile", packed: int, shown: str, limit: int) -> Unpacker:
    return Unpacker(shown, archive, packed, limit)
