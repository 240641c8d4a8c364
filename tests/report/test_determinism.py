"""The same bytes, assignment, seed and version give the same report byte for byte, ``timing`` aside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from submissions import ADD, RIGHT, WRONG, mul
from test_schema import data_of

import harness
from harness.grader import grade
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

ROOT = str(Path(harness.__file__).parent.parent)
HASH_ORDER = ADD + mul(
    forward="raise ValueError(list({'apple', 'mandarin', 'tax', 'shop', 'price', 'count'}), {1.5: 'a', 'b': {x, y}})"
)


def untimed(data: dict[str, Any]) -> str:
    assert data.pop("timing").keys() == {"wall_s", "cpu_s"}
    return json.dumps(data)


def reported(path: Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "grade", str(path), "--format", "json"],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": ROOT} | environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return untimed(json.loads(done.stdout))


@pytest.mark.parametrize("source", [HASH_ORDER, WRONG["a loop"]], ids=["order of sets", "a loop"])
def test_two_processes_give_the_same_report_wherever_and_however_they_are_started(tmp_path, source):
    path = tmp_path / "layers.py"
    path.write_text(source, "utf-8")
    first = reported(path, tmp_path, PYTHONHASHSEED="0")
    assert first == reported(path, Path("/"), PYTHONHASHSEED="4711", LC_ALL="C", TZ="Asia/Seoul")


@pytest.mark.parametrize("source", [RIGHT, HASH_ORDER, WRONG["swapped"]], ids=["right", "order of sets", "swapped"])
def test_both_ways_of_starting_a_worker_give_the_same_report_but_for_isolation(sandbox, assignment, source):
    submission = submission_from_bytes("layers.py", source.encode())
    with Sandbox(starter=FreshStarter()) as fresh:
        reports = [data_of(grade(submission, assignment, sandbox=one)) for one in (sandbox, fresh)]
    assert reports[0].pop("isolation") != {} != reports[1].pop("isolation")
    assert untimed(reports[0]) == untimed(reports[1])


def test_a_grading_between_two_others_changes_neither(graded):
    first = untimed(data_of(graded(HASH_ORDER)))
    graded(WRONG["state on the class"])
    assert untimed(data_of(graded(HASH_ORDER))) == first
