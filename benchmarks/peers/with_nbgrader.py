"""nbgrader: twelve test cells below the learner's cell, a gradebook, and its export as CSV."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers.checks import CHECKS, SETUP, looped
from peers.notebook import code_cell, notebook
from peers.peer import Command, Peer

__all__ = ["Nbgrader"]

_SOLUTION = "class AddLayer:\n    pass\n\n\nclass MulLayer:\n    pass\n"


def _learner(number: int) -> str:
    return f"learner{number:03}"


def _cell(name: str, source: str, *, points: int | None = None, solution: bool = False) -> dict[str, Any]:
    about = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "points": points,
        "locked": not solution,
        "solution": solution,
        "task": False,
    }
    if points is None:
        del about["points"]
    return code_cell(name.replace("_", "-"), source, {"nbgrader": about})


class Nbgrader(Peer):
    """One command for the whole class, one kernel for each submission."""

    title = "nbgrader"
    packages = ("nbgrader", "numpy")
    class_size = 8
    slow = True

    def write_assignment(self, folder: Path) -> None:
        """Write the instructor's notebook and the course's settings."""
        cells = [
            _cell("layers", _SOLUTION, solution=True),
            _cell("setup", SETUP),
            *(_cell(check.name, looped(check), points=1) for check in CHECKS),
        ]
        place = folder / "source" / "ps1"
        place.mkdir(parents=True)
        (place / "layers.ipynb").write_text(notebook(cells), encoding="utf-8")
        settings = 'c = get_config()\nc.CourseDirectory.course_id = "course"\n'
        (folder / "nbgrader_config.py").write_text(settings, encoding="utf-8")

    def preparation(self, bin_folder: Path) -> list[Command]:
        """Make the learners' notebook, which enters the assignment into the gradebook."""
        return [[str(bin_folder / "nbgrader"), "generate_assignment", "ps1"]]

    def hand_in(self, folder: Path, submissions: Sequence[str]) -> None:
        """Fill the learner's cell of the released notebook, once for each learner."""
        released = json.loads((folder / "release" / "ps1" / "layers.ipynb").read_text(encoding="utf-8"))
        for number, submission in enumerate(submissions):
            released["cells"][0]["source"] = submission
            place = folder / "submitted" / _learner(number) / "ps1"
            place.mkdir(parents=True)
            (place / "layers.ipynb").write_text(json.dumps(released, ensure_ascii=False), encoding="utf-8")

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the call that grades everyone; its own limit is 30 seconds for a cell."""
        limit = [] if patience is None else [f"--ExecutePreprocessor.timeout={patience}"]
        return [str(bin_folder / "nbgrader"), "autograde", "ps1", "--create", *limit]

    def collecting(self, bin_folder: Path) -> list[Command]:
        """Return the call that writes grades.csv."""
        return [[str(bin_folder / "nbgrader"), "export"]]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the score of each learner; a submission that was not graded has none."""
        with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            rows = {row["student_id"]: row for row in csv.DictReader(file)}
        graded = [(folder / "autograded" / _learner(number) / "ps1").is_dir() for number in range(count)]
        return [float(rows[_learner(number)]["score"]) if graded[number] else None for number in range(count)]
