"""When the sandbox starts and that it ends; and a grader that fails is pytest's error, never the learner's failure."""

import os
import signal
import sys

import pytest
from processes import below, children, cpu_seconds, is_alive, until
from pytest_runs import PLUGIN, RIGHT, needs_xdist, run_pytest, run_python, started, write

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
        "  no process could be started.",
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


def test_a_sandbox_that_cannot_start_is_an_error_and_no_score(folder):
    failing = (
        "from harness.errors import SandboxError\n"
        "from harness.sandbox import forkserver, fresh, launch\n"
        "def fail(*args, **kwargs): raise SandboxError('there are no more processes')\n"
        "launch.launch = forkserver.launch = fresh.FreshStarter.spawn = fail\n"
    )
    run = with_plugin(folder, failing, "--grade=hw")
    assert run.status == 1
    run.shows("hw/layers.py EEEEEEEEEEEEE*", "GRADER FAULT  there are no more processes.")
    assert "SCORE" not in run.out


def test_a_failure_that_another_plugin_makes_is_shown_as_pytest_shows_it(folder):
    limit = "def pytest_runtest_call(item): raise RuntimeError('over the limit')\n"
    run = with_plugin(folder, limit, "--grade=hw", "--tb=short", "-v")
    assert run.status == 1
    run.shows("hw/layers.py::AddLayer.forward FAILED *", "*RuntimeError: over the limit")


def test_warnings_as_errors_are_for_the_callers_own_code(folder):
    warning = (
        "import warnings\n"
        "import harness.grading_session.plan as plan\n"
        "real = plan.with_feedback\n"
        "def warn(*args):\n"
        "    warnings.warn('deprecated', DeprecationWarning)\n"
        "    return real(*args)\n"
        "plan.with_feedback = warn\n"
    )
    run = with_plugin(folder, warning, "-W", "error", "--grade=hw")
    run.shows("SCORE 100/100")
    assert run.status == 0


def test_a_level_that_this_machine_lacks_is_a_fault(folder):
    write(folder, tools__inserted_py="from harness.sandbox import runner\nrunner.level_of = lambda locks: 'D'\n")
    run = run_pytest(
        "-p", "inserted", "--grade=hw", "--grade-isolation=A", folder=folder, PYTHONPATH=str(folder / "tools")
    )
    run.shows("hw/layers.py EEEEEEEEEEEEE*", "GRADER FAULT  isolation level A was asked for*")


def hanging(pid):
    """Return the workers of pytest process ``pid`` that are in the learner's loop, not in a probe of the lock."""
    return {worker for zygote in children(pid) for worker in children(zygote) if cpu_seconds(worker) >= 0.1}


@pytest.mark.needs_proc
def test_ctrl_c_leaves_no_process(tmp_path):
    write(tmp_path, layers_py="while True:\n    pass\n" + RIGHT)
    process = started("--grade", folder=tmp_path)
    try:
        until(lambda: hanging(process.pid))
        seen = below(process.pid)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert b"PARTIAL RUN - not a grade" in out
    until(lambda: not any(map(is_alive, seen)))


@pytest.mark.needs_proc
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--grade=hw"], 0), (["--grade=hw", "-k", "nothing"], 5), (["--grade=hw", "--grade-assignment=ch99"], 4)],
    ids=["graded", "nothing selected", "usage error"],
)
def test_a_run_inside_a_program_leaves_no_process_and_the_import_path_as_it_was(folder, arguments, status):
    code = (
        "import pathlib, sys, pytest\n"
        "path = [str(pathlib.Path('hw').absolute()), *sys.path]\n"
        "sys.path[:] = path\n"
        f"assert pytest.main([*{PLUGIN}, *{arguments}]) == {status}\n"
        "assert sys.path == path\n"
        "children = [one.read_text() for one in pathlib.Path('/proc/self/task').glob('*/children')]\n"
        "assert not ''.join(children), children\n"
    )
    assert run_python(code, folder=folder) is not None
