"""Installs peers in environments of their own, and runs each submission in a folder of its own."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from peers.contained import OUTPUT, Cost, run
from peers.peer import Peer

__all__ = ["Installed", "NotInstalledError", "Run", "grade", "install"]

#: Seconds for one command where nothing should hang; a class takes nbgrader a minute on a busy machine.
_PATIENCE = 300


class NotInstalledError(Exception):
    """A peer cannot be had here; the text says why."""


class Installed(NamedTuple):
    """A peer that grades a right submission as it should."""

    peer: Peer
    bin_folder: Path
    #: The folder of the assignment, to be copied.
    assignment: Path
    versions: dict[str, str]
    #: Seconds that a first submission took.
    first_wall_s: float


class Run(NamedTuple):
    """What came of the submissions of one command."""

    points: list[float | None]
    cost: Cost


def install(peer: Peer, folder: Path, right: str, most: float) -> Installed:
    """Make the environment and the assignment below ``folder``, and try it with a right submission.

    Raises:
        NotInstalledError: pip failed, or the right submission did not get ``most`` points.
    """
    environment, assignment = folder / "venv", folder / "assignment"
    assignment.mkdir(parents=True)
    bin_folder = environment / ("Scripts" if sys.platform == "win32" else "bin")
    if peer.packages:
        _checked([sys.executable, "-m", "venv", str(environment)])
        pip = [str(bin_folder / "python"), "-m", "pip", "--disable-pip-version-check"]
        _checked([*pip, "install", "-q", *peer.packages])
        listed = json.loads(_checked([*pip, "list", "--format", "json"]))
    else:
        listed = []
    versions = {package["name"]: package["version"] for package in listed if package["name"] in peer.packages}
    peer.write_assignment(assignment)
    preparation = peer.preparation(bin_folder)
    if preparation and run(preparation, assignment, _PATIENCE, bin_folder)[-1].status != 0:
        raise NotInstalledError(f"the assignment could not be prepared: {_last_line(assignment / OUTPUT)}")
    tried = grade(Installed(peer, bin_folder, assignment, versions, 0.0), [right], folder=folder)
    if tried.points != [most]:
        raise NotInstalledError(f"a right submission got {tried.points[0]} of {most:g} points")
    return Installed(peer, bin_folder, assignment, versions, tried.cost.wall_s)


def grade(
    installed: Installed,
    submissions: Sequence[str],
    *,
    folder: Path,
    seconds: float = _PATIENCE,
    patience: int | None = None,
    official: bool = True,
) -> Run:
    """Grade submissions by one command; without ``official``, only for what it costs.

    Args:
        installed: Who grades.
        submissions: Texts of layers.py.
        folder: Where a folder for this run is made, and removed afterwards.
        seconds: How long each command may take.
        patience: The peer's own limit in seconds, where it has one.
        official: Whether the points are asked for.
    """
    peer = installed.peer
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made:
        place = Path(made) / "run"
        shutil.copytree(installed.assignment, place)
        peer.hand_in(place, submissions)
        commands = [peer.command(installed.bin_folder, patience)]
        if official:
            commands += peer.collecting(installed.bin_folder)
        costs = run(commands, place, seconds, installed.bin_folder)
        points: list[float | None] = [None] * len(submissions)
        if official:
            # What cannot be read is no result.
            with contextlib.suppress(ValueError, KeyError, OSError):
                points = peer.points(place, len(submissions))
    return Run(points, costs[0])


def _checked(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit status {done.returncode}"]
        raise NotInstalledError(lines[-1].strip())
    return done.stdout


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
