"""Which submissions and which of their checks a command line asks for. Reads no file and imports nothing heavy."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["Target", "choose", "find_targets", "path_from"]

DEFAULT_FILE = "layers.py"
_HOW = Sentence(
    "write --grade=PATH for a file, notebook, folder or zip; `dout init .` writes the exercise into this folder"
)


@dataclass(slots=True)
class Target:
    """One path to grade."""

    #: Absolute; as it was given, with no link followed.
    path: Path
    #: Ids of the only checks to run; all of them when empty.
    only: list[str] = field(default_factory=list)
    #: False when the command line selects other submissions.
    wanted: bool = True

    @property
    def folder(self) -> Path:
        """The submission's own folder: nothing in it is trusted."""
        return self.path if os.path.isdir(self.path) else self.path.parent


def find_targets(values: Sequence[str | None], *, ini_paths: Sequence[Path], root: Path, working: Path) -> list[Target]:
    """Return what ``--grade`` names, each path once.

    Args:
        values: One per ``--grade``; None for one without a path. ``layers.py::MulLayer.forward`` selects a check.
        ini_paths: What the ini option ``grade_paths`` names, for a ``--grade`` without a path.
        root: pytest's root directory, where ``layers.py`` is looked for when there is no ``grade_paths``.
        working: What relative paths are relative to.

    Raises:
        UsageError: there is nothing to grade.
    """
    targets: dict[Path, Target] = {}
    for value in values:
        if value is None:
            for path in map(_absolute, ini_paths or (root / DEFAULT_FILE,)):
                targets.setdefault(path, Target(path))
            continue
        if not value:
            raise UsageError(Sentence("--grade= needs a path"), _HOW)
        path, check = _split(value, working)
        target = targets.setdefault(path, Target(path))
        if check:
            target.only.append(check)
    for target in targets.values():
        if not os.path.exists(target.path):
            if None in values and not ini_paths and target.path == _absolute(root / DEFAULT_FILE):
                raise UsageError(
                    Sentence("nothing to grade: there is no {file} in {folder}", file=DEFAULT_FILE, folder=root), _HOW
                )
            raise UsageError(
                Sentence("nothing to grade: there is no {file}", file=path_from(working, target.path)), _HOW
            )
    return list(targets.values())


def choose(targets: Sequence[Target], files: Iterable[Path], arguments: Sequence[str], roots: Sequence[Path]) -> None:
    """Let the positional arguments choose among ``targets``: a path, a folder above it, or the id of a check.

    An editor's test tree runs ``pytest --grade=layers.py layers.py::MulLayer.forward``: the id wins over the path.

    Args:
        targets: Changed in place.
        files: For each target, the file that its ids begin with.
        arguments: As given.
        roots: Folders that an argument may be relative to, first choice first.

    Raises:
        UsageError: an argument belongs to no submission; with ``--grade`` nothing else is collected.
    """
    if not arguments:
        return
    chosen: dict[int, list[str]] = {}
    pairs = list(zip(targets, files, strict=True))
    for argument in arguments:
        for root in roots:
            path, check = _split(argument, root)
            found = [n for n, (target, file) in enumerate(pairs) if path in _names_of(target, file, below=not check)]
            if found:
                break
        else:
            raise UsageError(
                Sentence(
                    "{argument} is not part of what --grade grades, and with --grade nothing else is collected",
                    argument=argument,
                ),
                Sentence(
                    "grade it with --grade={path}, or run your own tests in a second command",
                    path=argument.partition("::")[0],
                ),
            )
        for number in found:
            chosen.setdefault(number, []).append(check)
    for number, target in enumerate(targets):
        checks = chosen.get(number)
        target.wanted = checks is not None
        if checks and "" not in checks:
            target.only.extend(checks)
        elif checks:
            target.only.clear()


def _names_of(target: Target, file: Path, *, below: bool) -> set[Path]:
    names = {target.path, file}
    if below:
        names |= {*target.path.parents}
    return names


def _split(value: str, root: Path) -> tuple[Path, str]:
    """Return the absolute path and the id of a check in ``path::id``; a file whose name has ``::`` in it is a file."""
    path, _, check = value.partition("::")
    if os.path.lexists(root / value):
        path, check = value, ""
    return _absolute(root / Path(path).expanduser()), check


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def path_from(working: Path, path: Path) -> str:
    """Return ``path`` as one types it in the folder ``working``."""
    try:
        return Path(os.path.relpath(path, working)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
