"""Hostile submissions: none gets a point that it did not earn, and none harms the grader or the next learner."""

import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("the locks exist on Linux only", allow_module_level=True)

import msgspec
from attacks import ADD, ATTACKS, FORWARD, HOSTILE, MUL_BACKWARD, RETURNS, Attack, hostile_text, returning
from cage import INNOCENT, PATIENT, SHORT, Cage

from harness.records import Timing
from harness.sandbox.importable import MODULES

LEVELS = "ABCDF"
os.environ["DOUT_TEST_SECRET"] = "a secret of the grader's"


@pytest.fixture(scope="module")
def cage(request: pytest.FixtureRequest) -> Iterator[Cage]:
    """One sandbox for all attacks at one level, one after the other."""
    with Cage(request.param) as made:
        made.assert_unharmed()
        yield made


@pytest.mark.parametrize(
    ("cage", "attack"),
    [
        pytest.param(level, attack, id=f"{level}-{attack.title}")
        for level in LEVELS
        for attack in ATTACKS
        if level in attack.levels
    ],
    indirect=["cage"],
)
def test_an_attack_earns_only_what_is_right_and_harms_nobody(cage: Cage, attack: Attack) -> None:
    # Large files and much memory take their time, which a busy machine must not call a loop.
    takes_time = (attack.text and attack.score) or {"memory_limit"} in attack.verdicts.values()
    report = cage.grade(hostile_text(attack), PATIENT if takes_time else SHORT)
    verdicts = {result.id: str(result.verdict) for result in report.checks}
    if cage.level <= attack.promised:
        assert attack.score in {None, report.score}, (verdicts, report.warnings)
        for check, allowed in attack.verdicts.items():
            assert verdicts[check] in allowed
    cage.assert_unharmed()


@pytest.mark.parametrize("cage", ["A"], indirect=True)
@pytest.mark.parametrize(("expression", "verdict"), RETURNS.items(), ids=list(RETURNS))
def test_a_wrong_value_of_any_kind_is_judged(cage: Cage, expression: str, verdict: str) -> None:
    report = cage.grade(returning(expression))
    verdicts = {result.id: str(result.verdict) for result in report.checks}
    # The gradients are right all the same, where it comes to them.
    score = ADD + MUL_BACKWARD if verdict in {"contract", "wrong"} else ADD
    assert (verdicts[FORWARD], report.score) == (verdict, score)
    cage.assert_unharmed()


@pytest.mark.parametrize("cage", ["A"], indirect=True)
@pytest.mark.parametrize("name", ["poisons_the_names", "forged_garbage", "segfault", "loop_in_init", "memory_numpy"])
def test_the_same_attack_gets_the_same_report(cage: Cage, name: str) -> None:
    text = hostile_text(next(attack for attack in ATTACKS if attack.name == name))
    reports = [
        msgspec.structs.replace(cage.grade(text, token="x" * 40), timing=Timing(wall_s=0, cpu_s=0)) for _ in range(2)
    ]
    assert reports[0] == reports[1]


@pytest.mark.parametrize("cage", ["A"], indirect=True)
@pytest.mark.parametrize("module", MODULES)
def test_an_ordinary_import_works(cage: Cage, module: str) -> None:
    text = f"import {module}\n{INNOCENT}"
    assert cage.grade(text).warnings == []


def test_every_hostile_file_is_in_the_table() -> None:
    assert {path.stem for path in HOSTILE.glob("*.py")} <= {attack.name for attack in ATTACKS}
    assert len({attack.name for attack in ATTACKS}) >= 60
