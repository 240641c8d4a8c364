"""When the sandbox starts and that it ends; and a grader that fails is pytest's error, never the learner's failure."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from pytest_runs import RIGHT, needs_xdist, run_pytest, started, write

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")

#: A caller's plugin, loaded with -p, that counts the sandboxes of this process.
COUNTING = """\
import os, sys
from harness.sandbox import launch
real = launch.launch
def counted(*args, **kwargs):
    with open("started", "a") as file:
        print(os.environ.get("PYTEST_XDIST_WORKER", "main"), file=file)
    return real(*args, **kwargs)
launch.launch = counted
"""
#: One that lets no worker start.
FAULTY = """\
from harness.errors import SandboxError
from harness.sandbox.runner import Sandbox
def spawn(self, limits, modules=()):
    raise SandboxError("no process could be started", "try again")
Sandbox.spawn = spawn
"""
#: One that breaks the grader in a way that nobody foresaw.
BROKEN = """\
import harness.grading_session.plan as plan
def fail(*args, **kwargs):
    raise RuntimeError("a bug of ours")
plan.with_feedback = fail
"""


def with_plugin(folder, source, *arguments):
    write(folder, tools__inserted_py=source)
    return run_pytest("-p", "inserted", *arguments, folder=folder, PYTHONPATH=str(folder / "tools"))


def starts(folder):
    file = folder / "started"
    return sorted(file.read_text().split()) if file.exists() else []


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, hw__layers_py=RIGHT, hw2__layers_py=RIGHT)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="a fork server is Linux only")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--grade=hw", "--grade=hw2"], ["main"]),
        (["--grade=hw", "--collect-only"], []),
        (["--grade=hw", "--help"], []),
        (["--grade=nobody"], []),
        ([], []),
        pytest.param(["--grade=hw", "--grade=hw2", "-n", "2"], ["gw0", "gw1"], marks=needs_xdist),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else None,
)
def test_the_sandbox_starts_once_in_a_process_that_grades_and_in_no_other(folder, arguments, expected):
    with_plugin(folder, COUNTING, *arguments)
    assert starts(folder) == expected


def test_a_grader_that_fails_is_an_error_and_no_score(folder):
    run = with_plugin(folder, FAULTY, "--grade=hw", "--grade-report=json:r.json")
    assert run.status == 1
    run.shows(
        "hw/layers.py EEEEEEEEEEEEE*",
        "GRADER FAULT  no process could be started.",
        "  This is not your file's fault, and there is no score.",
        "=* 13 errors in *",
    )
    assert "SCORE" not in run.out
    assert '"score": null' in (folder / "r.json").read_text()


def test_an_error_of_the_grader_says_that_it_is_not_the_learners(folder):
    run = with_plugin(folder, FAULTY, "--grade=hw", "--tb=short", "-v", "-k", "AddLayer.forward")
    run.shows(
        "hw/layers.py::AddLayer.forward GRADER FAULT*",
        "GRADER FAULT  AddLayer.forward",
        "  no process could be started. Next: try again.",
        "  This is not your file's fault, and there is no score.",
        "Next: tell your instructor.",
    )


def test_a_bug_of_ours_shows_its_traceback(folder):
    run = with_plugin(folder, BROKEN, "--grade=hw", "--grade-report=json:r.json")
    assert run.status == 1
    run.shows(
        "hw/layers.py EEEEEEEEEEEEE*", "*RuntimeError: a bug of ours", "*no check of hw/layers.py could be judged."
    )
    assert not (folder / "r.json").exists()


def test_a_level_that_this_machine_lacks_is_a_fault(folder):
    write(folder, tools__inserted_py="from harness.sandbox import runner\nrunner.level_of = lambda locks: 'D'\n")
    run = run_pytest(
        "-p", "inserted", "--grade=hw", "--grade-isolation=A", folder=folder, PYTHONPATH=str(folder / "tools")
    )
    run.shows("hw/layers.py EEEEEEEEEEEEE*", "GRADER FAULT  isolation level A was asked for*")


def processes_under(pid):
    """Ids of the descendants of ``pid``."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *processes_under(int(child))]
    return found


def read_until(stream, text):
    seen = b""
    while text not in seen:
        piece = os.read(stream.fileno(), 4096)
        assert piece, seen
        seen += piece


def wait_for(condition):
    until = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < until
        time.sleep(0.005)
    return value


@needs_proc
def test_ctrl_c_leaves_no_process(tmp_path):
    write(tmp_path, layers_py="while True:\n    pass\n" + RIGHT)
    process = started("--grade", folder=tmp_path)
    try:
        read_until(process.stdout, b"layers.py ")
        # The zygote, and the worker that hangs in the learner's file.
        seen = wait_for(lambda: len(ids := processes_under(process.pid)) >= 2 and ids)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert b"PARTIAL RUN - not a grade" in out
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in seen))


@needs_proc
def test_a_usage_error_after_the_sandbox_was_started_leaves_no_process(folder):
    write(folder, tools__inserted_py="import os\ndef pytest_unconfigure(): os.sched_yield()\n")
    process = started("--grade=hw", "--grade-assignment=ch99", folder=folder)
    process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert [entry for entry in Path("/proc").glob("[0-9]*/stat") if _session_of(entry) == process.pid] == []


def _session_of(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[3])
    except OSError:
        return None
