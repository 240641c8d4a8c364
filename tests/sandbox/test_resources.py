"""What a grading takes of the machine it gives back: however it ends, and three hundred times over."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("looks at processes through /proc", allow_module_level=True)

from cage import INNOCENT, Cage
from processes import below, children, cpu_seconds, is_alive, until

import harness

ROOT = Path(harness.__file__).resolve().parent.parent
#: Without a measurement of coverage, whose start, in every Python process, swallows an early Ctrl-C.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    "PYTHONPATH": str(ROOT),
}
LOOP = INNOCENT.replace("self.x, self.y = x, y", "while True: pass")


#: How ``dout`` is called, by level: D is what systems without pidfds get.
COMMANDS = {
    "A": ["-m", "harness.cli"],
    "D": ["-c", "import os, sys; del os.pidfd_open; import harness.cli; sys.exit(harness.cli.main(sys.argv[1:]))"],
}


def called(tmp_path: Path, level: str) -> "subprocess.Popen[str]":
    """A real ``dout grade`` of a loop, with a folder for temporary files of its own."""
    path = tmp_path / "layers.py"
    path.write_text(LOOP, encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # Tests that were started by nohup ignore this signal, and what they start inherits that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    return subprocess.Popen(
        [sys.executable, "-B", *COMMANDS[level], "grade", str(path), "--output", str(tmp_path / "report.txt")],
        env={**ENVIRONMENT, "TMPDIR": str(temporary)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def assert_nothing_left(tmp_path: Path, processes: set[int]) -> None:
    until(lambda: not any(map(is_alive, processes)))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["layers.py", "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def started(tmp_path: Path, level: str) -> tuple["subprocess.Popen[str]", set[int]]:
    """A ``dout grade`` whose worker is in the learner's loop, and all the processes below it."""
    grader = called(tmp_path, level)

    def loops() -> bool:
        zygote_or_child = children(grader.pid)
        if level == "D":
            # A fresh child takes some processor time to start.
            return any(cpu_seconds(process) > 0.7 for process in zygote_or_child)
        return any(cpu_seconds(process) > 0.2 for process in below(grader.pid) - zygote_or_child)

    until(loops)
    return grader, below(grader.pid)


@pytest.mark.parametrize("level", COMMANDS)
@pytest.mark.parametrize("moment", [0.05, 0.1, 0.2, 0.3])
def test_ctrl_c_at_any_moment_leaves_nothing(tmp_path: Path, moment: float, level: str) -> None:
    grader = called(tmp_path, level)
    # Whatever it is at by then.
    time.sleep(moment)
    processes = below(grader.pid)
    os.killpg(grader.pid, signal.SIGINT)
    grader.communicate(timeout=30)
    # Python's own start, before the first line of ours, ends with 1.
    assert grader.returncode in {130, 1, -signal.SIGINT}
    assert_nothing_left(tmp_path, processes)


@pytest.mark.parametrize("level", COMMANDS)
def test_ctrl_c_while_the_sandbox_starts_is_one_line(tmp_path: Path, level: str) -> None:
    grader = called(tmp_path, level)
    until(lambda: children(grader.pid))
    processes = below(grader.pid)
    os.killpg(grader.pid, signal.SIGINT)
    _, errors = grader.communicate(timeout=30)
    assert (grader.returncode, len(errors.splitlines())) == (130, 1), errors
    assert_nothing_left(tmp_path, processes)


@pytest.mark.parametrize("level", COMMANDS)
def test_ctrl_c_in_a_learners_loop_ends_everything_with_one_line(tmp_path: Path, level: str) -> None:
    grader, processes = started(tmp_path, level)
    os.killpg(grader.pid, signal.SIGINT)
    _, errors = grader.communicate(timeout=30)
    assert (grader.returncode, len(errors.splitlines())) == (130, 1), errors
    assert_nothing_left(tmp_path, processes)


@pytest.mark.parametrize("level", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_grader_that_is_killed_takes_its_processes_along(tmp_path: Path, number: signal.Signals, level: str) -> None:
    grader, processes = started(tmp_path, level)
    grader.send_signal(number)
    grader.communicate(timeout=30)
    assert grader.returncode == -number
    assert len(processes) == (2 if level == "A" else 1)
    assert_nothing_left(tmp_path, processes)


def test_a_zygote_that_is_killed_takes_its_workers_along_and_costs_one_report(tmp_path: Path) -> None:
    grader, processes = started(tmp_path, "A")
    (zygote,) = children(grader.pid)
    os.kill(zygote, signal.SIGKILL)
    grader.communicate(timeout=60)
    assert grader.returncode in {1, 3}
    until(lambda: not any(map(is_alive, processes)))


def resident(process: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()


def open_descriptors(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def threads(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/task"))


#: Level to how often each of four files is graded. A fresh child takes twenty times as long as a forked one.
OFTEN = {"A": 75, "F": 10}


@pytest.mark.parametrize(("level", "times"), OFTEN.items())
def test_three_hundred_gradings_leave_no_trace(level: str, times: int) -> None:
    texts = [
        INNOCENT,
        INNOCENT.replace("return x * y", "raise ValueError"),
        f"import os\nos._exit(0)\n{INNOCENT}",
        "import numpy as np\nimport fractions, numpy.random\n"
        + INNOCENT.replace("return x * y", "return np.ones(1000)"),
    ]
    with Cage(level) as cage:
        for text in texts * min(5, times):
            cage.grade(text)
        graders = [os.getpid()] if level == "F" else [os.getpid(), cage.zygote]
        before = [(open_descriptors(process), threads(process), resident(process)) for process in graders]
        for text in texts * times:
            # This looks for processes that are left, zombies too.
            cage.grade(text)
        after = [(open_descriptors(process), threads(process), resident(process)) for process in graders]
    for (*counts, memory), (*counts_after, memory_after) in zip(before, after, strict=True):
        assert counts_after == counts
        # Python's allocator keeps some pages; three hundred leaks of 10 kB would be more.
        assert memory_after - memory < 3_000_000


LARGE = """\
import numpy as np
class AddLayer:
    numbers = [12345.5, 23456.5, 34567.5, 45678.5, 56789.5, 67890.5, 123.25, 234.25, 345.25, 456.25, 567.25, 678.25]
    def forward(self, x, y):
        return (np.ones(8000),) * 4
    backward = lambda self, dout: self.forward(0, 0)
class MulLayer(AddLayer):
    numbers = [1345.5, 2456.5, 3567.5, 4678.5, 5789.5, 6890.5, 13.25, 23.25, 35.25, 46.25, 57.25, 68.25]
"""
MEASURE = """\
import json, sys
from harness.assignment import built_in
from harness.grader import grade
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes
with Sandbox() as sandbox:
    report = grade(submission_from_bytes("layers.py", sys.stdin.buffer.read()), built_in(), sandbox=sandbox)
# Not ru_maxrss, which counts what the process that started this one had.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([report.outcome, report.score, peak * 1024]))
"""


@pytest.mark.parametrize("text", [INNOCENT, LARGE], ids=["a right file", "large answers"])
def test_answers_do_not_fill_the_graders_memory(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", MEASURE],
        input=text.encode(),
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    outcome, score, peak = json.loads(done.stdout)
    assert (outcome, score) == ("graded", 100.0 if text == INNOCENT else 0.0)
    # An interpreter with numpy has some 60 MB.
    assert peak < 150_000_000
