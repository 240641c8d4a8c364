"""The seccomp filter in the kernel: what a learner's code meets when it tries more than to compute."""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("seccomp exists on Linux only", allow_module_level=True)

from locked_process import RESULT, Helper

from harness.sandbox import seccomp


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    """Whoever runs the tests: root in most containers."""
    made = Helper(__file__)
    yield made
    made.close()


SYSCALL = ctypes.CDLL(None, use_errno=True).syscall
SYSCALL.restype = ctypes.c_long


def raw(number: int, *arguments: Any) -> str | int:
    """Make a system call past the C library; return its result, or the name of its error."""
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = SYSCALL(ctypes.c_long(number), *values)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


def number_of(name: str) -> int:
    return seccomp.NUMBERS[os.uname().machine][name]


def opens_a_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def creates_a_file() -> None:
    os.open("/tmp/made-by-a-learner", os.O_WRONLY | os.O_CREAT, 0o600)


def lists_a_directory() -> None:
    os.listdir("/")


def stats_a_file() -> None:
    os.stat("/etc/passwd")


def reads_a_link() -> None:
    os.readlink("/proc/self/exe")


def changes_directory() -> None:
    os.chdir("/tmp")


def forks() -> None:
    if os.fork() == 0:
        os._exit(0)


def spawns() -> None:
    os.posix_spawn("/bin/true", ["true"], {})


def executes() -> None:
    os.execv("/bin/true", ["true"])


def starts_a_thread() -> None:
    threading.Thread(target=print).start()


def connects_by_path() -> None:
    socket.socket(socket.AF_UNIX)


def connects_by_tcp() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def connects_by_udp() -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)


def talks_to_the_kernel() -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


def talks_to_the_host() -> None:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


def makes_a_pair_of_sockets() -> None:
    socket.socketpair()


def makes_a_pipe() -> None:
    os.pipe()


def makes_memory_outside_the_limit() -> None:
    os.memfd_create("memory")


def probes_its_parent() -> None:
    os.kill(os.getppid(), 0)


def signals_everything() -> None:
    os.kill(-1, 0)  # number 0 only asks whether it would be allowed


def opens_its_parent() -> None:
    os.pidfd_open(os.getppid())


def sets_a_timer() -> None:
    signal.setitimer(signal.ITIMER_REAL, 1000)


def maps_code() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)


def changes_its_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (0, 0))


def reads_its_parents_limits() -> None:
    resource.prlimit(os.getppid(), resource.RLIMIT_AS)


def changes_its_priority() -> None:
    os.nice(1)


def changes_its_processors() -> None:
    os.sched_setaffinity(0, {0})


def asks_for_signals_by_descriptor() -> None:
    fcntl.fcntl(RESULT, fcntl.F_SETOWN, os.getppid())


REFUSED = {
    "open": (opens_a_file, "PermissionError EACCES"),
    "create": (creates_a_file, "PermissionError EACCES"),
    "list": (lists_a_directory, "PermissionError EACCES"),
    "stat": (stats_a_file, "FileNotFoundError ENOENT"),
    "readlink": (reads_a_link, "FileNotFoundError ENOENT"),
    "chdir": (changes_directory, "PermissionError EPERM"),
    "fork": (forks, "PermissionError EPERM"),
    "posix_spawn": (spawns, "PermissionError EPERM"),
    "exec": (executes, "PermissionError EPERM"),
    "thread": (starts_a_thread, "RuntimeError: can't start new thread"),
    "AF_UNIX": (connects_by_path, "PermissionError EPERM"),
    "TCP": (connects_by_tcp, "PermissionError EPERM"),
    "UDP": (connects_by_udp, "PermissionError EPERM"),
    "AF_NETLINK": (talks_to_the_kernel, "PermissionError EPERM"),
    "AF_VSOCK": (talks_to_the_host, "PermissionError EPERM"),
    "socketpair": (makes_a_pair_of_sockets, "PermissionError EPERM"),
    "pipe": (makes_a_pipe, "PermissionError EPERM"),
    "memfd": (makes_memory_outside_the_limit, "PermissionError EPERM"),
    "kill the parent": (probes_its_parent, "PermissionError EPERM"),
    "kill everything": (signals_everything, "PermissionError EPERM"),
    "pidfd": (opens_its_parent, "PermissionError EPERM"),
    "timer": (sets_a_timer, "itimer_error EPERM"),
    "executable memory": (maps_code, "PermissionError EACCES"),
    "setrlimit": (changes_its_limits, "ValueError: not allowed to raise maximum limit"),
    "limits of the parent": (reads_its_parents_limits, "PermissionError EPERM"),
    "nice": (changes_its_priority, "PermissionError EPERM"),
    "affinity": (changes_its_processors, "PermissionError EPERM"),
    "F_SETOWN": (asks_for_signals_by_descriptor, "PermissionError EPERM"),
}


@pytest.mark.parametrize(("attack", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_seccomp_alone_refuses(helper: Helper, attack: Callable[[], Any], expected: str) -> None:
    outcome = helper.run(attack, {"seccomp"})
    assert (outcome.locks, outcome.raised) == (("seccomp",), expected)


#: uretprobe and uprobe of x86_64: the kernel lets them past every filter, and ends a process that calls them from
#: anywhere but a probe (kernel/seccomp.c, since Linux 6.14).
PAST_EVERY_FILTER = {335, 336}


def makes_every_call_without_a_rule() -> list[int]:
    skipped = {*seccomp.NUMBERS[os.uname().machine].values(), *PAST_EVERY_FILTER}
    return [number for number in range(601) if number not in skipped and raw(number, *[0] * 6) != "EPERM"]


def test_every_call_without_a_rule_is_refused(helper: Helper) -> None:
    assert helper.run(makes_every_call_without_a_rule).result == []


def makes_calls_past_the_library() -> dict[str, str | int]:
    space = ctypes.create_string_buffer(4096)
    at = ctypes.addressof(space)
    return {
        "clone3": raw(number_of("clone3"), 0, 0),
        "clone3 with arguments": raw(number_of("clone3"), at, 88),
        "stat by AT_EMPTY_PATH": raw(number_of("newfstatat"), -100, b"/etc/passwd", at, 0x1000),
        "statx by AT_EMPTY_PATH": raw(number_of("statx"), -100, b"/etc/passwd", 0x1000, 0xFFF, at),
        "the parent's clock": raw(number_of("clock_gettime"), ~os.getppid() << 3 | 2, at),
        "lock with priority": raw(number_of("futex"), at, 6, 0, 0),
        "ioctl": raw(number_of("ioctl"), RESULT, 0x5412, b"x"),  # TIOCSTI
        "own process id": raw(number_of("getpid")) == os.getpid(),
    }


def test_a_call_past_the_library_meets_the_same_rules(helper: Helper) -> None:
    assert helper.run(makes_calls_past_the_library).result == {
        "clone3": "ENOSYS",
        "clone3 with arguments": "ENOSYS",
        "stat by AT_EMPTY_PATH": "ENOENT",
        "statx by AT_EMPTY_PATH": "ENOENT",
        "the parent's clock": "EPERM",
        "lock with priority": "EPERM",
        "ioctl": "ENOTTY",
        "own process id": True,
    }


def calls_x32() -> None:
    raw(0x40000000 | 39)


def test_an_x32_call_ends_the_process(helper: Helper) -> None:
    assert helper.run(calls_x32).status == -signal.SIGSYS


#: mov eax, 20 (getpid); int 0x80; ret
CODE_OF_I386 = bytes.fromhex("b814000000cd80c3")
code_page: list[mmap.mmap] = []


def maps_code_of_i386() -> None:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(CODE_OF_I386)
    code_page.append(page)


def runs_code_of_i386() -> int:
    address = ctypes.addressof(ctypes.c_char.from_buffer(code_page[0]))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the code is for x86 processors")
def test_a_call_from_the_32_bit_instruction_set_ends_the_process(helper: Helper) -> None:
    outcome = helper.run(runs_code_of_i386, before=maps_code_of_i386)
    if outcome.status == -signal.SIGSEGV:
        pytest.skip("this kernel has no 32-bit system calls")
    assert outcome.status == -signal.SIGSYS


def aborts() -> None:
    os.abort()


def ends_itself() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("attack", "number"), [(aborts, signal.SIGABRT), (ends_itself, signal.SIGTERM)])
def test_a_worker_can_still_end_itself_by_a_signal(helper: Helper, attack: Callable[[], Any], number: int) -> None:
    assert helper.run(attack).status == -number


def computes_with_numpy() -> str:
    import gc

    import numpy as np

    rng = np.random.default_rng()
    matrix = rng.normal(size=(300, 300))
    assert np.allclose(np.linalg.inv(matrix) @ matrix, np.eye(300), atol=1e-6)
    assert np.linalg.svd(matrix, compute_uv=False).shape == (300,)
    assert np.allclose(np.fft.ifft(np.fft.fft(matrix)).real, matrix)
    assert np.einsum("ij,jk->ik", matrix, matrix).shape == (300, 300)
    assert len(np.unique(rng.permutation(50_000))) == 50_000
    big = np.ones(16_000_000)  # 128 MB: straight from mmap, and back
    assert big.sum() == 16_000_000
    del big
    big = np.arange(1_000_000)
    big.resize(2_000_000, refcheck=False)
    assert gc.collect() >= 0
    return str(np.array([0.5, np.nan]))


def computes_with_the_library() -> str:
    import random
    import secrets

    def deep(depth: int) -> int:
        return depth and 1 + deep(depth - 1)

    def endless() -> int:
        return 1 + endless()

    with pytest.raises(RecursionError):
        endless()
    sys.setrecursionlimit(20_000)
    assert deep(10_000) == 10_000
    time.sleep(0.001)
    assert time.process_time() > 0
    assert time.thread_time() > 0
    assert time.monotonic() > 0
    assert not threading.Lock().acquire(timeout=0.001) or not threading.Event().wait(0.001)
    assert secrets.token_bytes(8) != random.randbytes(8)
    assert sys.stdin is None or not os.isatty(0)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    assert os.getcwd()
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.raise_signal(signal.SIGUSR1)
    try:
        raise ValueError("an ordinary error")
    except ValueError as error:
        return str(error)


HONEST = {
    "numpy": (computes_with_numpy, "[0.5 nan]"),
    "standard library": (computes_with_the_library, "an ordinary error"),
}


@pytest.mark.parametrize(("attack", "expected"), HONEST.values(), ids=HONEST.keys())
def test_honest_code_runs_under_every_lock(helper: Helper, attack: Callable[[], Any], expected: str) -> None:
    outcome = helper.run(attack)
    assert (outcome.raised, outcome.result, outcome.status) == (None, expected, 0)
