"""Level D on any system: a fresh child process, with nothing but pipes, threads and the right to kill a child."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cage import INNOCENT, SHORT
from processes import is_alive, until

import harness
from harness.errors import SandboxError
from harness.grader import grade
from harness.records import Report
from harness.sandbox import child, fresh
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import FORWARD, NEW, Answer, Done, Load, Run, Source, Step
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

ROOT = Path(harness.__file__).resolve().parent.parent
LIMITS = WorkerLimits()


def graded(text: str) -> Report:
    threads = threading.active_count()
    with Sandbox(starter=FreshStarter()) as sandbox:
        report = grade(submission_from_bytes("layers.py", text.encode()), SHORT, sandbox=sandbox)
    assert threading.active_count() == threads
    return report


def in_mul(body: str) -> str:
    """A right AddLayer, and a MulLayer whose forward does this."""
    add = INNOCENT.partition("class MulLayer")[0]
    mul = f"class MulLayer:\n    def forward(self, x, y):\n        {body}\n"
    return f"import os, sys, time\n{add}{mul}    def backward(self, dout):\n        return dout, dout\n"


def asked(worker: Worker, body: str, seconds: float = 20.0) -> Any:
    text = f"import os, sys, time\nclass A:\n    def forward(self):\n        {body}\n"
    worker.send(Load([Source(text, 1)], False), seconds)
    worker.receive(seconds)
    worker.receive(seconds)
    worker.send(Run(["A"], [0], [[Step(NEW, 0, [0]), Step(FORWARD, 0, [])]]), seconds)
    answer = worker.receive(seconds)
    if isinstance(answer, Answer):
        assert isinstance(worker.receive(seconds), Done)
        return answer.values[0]
    return answer


def assert_ends(pid: int) -> None:
    """Wait for a process to end; kill it when it does not."""
    try:
        until(lambda: not is_alive(pid))
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        raise


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = FreshStarter().spawn(LIMITS)
    yield made
    made.close()


def test_a_right_file_gets_full_marks_and_the_report_names_the_level() -> None:
    report = graded(INNOCENT)
    assert report.score == 100.0
    assert report.isolation is not None
    assert report.isolation.level == "D"


# Each of these costs the checks that needed the call, and nothing else.
SPOILT = {
    "a loop": ("while True: pass", "timeout"),
    "a sleep": ("time.sleep(1000)", "timeout"),
    "C code": ("return sum(range(10 ** 12))", "timeout"),
    "an exit": ("os._exit(0)", "crashed"),
    "an exit with a status": ("os._exit(7)", "crashed"),
    "an abort": ("os.abort()", "crashed"),
    "garbage on the channel": ("os.write(4, bytes([255]) * 100000)", "crashed"),
    "a closed channel": ("os.close(4); time.sleep(1000)", "crashed"),
    "a gigabyte": ("return bytes(1 << 31)", "memory_limit"),
    "a thread that stays": (
        "import threading; threading.Thread(target=time.sleep, args=(1000,)).start(); os._exit(0)",
        "crashed",
    ),
}


@pytest.mark.parametrize(("body", "verdict"), SPOILT.values(), ids=list(SPOILT))
def test_a_call_that_ends_badly_costs_only_its_own_checks(body: str, verdict: str) -> None:
    report = graded(in_mul(body))
    verdicts = {check.id: str(check.verdict) for check in report.checks}
    assert (verdicts["MulLayer.forward"], report.score) == (verdict, 30.0)


FLOODS = {
    "print": "for _ in range(100): print('x' * 10 ** 7)",
    "standard output": "for _ in range(100): os.write(1, b'x' * 10 ** 7)",
    "standard error": "for _ in range(100): os.write(2, b'x' * 10 ** 7)",
    "the first stream": "sys.__stdout__.write('x' * 10 ** 7)",
}


@pytest.mark.parametrize("body", FLOODS.values(), ids=list(FLOODS))
def test_floods_of_output_go_nowhere(body: str) -> None:
    assert graded(f"import os, sys\n{body}\n{INNOCENT}").score == 100.0


def test_a_child_that_floods_the_channel_does_not_fill_the_graders_memory() -> None:
    with FreshStarter().spawn(LIMITS) as made:
        made.send(Load([Source("import os\nwhile True: os.write(4, bytes(1 << 20))\n", 1)], False), 5)
        channel: Any = made._channel
        while not channel._received.full():
            time.sleep(0.01)
        # A piece has 64 kB at most, and each thing that waits is one piece.
        assert channel._received.maxsize * 65536 <= 4 << 20
        made.receive(20)
        with pytest.raises(WorkerGone, match="broke the grading channel"):
            made.receive(20)


def assert_closes_whole(worker: Worker) -> None:
    channel: Any = worker._channel
    worker.close()
    assert not any(thread.is_alive() for thread in channel._threads)
    assert channel._process.stdin.closed
    assert channel._process.stdout.closed


#: How a grandchild comes to be, and whether it is in the group that ends with the worker.
GRANDCHILDREN = {"in the group": ("", True), "that got away": ("os.setsid()", False)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("end", ["os._exit(0)", "time.sleep(1000)"], ids=["an exit", "a sleep"])
@pytest.mark.parametrize(("escape", "ends"), GRANDCHILDREN.values(), ids=list(GRANDCHILDREN))
def test_a_grandchild_that_holds_the_pipes_holds_up_nobody(
    worker: Worker, tmp_path: Path, escape: str, ends: bool, end: str
) -> None:
    told = tmp_path / "pid"
    grandchild = f"{escape}\nopen({str(told) + '~'!r}, 'w').write(str(os.getpid()))"
    grandchild += f"\nos.rename({str(told) + '~'!r}, {str(told)!r})\ntime.sleep(1000)"
    body = f"os.fork() or exec({grandchild!r})"
    wait = f"while not os.path.exists({str(told)!r}): time.sleep(0.01)"
    text = f"import os, time\n{body}\n{wait}\n{end}\n"
    worker.send(Load([Source(text, 1)], False), 5)
    worker.receive(20)
    with pytest.raises(WorkerGone) as gone:
        # It is told apart from a loop, although the pipe stays open.
        worker.receive(60.0 if "exit" in end else 0.5)
    assert gone.value.ending is (Ending.CRASHED if "exit" in end else Ending.TIMEOUT)
    # Nobody reads these, and the grandchild keeps the other end open.
    worker.send(bytes(1_000_000), 0.1)
    until(told.exists)
    assert_closes_whole(worker)
    pid = int(told.read_text())
    if ends:
        assert_ends(pid)
    else:
        os.kill(pid, signal.SIGKILL)


def test_the_next_submission_is_unharmed() -> None:
    with Sandbox(starter=FreshStarter()) as sandbox:
        for text in (in_mul("os._exit(1)"), INNOCENT):
            report = grade(submission_from_bytes("layers.py", text.encode()), SHORT, sandbox=sandbox)
    assert report.score == 100.0


def test_a_child_that_dies_tells_its_status(worker: Worker) -> None:
    with pytest.raises(WorkerGone, match=r"exit status 7") as gone:
        asked(worker, "os._exit(7)")
    assert gone.value.ending is Ending.CRASHED


SIGNALS = {
    "SIGKILL": (Ending.MEMORY, r"ended by signal 9 \(Killed"),
    "SIGABRT": (Ending.CRASHED, r"ended by signal 6 \(Abort"),
    "SIGXCPU": (Ending.TIMEOUT, "too much processor time"),
}


@pytest.mark.parametrize(("name", "told"), SIGNALS.items(), ids=list(SIGNALS))
def test_a_child_that_the_system_ended_tells_by_which_signal(
    worker: Worker, name: str, told: tuple[Ending, str]
) -> None:
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip(f"this system has no {name}")
    with pytest.raises(WorkerGone, match=told[1]) as gone:
        asked(worker, f"os.kill(os.getpid(), {int(number)})")
    assert gone.value.ending is told[0]


@pytest.mark.skipif(sys.platform != "linux", reason="has signals without a name")
def test_a_child_that_a_signal_without_a_name_ended_tells_its_number(worker: Worker) -> None:
    with pytest.raises(WorkerGone, match="ended by signal 40"):
        asked(worker, "os.kill(os.getpid(), 40)")


def test_a_child_that_is_silent_is_killed(worker: Worker) -> None:
    with pytest.raises(WorkerGone) as gone:
        asked(worker, "time.sleep(1000)", 0.3)
    worker.close()
    assert gone.value.ending is Ending.TIMEOUT
    assert worker.exit is not None
    assert worker.exit.status != 0


def test_a_child_that_reads_nothing_is_found_out_by_the_answers_deadline(worker: Worker) -> None:
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("this system cannot stop a process")
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    worker.send(Load([Source(text, 1)], False), 5)
    worker.receive(20)
    # What was parsed is told before it runs.
    os.waitid(os.P_PID, worker._channel._process.pid, os.WSTOPPED | os.WNOWAIT)  # type: ignore[attr-defined]
    worker.send(bytes(10_000_000), 0.1)
    with pytest.raises(WorkerGone, match="too long"):
        worker.receive(0.1)
    assert_closes_whole(worker)


def test_writing_to_a_child_that_ended_is_found_out_by_reading(worker: Worker) -> None:
    with pytest.raises(WorkerGone):
        asked(worker, "os._exit(0)")
    worker.send(bytes(1_000_000), 0.1)
    with pytest.raises(WorkerGone):
        worker.receive(0.1)


def test_closing_twice_is_closing_once(worker: Worker) -> None:
    worker.close()
    first = worker.exit
    worker.close()
    assert worker.exit is first


def test_the_child_does_not_see_the_graders_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUT_TEST_SECRET", "x")
    with FreshStarter().spawn(LIMITS) as made:
        assert asked(made, "return float('DOUT_TEST_SECRET' in os.environ)") == 0.0
        assert asked(made, "return float(os.environ['OPENBLAS_NUM_THREADS'])") == 1.0


def test_the_child_does_not_import_the_reference_by_chance(worker: Worker) -> None:
    answer = asked(worker, "import reference.layers")
    assert answer.kind == "ModuleNotFoundError"


def test_a_python_that_is_not_there_is_the_graders_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(SandboxError, match="could not be started"):
        FreshStarter().spawn(LIMITS)


def test_a_child_that_cannot_start_is_the_graders_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "_START", "import sys; sys.exit(5)")
    with pytest.raises(SandboxError, match=r"could not be started: .*status 5"):
        FreshStarter().spawn(LIMITS)


def test_a_child_that_hangs_at_its_start_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "_START", "import time; time.sleep(1000)")
    monkeypatch.setattr(fresh, "_START_SECONDS", 0.3)
    with pytest.raises(SandboxError, match="too long"):
        FreshStarter().spawn(LIMITS)


def test_an_interrupted_start_leaves_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def interrupted(self: Worker, *arguments: float) -> None:
        made.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Worker, "receive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        FreshStarter().spawn(LIMITS)
    assert made[0].exit is not None


# Systems that have less


def test_a_system_without_resource_limits_runs_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert child._limit(1, 1) == []


def test_a_system_that_refuses_a_limit_runs_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")

    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert child._limit(1, 1) == []


def test_a_system_with_limits_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    wanted: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", wanted.__setitem__)
    assert child._limit(1 << 29, 7) == ["rlimits"]
    assert wanted[resource.RLIMIT_AS] == (1 << 30, 1 << 30)
    assert wanted[resource.RLIMIT_CPU] == (7, 8)


def test_a_system_that_refuses_the_limit_on_memory_still_limits_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    wanted: dict[int, tuple[int, int]] = {}

    def refuse(kind: int, limits: tuple[int, int]) -> None:
        if kind == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")
        wanted[kind] = limits

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert child._limit(1, 7) == []
    assert wanted[resource.RLIMIT_CPU] == (7, 8)


#: What Windows does not have, taken away from the grader and from the learner's process.
HIDE = """\
import sys, os, signal, socket, select
for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "crypt", "readline", "_posixshmem"):
    sys.modules[name] = None
for name in ("fork", "forkpty", "pidfd_open", "getuid", "geteuid", "getgid", "setuid", "setsid", "wait4",
             "posix_spawn", "sched_getaffinity", "mkfifo", "nice", "uname", "getpgid", "getpgrp", "killpg", "waitid"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGALRM", "SIGXCPU", "SIGHUP", "SIGUSR1", "setitimer", "alarm", "pidfd_send_signal", "pthread_kill"):
    if hasattr(signal, name):
        delattr(signal, name)
for name in ("AF_UNIX", "send_fds", "recv_fds", "SCM_RIGHTS"):
    if hasattr(socket, name):
        delattr(socket, name)
for name in ("poll", "epoll"):
    if hasattr(select, name):
        delattr(select, name)
sys.platform = "win32"
"""
GRADE = """\
import subprocess, threading, tempfile, pathlib, shutil
{hide}
from harness.sandbox import fresh
fresh._START = {hide!r} + fresh._START
import harness.cli
sys.exit(harness.cli.main(sys.argv[1:]))
"""


def command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run ``dout`` as on a system without anything of POSIX."""
    return subprocess.run(
        [sys.executable, "-B", "-c", GRADE.format(hide=HIDE), *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )


KOREAN = '''\
# -*- coding: cp949 -*-
"""곱셈과 덧셈 계층"""
print("안녕하세요", "\\u2713")


class 오류(Exception):
    pass
'''


def test_a_system_without_posix_grades_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(INNOCENT, encoding="utf-8")
    done = command("grade", str(path), "--format", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    report = json.loads(done.stdout)
    assert (report["score"], report["isolation"]) == (100.0, {"level": "D", "layers": []})


def test_a_system_without_posix_stops_a_loop_and_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    text = in_mul("os._exit(1)").replace("return dout, dout", "while True: pass", 1)
    path.write_text(text, encoding="utf-8")
    done = command("grade", str(path), "--format", "json")
    assert (done.returncode, done.stderr) == (1, b"")
    verdicts = {check["id"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert verdicts["AddLayer.forward"] == "passed"
    assert verdicts["AddLayer.backward"] == "timeout"
    assert verdicts["MulLayer.forward"] == "crashed"


@pytest.mark.parametrize("mode", [{"PYTHONIOENCODING": "cp949"}, {"PYTHONIOENCODING": "ascii"}], ids=["cp949", "ascii"])
def test_a_korean_console_shows_the_report(tmp_path: Path, mode: dict[str, str]) -> None:
    folder = tmp_path / "과제"
    folder.mkdir()
    path = folder / "계층.py"
    path.write_bytes((KOREAN + in_mul('raise 오류("틀렸어요 \\u2713 \\ud800")')).encode("cp949"))
    done = command("grade", str(path), PYTHONUTF8="0", LC_ALL="C.UTF-8", **mode)
    assert (done.returncode, done.stderr) == (1, b"")
    text = done.stdout.decode(mode["PYTHONIOENCODING"])
    assert "SCORE 30/100" in text
    if mode["PYTHONIOENCODING"] == "cp949":
        assert "계층.py" in text
        assert "틀렸어요" in text


def test_the_other_systems_start_a_fresh_child_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    with Sandbox() as sandbox:
        assert isinstance(sandbox._starter, FreshStarter)
        assert "ordinary child process" in sandbox.missing["seccomp"]


def test_the_package_can_lie_in_a_folder_with_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "홍길동 {0} 'x' \"y\" %s"
    folder.mkdir()
    for name in ("harness", "reference"):
        (folder / name).symlink_to(ROOT / name)
    script = textwrap.dedent(
        """\
        import sys
        from harness.sandbox.fresh import FreshStarter
        from harness.sandbox.limits import WorkerLimits
        with FreshStarter().spawn(WorkerLimits()) as worker:
            print(len(worker.locks))
        """
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# The end of the grader


def test_ctrl_c_that_reaches_a_starting_child_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("processes are not ended by signals there")
    monkeypatch.setattr(fresh, "_START", "import os, signal; os.kill(os.getpid(), signal.SIGINT)  # {root} {memory}")
    with pytest.raises(KeyboardInterrupt):
        FreshStarter().spawn(WorkerLimits())


def test_ctrl_c_leaves_no_child(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(in_mul("while True: pass"), encoding="utf-8")
    script = (
        "import sys, os, subprocess\n"
        "from harness.sandbox import fresh, runner, launch\n"
        "real = subprocess.Popen.__init__\n"
        "def told(self, *a, **k):\n"
        "    real(self, *a, **k); print(self.pid, flush=True)\n"
        "subprocess.Popen.__init__ = told\n"
        "del os.pidfd_open\n"
        "import harness.cli\n"
        "sys.exit(harness.cli.main(sys.argv[1:]))\n"
    )
    grader = subprocess.Popen(
        [sys.executable, "-B", "-c", script, "grade", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert grader.stdout is not None
    pid = int(grader.stdout.readline())
    os.killpg(grader.pid, signal.SIGINT)
    _, errors = grader.communicate(timeout=20)
    assert grader.returncode == 130
    assert "Traceback" not in errors
    assert_ends(pid)


BUSY = {
    "a loop": "while True: pass",
    "a loop that nothing interrupts": "import sys\nsys.setswitchinterval(1e9)\nwhile True: pass",
    "a sleep": "import time\ntime.sleep(1000)",
    "a loop that took the way out": "import os\nos._exit = os.killpg = print\nwhile True: pass",
    "C code that holds the interpreter": "sum(range(10 ** 13))",
    "C code that ignores the first signal": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nsum(range(10 ** 13))"
    ),
}


#: What of these the system itself has to end: nothing else can.
UNINTERRUPTED = {name for name in BUSY if name.startswith("C code") or "nothing" in name}


@pytest.mark.parametrize(
    ("text", "hide"),
    [
        pytest.param(text, hide, id=f"{name}, {system}")
        for name, text in BUSY.items()
        for system, hide in {"this system": "", "a system without POSIX": HIDE}.items()
        if not (hide and name in UNINTERRUPTED)
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="asks for the process by a signal")
def test_a_child_whose_grader_was_killed_ends_too(tmp_path: Path, text: str, hide: str) -> None:
    script = (
        "import sys, time\n"
        "from harness.sandbox import fresh\n"
        "from harness.sandbox.limits import WorkerLimits\n"
        "from harness.sandbox.protocol import Load, Source\n"
        "fresh._START = sys.argv[2] + fresh._START\n"
        "made = fresh.FreshStarter().spawn(WorkerLimits(submission_seconds=1.0))\n"
        "made.send(Load([Source(sys.argv[1], 1)], False), 5)\n"
        "made.receive(60)\n"
        "print(made._channel._process.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    grader = subprocess.Popen(
        [sys.executable, "-B", "-c", script, text, hide],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert grader.stdout is not None
    pid = int(grader.stdout.readline())
    grader.kill()
    grader.wait()
    grader.stdout.close()
    assert_ends(pid)
