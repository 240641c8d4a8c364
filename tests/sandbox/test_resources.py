"""What a grading takes of the machine it gives back: however it ends, and three hundred times over."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("looks at processes through /proc", allow_module_level=True)

from cage import INNOCENT, Cage, children_of

import harness

ROOT = Path(harness.__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
LOOP = INNOCENT.replace("self.x, self.y = x, y", "while True: pass")


def descendants(process: int) -> set[int]:
    """All processes below ``process``."""
    found: set[int] = set()
    waiting = [process]
    while waiting:
        children = children_of(waiting.pop()) - found
        found |= children
        waiting += children
    return found


def state(process: int) -> str:
    """Return the letter that the kernel gives to what a process does; "gone" when it has ended."""
    try:
        letter = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    except OSError:
        return "gone"
    # An orphan that ended waits for the first process of the machine, which may take its time.
    return "gone" if letter == "Z" else letter


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait for ``true()`` to be so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False


def started(tmp_path: Path, text: str) -> tuple["subprocess.Popen[str]", set[int]]:
    """A real ``dout grade`` of ``text`` whose worker computes, and all the processes below it."""
    path = tmp_path / "layers.py"
    path.write_text(text, encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    grader = subprocess.Popen(
        [sys.executable, "-B", "-m", "harness.cli", "grade", str(path), "--output", str(tmp_path / "report.txt")],
        env={**ENVIRONMENT, "TMPDIR": str(temporary)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def computes() -> bool:
        below = descendants(grader.pid)
        # The zygote and its worker, which loops.
        return len(below) >= 2 and all(state(process) in {"R", "S"} for process in below)

    assert eventually(computes)
    time.sleep(0.3)
    return grader, descendants(grader.pid)


@pytest.mark.parametrize("moment", [0.1, 0.15, 0.2, 0.3])
def test_ctrl_c_at_any_moment_leaves_nothing(tmp_path: Path, moment: float) -> None:
    path = tmp_path / "layers.py"
    path.write_text(LOOP, encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    grader = subprocess.Popen(
        [sys.executable, "-B", "-m", "harness.cli", "grade", str(path), "--output", str(tmp_path / "report.txt")],
        env={**ENVIRONMENT, "TMPDIR": str(temporary)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(moment)
    below = descendants(grader.pid)
    os.killpg(grader.pid, signal.SIGINT)
    _, errors = grader.communicate(timeout=30)
    assert grader.returncode in {130, -signal.SIGINT}
    assert eventually(lambda: all(state(process) == "gone" for process in below))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["layers.py", "temporary"]
    assert list(temporary.iterdir()) == []
    if moment >= 0.3:
        assert "Traceback" not in errors


def test_ctrl_c_in_a_learners_loop_ends_everything_with_one_line(tmp_path: Path) -> None:
    grader, below = started(tmp_path, LOOP)
    os.killpg(grader.pid, signal.SIGINT)
    _, errors = grader.communicate(timeout=30)
    assert grader.returncode == 130
    assert len(errors.splitlines()) <= 1, errors
    assert eventually(lambda: all(state(process) == "gone" for process in below))
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_grader_that_is_killed_takes_its_processes_along(tmp_path: Path, number: signal.Signals) -> None:
    grader, below = started(tmp_path, LOOP)
    grader.send_signal(number)
    grader.communicate(timeout=30)
    assert len(below) == 2
    assert eventually(lambda: all(state(process) == "gone" for process in below))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_zygote_that_is_killed_takes_its_workers_along_and_costs_one_report(tmp_path: Path) -> None:
    grader, below = started(tmp_path, LOOP)
    (zygote,) = children_of(grader.pid)
    os.kill(zygote, signal.SIGKILL)
    grader.communicate(timeout=60)
    assert grader.returncode in {1, 3}
    assert eventually(lambda: all(state(process) == "gone" for process in below))


def resident(process: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()


def open_descriptors(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def test_three_hundred_gradings_leave_no_trace() -> None:
    texts = [
        INNOCENT,
        INNOCENT.replace("return x * y", "raise ValueError"),
        f"import os\nos._exit(0)\n{INNOCENT}",
        "import numpy as np\n" + INNOCENT.replace("return x * y", "return np.ones(1000)"),
    ]
    with Cage("A") as cage:
        for text in texts * 5:
            cage.grade(text)
        graders = os.getpid(), cage.zygote
        before = [(open_descriptors(process), resident(process)) for process in graders]
        for text in texts * 75:
            cage.grade(text)
        after = [(open_descriptors(process), resident(process)) for process in graders]
        assert children_of(cage.zygote) == set()
    for (descriptors, memory), (descriptors_after, memory_after) in zip(before, after, strict=True):
        assert descriptors_after == descriptors
        # Python's allocator keeps some pages; three hundred leaks of 10 kB would be more.
        assert memory_after - memory < 3_000_000
