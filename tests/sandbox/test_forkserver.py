"""Workers that end by themselves, a zygote that dies, and a grader short of descriptors."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("the fork server exists on Linux only", allow_module_level=True)

from cage import INNOCENT, Cage
from processes import children, is_alive, until

from harness.assignment import built_in
from harness.errors import SandboxError
from harness.grader import grade
from harness.records import Outcome
from harness.sandbox import forkserver, launch
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.forkserver import ForkServer
from harness.sandbox.importable import EVERYTHING_IN_NUMPY
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import FORWARD, NEW, Answer, Done, Load, Run, Source, Step
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

#: One second of processor time.
LIMITS = WorkerLimits(call_seconds=5.0, submission_seconds=0.5)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    made = ForkServer()
    yield made
    made.close()


def asked(worker: Worker, body: str, seconds: float = 20.0) -> Any:
    """Have the worker call a function with this body; return its answer."""
    text = "import os, signal, time\nclass A:\n    def forward(self):\n" + "".join(
        f"        {line}\n" for line in body.splitlines()
    )
    worker.send(Load([Source(text, 1)], False), seconds)
    worker.receive(seconds)
    worker.receive(seconds)
    worker.send(Run(["A"], [0], [[Step(NEW, 0, [0]), Step(FORWARD, 0, [])]]), seconds)
    answer = worker.receive(seconds)
    if isinstance(answer, Answer):
        assert isinstance(worker.receive(seconds), Done)
    return answer


ENDINGS = {
    "exit 0": ("os._exit(0)", Ending.CRASHED, "ended by itself"),
    "exit 3": ("os._exit(3)", Ending.CRASHED, "ended by itself"),
    "abort": ("os.abort()", Ending.CRASHED, "signal 6 (Aborted)"),
    "an unknown signal": ("os.kill(os.getpid(), 40)", Ending.CRASHED, "signal 40"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", Ending.MEMORY, "signal 9"),
    "processor time": ("while True: pass", Ending.TIMEOUT, "processor time"),
    "processor time ignored": (
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        Ending.TIMEOUT,
        "processor time",
    ),
    "hung up": ("os.close(3)\ntime.sleep(100)", Ending.CRASHED, "closed the grading channel"),
}


@pytest.mark.parametrize(("body", "ending", "words"), ENDINGS.values(), ids=list(ENDINGS))
def test_how_a_worker_ended_is_told(server: ForkServer, body: str, ending: Ending, words: str) -> None:
    with server.spawn(LIMITS) as worker, pytest.raises(WorkerGone) as gone:
        asked(worker, body)
    assert gone.value.ending is ending
    assert words in gone.value.message
    assert worker.exit is not None


def test_silence_is_a_timeout(server: ForkServer) -> None:
    with server.spawn(LIMITS) as worker, pytest.raises(WorkerGone) as gone:
        asked(worker, "time.sleep(100)", seconds=0.3)
    assert gone.value.ending is Ending.TIMEOUT


def test_a_worker_that_does_not_read_is_a_timeout(server: ForkServer) -> None:
    with server.spawn(LIMITS) as worker:
        worker.send(Load([Source("import time\ntime.sleep(100)", 1)], False), 5)
        with pytest.raises(WorkerGone) as gone:
            worker.send(bytes(50_000_000), 0.3)
    assert gone.value.ending is Ending.TIMEOUT


def test_sending_to_a_worker_that_ended_tells_how_it_ended(server: ForkServer) -> None:
    with server.spawn(LIMITS) as worker:
        worker.send(Load([Source("import os\nos._exit(0)", 1)], False), 5)
        worker.receive(20)
        with pytest.raises(WorkerGone, match="ended by itself"):
            worker.send(bytes(100_000_000), 20)


def test_the_processor_time_that_a_worker_used_is_the_systems_word(server: ForkServer) -> None:
    with server.spawn(LIMITS) as worker:
        asked(worker, "end = time.process_time() + 0.2\nwhile time.process_time() < end: pass")
    assert worker.exit is not None
    assert 0.2 <= worker.exit.cpu_seconds < 1.0


def test_two_workers_live_side_by_side(server: ForkServer) -> None:
    with server.spawn(LIMITS) as one, server.spawn(LIMITS) as other:
        answers = [asked(worker, "return os.getuid()") for worker in (one, other)]
        one.close()
        assert isinstance(asked(other, "return 1"), Answer)
    assert all(isinstance(answer, Answer) for answer in answers)
    if "uid" in one.locks:
        assert answers[0].values != answers[1].values


def test_an_interrupted_start_does_not_confuse_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ForkServer()
    try:
        assert server.missing is not None
        real = ForkServer._control_message

        def interrupted(self: ForkServer, deadline: float) -> Any:
            monkeypatch.setattr(ForkServer, "_control_message", real)
            raise KeyboardInterrupt

        monkeypatch.setattr(ForkServer, "_control_message", interrupted)
        with pytest.raises(KeyboardInterrupt):
            server.spawn(LIMITS)
        worker = server.spawn(LIMITS)
        with pytest.raises(WorkerGone, match="too long"):
            asked(worker, "time.sleep(100)", seconds=0.2)
        worker.close()
        assert worker.exit is not None
        assert worker.exit.status == -signal.SIGKILL
        assert children(server._process.pid) == set()
    finally:
        server.close()


# The zygote


def kill_zygote(server: ForkServer) -> None:
    server._process.kill()
    server._process.wait()


def test_a_zygote_that_was_killed_is_replaced() -> None:
    submission = submission_from_bytes("layers.py", INNOCENT.encode())
    server = ForkServer()
    with Sandbox(starter=server) as sandbox:
        before = grade(submission, built_in(), sandbox=sandbox)
        kill_zygote(server)
        after = grade(submission, built_in(), sandbox=sandbox)
    assert before.score == after.score == 100.0
    assert before.isolation == after.isolation


def test_workers_whose_zygote_dies_end_with_it() -> None:
    server = ForkServer()
    with server.spawn(LIMITS) as one, server.spawn(LIMITS) as other:
        pids = [int(asked(worker, "return os.getpid()").values[0]) for worker in (one, other)]
        kill_zygote(server)
        for worker in (one, other):
            with pytest.raises(WorkerGone):
                worker.receive(20)
    until(lambda: not any(map(is_alive, pids)))
    server.close()


def test_a_zygote_that_cannot_start_is_the_graders_fault_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_START", "import sys; sys.exit('numpy is broken')")
    with Sandbox() as sandbox:
        report = grade(submission_from_bytes("layers.py", INNOCENT.encode()), built_in(), sandbox=sandbox)
    assert report.outcome is Outcome.GRADER_FAULT
    assert report.score is None
    assert "numpy is broken" in report.warnings[0].message


def test_a_zygote_that_is_not_there_is_the_graders_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(SandboxError, match="could not start"):
        ForkServer()


def test_a_worker_that_cannot_be_locked_down_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (
        "import sys; sys.path[:0] = {path!r}; from harness.sandbox import lockdown\n"
        "def refuse(*arguments, **named): raise OSError('the lock is stuck')\n"
        "lockdown.lock_down = refuse\n"
        "from harness.sandbox.zygote import main; main()"
    )
    monkeypatch.setattr(launch, "_START", broken)
    server = ForkServer()
    try:
        with pytest.raises(SandboxError, match="could not be locked down: the lock is stuck"):
            server.spawn(LIMITS)
        assert children(server._process.pid) == set()
    finally:
        server.close()


def test_a_worker_that_dies_in_the_making_is_the_graders_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (
        "import sys; sys.path[:0] = {path!r}; import os; from harness.sandbox import lockdown\n"
        "lockdown.lock_down = lambda *arguments, **named: os._exit(1)\n"
        "from harness.sandbox.zygote import main; main()"
    )
    monkeypatch.setattr(launch, "_START", broken)
    server = ForkServer()
    try:
        with pytest.raises(SandboxError, match="could not be started"):
            server.spawn(LIMITS)
    finally:
        server.close()


def test_a_zygote_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_START", "import time; time.sleep(100)")
    monkeypatch.setattr(forkserver, "_START_SECONDS", 0.2)
    server = ForkServer()
    with pytest.raises(SandboxError, match="does not answer"):
        server.spawn(LIMITS)
    process = server._process
    server.close()
    assert process.returncode == -signal.SIGKILL


def test_closing_the_server_ends_the_workers_too() -> None:
    server = ForkServer()
    worker = server.spawn(LIMITS)
    pid = int(asked(worker, "return os.getpid()").values[0])
    zygote = server._process.pid
    server.close()
    worker.close()
    until(lambda: not any(map(is_alive, (pid, zygote))))


def test_a_worker_with_no_clean_exit_has_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ForkServer()
    worker = server.spawn(LIMITS)
    kill_zygote(server)
    worker.close()
    assert worker.exit is not None
    assert worker.exit.status is None
    server.close()


# Imports


HIDDEN = {
    "a module": ("fractions", "__import__('frac' + 'tions')"),
    "a part of numpy": ("numpy.random", "getattr(__import__('numpy'), 'ran' + 'dom')"),
    "everything in numpy": (EVERYTHING_IN_NUMPY, "getattr(__import__('numpy'), 'poly' + 'nomial')"),
}


@pytest.mark.parametrize(("module", "expression"), HIDDEN.values(), ids=list(HIDDEN))
def test_what_another_file_imported_is_not_there_for_the_next(server: ForkServer, module: str, expression: str) -> None:
    body = f"return float(bool({expression}))"
    with server.spawn(LIMITS, [module]) as first:
        assert asked(first, body).values == [1.0]
    with server.spawn(LIMITS) as second:
        assert asked(second, body).kind == "ModuleNotFoundError"


# Descriptors


def open_descriptors() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd")}


@pytest.fixture
def room() -> Iterator[None]:
    """A limit on descriptors that a test may lower or fill."""
    before, limits = open_descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    for descriptor in open_descriptors() - before:
        try:
            os.close(descriptor)
        except OSError:
            continue
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.usefixtures("room")
def test_a_grader_with_thousands_of_open_files_grades_as_ever() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 2500:
        pytest.skip("this machine allows too few open files to try it")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2500, most))
    for _ in range(1200):
        os.dup(0)
    with Cage("A") as cage:
        cage.assert_unharmed()


@pytest.mark.parametrize("free", [0, 1, 2])
@pytest.mark.usefixtures("room")
def test_a_grader_that_runs_out_of_descriptors_says_so_and_recovers(server: ForkServer, free: int) -> None:
    assert server.missing is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_descriptors()
    # A worker takes three: both ends of its channel, of which one stays, and its pidfd.
    resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0) + free, hard))
    with pytest.raises(SandboxError, match=r"connection to a worker|too many files"):
        server.spawn(LIMITS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(open_descriptors()) == len(before) + 1
    with server.spawn(LIMITS) as fresh:
        assert isinstance(asked(fresh, "return 1"), Answer)
