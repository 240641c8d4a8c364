"""pytest-grader: points above each test, and the score in the terminal's last lines."""

import re
from pathlib import Path

from peers.contained import OUTPUT
from peers.peer import Command, Peer
from peers.with_pytest import pytest_file

__all__ = ["PytestGrader"]

_TOTAL = re.compile(r"Total Score: ([0-9.]+)/[0-9.]+ ")


class PytestGrader(Peer):
    """A pytest plugin of a large course."""

    title = "pytest-grader"
    packages = ("pytest-grader", "numpy")

    def write_assignment(self, folder: Path) -> None:
        """Write the tests, and the conftest.py that its page asks for."""
        text = pytest_file(imports="from pytest_grader import points\n\n", decorator="@points(1)\n")
        (folder / "test_layers.py").write_text(text, encoding="utf-8")
        (folder / "conftest.py").write_text('pytest_plugins = ["pytest_grader"]\n', encoding="utf-8")

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the call of pytest."""
        limit = [] if patience is None else ["--timeout", str(patience)]
        return [str(bin_folder / "python"), "-m", "pytest", "--score", *limit, "test_layers.py"]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the total that was printed last."""
        assert count == 1
        totals = _TOTAL.findall((folder / OUTPUT).read_text(encoding="utf-8", errors="replace"))
        return [float(totals[-1]) if totals else None]
