"""Runs pytest as a learner or instructor does, in a process of its own, and reads what it printed.

A process of its own, because numpy cannot be imported twice in one; and ``python -P``, because ``python -m pytest``
(which :mod:`pytester` uses) puts the current folder on the import path and the ``pytest`` command does not.
"""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from right_layers import RIGHT, SWAPPED

import harness

__all__ = [
    "PLUGIN",
    "RIGHT",
    "SWAPPED",
    "Run",
    "needs_xdist",
    "planted",
    "run_pytest",
    "run_python",
    "started",
    "write",
]


needs_xdist = pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="pytest-xdist is not installed")


class Run(NamedTuple):
    """What a pytest run left."""

    status: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.splitlines()

    def shows(self, *patterns):
        """Assert that the patterns (``*`` stands for anything) are among the lines, in this order."""
        pytest.LineMatcher(self.lines).fnmatch_lines(patterns)


def _environment(**extra):
    """The environment without what an outer pytest, its user, or a CI system put there."""
    dropped = ("PYTEST_", "PYTHONPATH", "PYTHONSAFEPATH", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
    # On CI systems, which it knows by these two, pytest does not shorten its summary.
    on_ci = {"CI", "BUILD_NUMBER"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped) and name not in on_ci}
    if not _is_installed():
        extra["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_root()), extra.get("PYTHONPATH")]))
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"} | extra


def _root():
    return Path(harness.__file__).resolve().parent.parent


def _is_installed():
    try:
        importlib.metadata.distribution("dout")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


#: In a checkout without installation there is no entry point that loads the plugin.
PLUGIN = [] if _is_installed() else ["-p", "harness.pytest_plugin"]


#: Plugins of what the tests are installed with. They import for longer than a grading takes; each run is spared it, but
#: for one (test_plugin_items.py).
_OTHERS = ("-p", "no:hypothesispytest", "-p", "no:schemathesis", "-p", "no:anyio")


def _command(arguments, *, safe_path=True, others=False):
    without = [] if others else _OTHERS
    return [sys.executable, *(["-P"] if safe_path else []), "-m", "pytest", *without, *PLUGIN, *map(str, arguments)]


def run_pytest(*arguments, folder, safe_path=True, others=False, **environment):
    """Run ``pytest ARGUMENTS`` in ``folder``; with ``safe_path=False`` as ``python -m pytest``."""
    done = subprocess.run(
        _command(arguments, safe_path=safe_path, others=others),
        cwd=folder,
        env=_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=300,
    )
    encoding = environment.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
    return Run(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


def run_python(code, *, folder):
    """Run a program and return the words that it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def started(*arguments, folder):
    """Start ``pytest ARGUMENTS`` and return the process."""
    return subprocess.Popen(
        _command(arguments),
        cwd=folder,
        env=_environment(PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def write(folder, **files):
    """Write files: ``write(tmp_path, alice__layers_py=RIGHT)`` writes ``alice/layers.py``."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        stem, _, suffix = path.name.rpartition("_")
        path = path.with_name(f"{stem}.{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def planted(canary):
    """Python source that shows that it ran by making the file ``canary``."""
    return f"import pathlib\npathlib.Path({str(canary)!r}).touch()\n"
