"""gradescope-utils: unittest with weights, and a results.json for Gradescope."""

import json
from pathlib import Path
from textwrap import indent

from peers.checks import CHECKS, SETUP, looped
from peers.peer import Command, Peer

__all__ = ["GradescopeUtils"]

_RUN_TESTS = """\
import unittest

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

suite = unittest.defaultTestLoader.discover("tests")
with open("results.json", "w") as file:
    JSONTestRunner(visibility="visible", stream=file).run(suite)
"""
_ABOVE = """\
import unittest

from gradescope_utils.autograder_utils.decorators import weight
from layers import AddLayer, MulLayer

"""


class GradescopeUtils(Peer):
    """What runs inside Gradescope's container, without the container."""

    title = "gradescope-utils"
    packages = ("gradescope-utils", "numpy")

    def write_assignment(self, folder: Path) -> None:
        """Write run_tests.py and the tests."""
        tests = [f"@weight(1)\ndef test_{check.name}(self):\n{indent(looped(check), '    ')}" for check in CHECKS]
        text = f"{_ABOVE}{SETUP}\n\nclass TestLayers(unittest.TestCase):\n{indent(chr(10).join(tests), '    ')}"
        (folder / "tests").mkdir()
        (folder / "tests" / "test_layers.py").write_text(text, encoding="utf-8")
        (folder / "run_tests.py").write_text(_RUN_TESTS, encoding="utf-8")

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the call of run_tests.py, which has no time limit."""
        del patience
        return [str(bin_folder / "python"), "run_tests.py"]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the score of results.json."""
        assert count == 1
        return [float(json.loads((folder / "results.json").read_text(encoding="utf-8"))["score"])]
