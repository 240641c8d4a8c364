"""Plain pytest, and pytest with Hypothesis: the points are the passed tests of the JUnit file."""

import xml.etree.ElementTree as ET
from pathlib import Path
from textwrap import indent

from peers.checks import CHECKS, SETUP, Check, looped
from peers.peer import Command, Peer

__all__ = ["PlainPytest", "PytestWithHypothesis", "pytest_file"]

_RESULT = "results.xml"
#: A hundred examples, always the same ones, and no failure because a machine is slow.
_HYPOTHESIS = """\
from hypothesis import given, settings
from hypothesis.strategies import floats

NUMBER = floats(-10, 10)
SETTINGS = settings(max_examples=100, derandomize=True, deadline=None)
"""


def pytest_file(*, imports: str = "", decorator: str = "", hypothesis: bool = False) -> str:
    """Return the text of test_layers.py, with ``decorator`` above each test."""

    def function(check: Check) -> str:
        if hypothesis and check.drawn:
            head, body = f"@SETTINGS\n@given(NUMBER, NUMBER, NUMBER)\ndef test_{check.name}(x, y, dout):\n", check.body
        else:
            head, body = f"def test_{check.name}():\n", looped(check)
        return f"{decorator}{head}{indent(body, '    ')}"

    above = f"{imports}{_HYPOTHESIS if hypothesis else ''}from layers import AddLayer, MulLayer\n\n{SETUP}"
    return "\n\n".join([above, *map(function, CHECKS)])


class PlainPytest(Peer):
    """One pytest process for each submission."""

    title = "plain pytest"
    packages: tuple[str, ...] = ("pytest", "numpy")
    hypothesis = False

    def write_assignment(self, folder: Path) -> None:
        """Write test_layers.py, which imports layers.py beside it."""
        text = pytest_file(hypothesis=self.hypothesis)
        (folder / "test_layers.py").write_text(text, encoding="utf-8")

    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return the call of pytest, which has no time limit."""
        del patience
        return [str(bin_folder / "python"), "-m", "pytest", f"--junitxml={_RESULT}", "test_layers.py"]

    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return how many tests passed."""
        assert count == 1
        try:
            cases = ET.parse(folder / _RESULT).iter("testcase")
        except ET.ParseError as error:
            raise ValueError(str(error)) from error
        return [float(sum(case.find("failure") is None and case.find("error") is None for case in cases))]


class PytestWithHypothesis(PlainPytest):
    """The same, with the drawn inputs from Hypothesis."""

    title = "pytest + Hypothesis"
    packages = ("hypothesis", "pytest", "numpy")
    hypothesis = True
