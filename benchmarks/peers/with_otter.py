"""otter-grader: one test file of twelve cases, and the results.json that it writes for Gradescope."""

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

from peers.checks import CHECKS, SETUP, looped
from peers.notebook import code_cell, notebook
from peers.peer import Command, Peer

__all__ = ["Otter"]

_ABOVE = """\
from otter.test_files import test_case

OK_FORMAT = False
name = "layers"
points = None

"""


class Otter(Peer):
    """`otter run`, which is what runs inside of otter's containers and of Gradescope's."""

    title = "otter-grader"
    # Without ipykernel a fresh installation finds no kernel and stops.
    packages = ("otter-grader", "ipykernel", "numpy")
    slow = True

    def write_assignment(self, folder: Path) -> None:
        """Write the test file."""
        tests = [
            f"@test_case(points=1)\ndef {check.name}(AddLayer, MulLayer):\n{indent(looped(check), '    ')}"
            for check in CHECKS
        ]
        (folder / "tests").mkdir()
        (folder / "tests" / "layers.py").write_text("\n\n".join([_ABOVE + SETUP, *tests]), encoding="utf-8")

    def preparation(self, bin_folder: Path) -> list[Command]:
        """Pack the tests into autograder.zip."""
        return [[str(bin_folder / "otter"), "generate", "-t", "tests", "-o", "autograder.zip"]]

    def hand_in(self, folder: Path, submissions: Sequence[str]) -> None:
        """Write a notebook of one cell."""
        (submission,) = submissions
        (folder / "layers.ipynb").write_text(notebook([code_cell("layers", submission)]), encoding="utf-8")

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the call that grades one notebook; it has no time limit."""
        del patience
        return [str(bin_folder / "otter"), "run", "-a", "autograder.zip", "-o", ".", "--no-logo", "layers.ipynb"]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the points of all questions; a run that failed has none."""
        assert count == 1
        tests = json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]
        if any(test["name"] == "Autograder Failed" for test in tests):
            return [None]
        return [sum(float(test.get("score", 0.0)) for test in tests)]
