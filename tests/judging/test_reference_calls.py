"""What is asked of a reference layer before anything is compared with it: which formulas the checks are exact for."""

import pytest

from harness.assignment import BUILT_IN, read_assignment
from harness.cases import decode_bank
from harness.draws import build_bank
from harness.reference_calls import reference_faults

TEXT = (BUILT_IN / "ch05_add_mul" / "assignment.toml").read_text(encoding="utf-8")


def faults(tmp_path, forward):
    (tmp_path / "own.py").write_text(
        f"class Own:\n def forward(self, x, y): return {forward}\n def backward(self, dout): return dout, dout\n",
        "utf-8",
    )
    path = tmp_path / "assignment.toml"
    path.write_text(TEXT.replace("reference.layers:MulLayer", "own.py:Own"), "utf-8")
    given = read_assignment(path)
    return [str(fault.message) for fault in reference_faults(given, decode_bank(build_bank(given, 1), given, 1))]


@pytest.mark.parametrize(
    "forward", ["x * y", "x - y", "3 * x + y / 4 - 2", "x * x", "x * x - 2 * y * y", "(x + y) / 7", "0 * x + 0 * y"]
)
def test_polynomials_of_degree_two_can_be_asked(forward, tmp_path):
    assert faults(tmp_path, forward) == []


@pytest.mark.parametrize(
    ("forward", "names"),
    [
        ("x * y * y", "x, y"),
        ("x ** 3 + y", "x"),
        ("x + 1 / (2.5 + y * y)", "y"),
        ("y + abs(x) ** 0.5", "x"),
        ("abs(x) + abs(y)", "x, y"),
    ],
)
def test_other_formulas_are_refused(forward, names, tmp_path):
    assert faults(tmp_path, forward) == [f"the reference of MulLayer is not linear in {names}"]
