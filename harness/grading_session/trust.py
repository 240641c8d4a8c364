"""Keeps a submission's folder out of pytest's process, and tells when pytest took its configuration from there."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

import harness
from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["close_import_path", "is_self_check", "refuse_foreign_configuration"]


def refuse_foreign_configuration(config: pytest.Config) -> None:
    """Refuse a run whose configuration was found through a path on the command line.

    Before any plugin is loaded, pytest takes the PATH of ``--grade PATH`` (and of ``PATH::check``) for a path to
    collect, and looks for its configuration there first. With ``--grade=PATH`` the caller's folder decides.

    Raises:
        UsageError: the configuration in force is neither in the caller's folder or above it, nor named by ``-c``.
    """
    if config.inipath is None or config.getoption("inifilename") or config.inipath.parent in _callers(config):
        return
    raise UsageError(
        Sentence(
            "pytest took its configuration from {file}, because of a path on the command line", file=config.inipath
        ),
        Sentence("write --grade=PATH with an equals sign, and select checks with -k"),
    )


def is_self_check(config: pytest.Config, folder: Path, import_path: Sequence[str]) -> bool:
    """Tell whether ``folder``, a submission's own, decided how this pytest runs.

    True when the configuration file in force (or the root directory, when there is none) is in it, or when
    ``import_path``, the ``sys.path`` that pytest loaded its plugins from, let a plugin be planted in it.
    """
    if config.inipath is not None:
        base = config.inipath.parent
    elif config.rootpath in _callers(config) or config.getoption("rootdir"):
        base = config.rootpath
    else:
        # A root directory that was only guessed from the path of a submission configures nothing.
        base = config.invocation_params.dir
    return _is_in(str(base), folder) or any(_may_be_planted(entry, folder) for entry in import_path)


def _callers(config: pytest.Config) -> set[Path]:
    """The folders where pytest looks for configuration when no path is on the command line."""
    working = config.invocation_params.dir
    return {working, *working.parents}


def close_import_path(folders: Iterable[Path]) -> None:
    """Take submissions' folders off ``sys.path``, so that a ``numpy.py`` in one of them is not imported for numpy.

    ``python -m pytest`` puts the current folder there.
    """
    own = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__)))
    folders = list(folders)
    sys.path[:] = [
        entry
        for entry in sys.path
        if os.path.abspath(entry) == own or not any(_may_be_planted(entry, folder) for folder in folders)
    ]


def _may_be_planted(entry: str, folder: Path) -> bool:
    """Tell whether an import path entry is the folder, or the current folder inside it, but not a venv in it."""
    path = os.path.realpath(entry or os.curdir)
    return path == os.path.realpath(folder) or (path == os.path.realpath(os.curdir) and _is_in(path, folder))


def _is_in(path: str, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
