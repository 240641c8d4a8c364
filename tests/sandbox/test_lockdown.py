"""Each lock applied for real, in a process made for it, and its effect seen from inside."""

import contextlib
import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("these locks exist on Linux only", allow_module_level=True)

from locked_process import ALL, MEMORY, RESULT, Helper, ordinary_user

from harness.sandbox import landlock, libc, lockdown, seccomp


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    """Whoever runs the tests: root in most containers."""
    made = Helper(__file__)
    yield made
    made.close()


@pytest.fixture(scope="module")
def ordinary() -> Iterator[Helper]:
    """A user without privileges, as on a learner's machine."""
    made = Helper(__file__, ordinary_user())
    yield made
    made.close()


# Landlock


def opens_a_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def creates_a_file() -> None:
    os.open(f"/tmp/dout-test-{os.getpid()}", os.O_WRONLY | os.O_CREAT, 0o600)


def lists_a_directory() -> None:
    os.listdir("/")


def executes() -> None:
    os.execv("/bin/true", ["true"])


def signals_its_parent() -> None:
    os.kill(os.getppid(), 0)


def forks() -> None:
    if os.fork() == 0:
        os._exit(0)


def starts_a_thread() -> None:
    threading.Thread(target=print).start()


@pytest.mark.parametrize("attack", [opens_a_file, creates_a_file, lists_a_directory, executes])
def test_landlock_alone_hides_every_file(helper: Helper, attack: Callable[[], Any]) -> None:
    outcome = helper.run(attack, {"landlock"})
    assert (outcome.locks, outcome.raised) == (("landlock",), "PermissionError EACCES")


def binds_a_port() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))


def landlock_version() -> int:
    return libc.system_call("landlock", 444, None, 0, 1)


def test_landlock_alone_refuses_tcp(helper: Helper) -> None:
    outcome = helper.run(binds_a_port, {"landlock"})
    if landlock_version() < 4:
        pytest.skip("this kernel's Landlock has no network rights (needs Linux 6.7)")
    assert outcome.raised == "PermissionError EACCES"


def test_landlock_alone_refuses_signals_to_others(helper: Helper) -> None:
    outcome = helper.run(signals_its_parent, {"landlock"})
    if landlock_version() < 6:
        pytest.skip("this kernel's Landlock has no scope for signals (needs Linux 6.12)")
    assert outcome.raised == "PermissionError EPERM"


RIGHTS = {
    1: (0x1FFF, 0, 0),
    2: (0x3FFF, 0, 0),
    3: (0x7FFF, 0, 0),
    4: (0x7FFF, 3, 0),
    5: (0xFFFF, 3, 0),
    6: (0xFFFF, 3, 3),
    8: (0xFFFF, 3, 3),
    9: (0x1FFFF, 3, 3),
    10: (0x1FFFF, 15, 3),
    11: (0x1FFFF, 15, 3),
}


@pytest.mark.parametrize(("abi", "expected"), RIGHTS.items(), ids=[f"ABI {abi}" for abi in RIGHTS])
def test_landlock_denies_all_that_its_version_can_deny(abi: int, expected: tuple[int, int, int]) -> None:
    rights = landlock.handled_rights(abi)
    assert tuple(int.from_bytes(rights[at : at + 8], "little") for at in (0, 8, 16)) == expected


# Resource limits


def tells_its_limits() -> dict[str, Any]:
    names = ("CPU", "FSIZE", "NOFILE", "STACK", "CORE", "MEMLOCK", "MSGQUEUE", "NPROC")
    return {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}


def test_every_limit_is_set(helper: Helper) -> None:
    eight = 8 * 1024 * 1024
    assert helper.run(tells_its_limits, cpu_seconds=7).result == {
        "CPU": [7, 8],
        "FSIZE": [0, 0],
        "NOFILE": [16, 16],
        "STACK": [eight, eight],
        "CORE": [0, 0],
        "MEMLOCK": [0, 0],
        "MSGQUEUE": [0, 0],
        "NPROC": [0, 0],
    }


def lowers_its_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
    resource.setrlimit(resource.RLIMIT_STACK, (4 * 1024 * 1024, 4 * 1024 * 1024))


def test_a_limit_that_is_lower_already_stays(ordinary: Helper) -> None:
    limits = ordinary.run(tells_its_limits, {"rlimits"}, before=lowers_its_limits).result
    assert (limits["NOFILE"], limits["STACK"]) == ([12, 12], [4 * 1024 * 1024] * 2)


def fills_its_memory() -> int:
    """Map memory until there is no more, and return the megabytes; untouched, to save time."""
    blocks = []
    with contextlib.suppress(OSError):
        while len(blocks) < 4096:
            blocks.append(mmap.mmap(-1, 1024 * 1024))
    megabytes = len(blocks)
    blocks.clear()
    return megabytes


def test_memory_ends_at_the_limit_above_the_size_at_the_fork(helper: Helper) -> None:
    megabytes = helper.run(fills_its_memory, {"rlimits"}).result
    # The rest is what the interpreter needs for itself.
    assert 200 <= megabytes <= 256


def tells_its_memory_limit() -> list[int]:
    return list(resource.getrlimit(resource.RLIMIT_AS))


def test_the_memory_limit_cannot_be_raised_again(helper: Helper) -> None:
    soft, hard = helper.run(tells_its_memory_limit).result
    assert soft == hard


#: What an interpreter may have free of its own when it starts to count.
ROOM = 8 * 1024 * 1024


def takes_too_much() -> None:
    bytearray(MEMORY + ROOM)


def takes_too_much_with_numpy() -> None:
    import numpy as np

    np.ones((MEMORY + ROOM) // 8)


@pytest.mark.parametrize("function", [takes_too_much, takes_too_much_with_numpy])
def test_too_much_memory_is_an_exception(helper: Helper, function: Callable[[], Any]) -> None:
    raised = helper.run(function).raised
    assert raised is not None
    assert raised.partition(":")[0].endswith("MemoryError")


def hides_proc() -> None:
    """Put an empty file system over /proc, in a mount namespace of this process."""
    libc.unshare(0x00020000)
    mount = ctypes.CDLL(None, use_errno=True).mount
    flags = ctypes.c_ulong(0x44000)  # MS_REC | MS_PRIVATE
    if mount(b"none", b"/", None, flags, None) or mount(b"none", b"/proc", b"tmpfs", ctypes.c_ulong(0), None):
        raise OSError(ctypes.get_errno(), "mount")
    assert not os.listdir("/proc")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@needs_root
def test_memory_is_limited_where_proc_is_hidden(helper: Helper) -> None:
    megabytes = helper.run(fills_its_memory, {"rlimits"}, before=hides_proc).result
    assert 200 <= megabytes <= 256 + 512


def prepares_in_a_fresh_interpreter_without_proc() -> list[Any]:
    hides_proc()
    code = "from harness.sandbox import lockdown; print(lockdown.prepare(frozenset(lockdown.LOCKS)).missing)"
    root = Path(lockdown.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    return [done.stdout, done.stderr]


@needs_root
def test_a_hidden_proc_takes_no_lock_away_from_root(helper: Helper) -> None:
    helper.run(lists_a_directory, ALL - {"userns"})  # skips where a lock is missing anyway
    assert helper.plain(prepares_in_a_fresh_interpreter_without_proc) == ["{}\n", ""]


def computes_for_ever() -> None:
    while True:
        pass


def test_processor_time_ends(helper: Helper) -> None:
    assert helper.run(computes_for_ever, {"rlimits"}, cpu_seconds=1).status == -signal.SIGXCPU


def ignores_the_end_of_its_time() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    computes_for_ever()


def test_processor_time_ends_for_one_who_ignores_it(helper: Helper) -> None:
    assert helper.run(ignores_the_end_of_its_time, cpu_seconds=1).status == -signal.SIGKILL


def writes_a_file() -> None:
    path = f"/tmp/dout-test-{os.getpid()}"
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(made, b"x")
    finally:
        os.unlink(path)


def test_limits_alone_let_nothing_be_written(helper: Helper) -> None:
    assert helper.run(writes_a_file, {"rlimits"}).raised == "OSError EFBIG"


@pytest.mark.parametrize("attack", [forks, starts_a_thread])
def test_limits_alone_let_no_process_or_thread_be_made(ordinary: Helper, attack: Callable[[], Any]) -> None:
    raised = ordinary.run(attack, {"rlimits"}).raised
    assert raised in {"BlockingIOError EAGAIN", "RuntimeError: can't start new thread"}


# File descriptors


def opens_many_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    for number in (*range(10, 40), 333, 1023):
        os.dup2(2, number)


def opens_many_files_on_an_old_kernel() -> None:
    opens_many_files()
    libc._CLOSE_RANGE = 9999


def tells_its_open_files() -> list[int]:
    found = []
    for number in range(1100):
        with contextlib.suppress(OSError):
            fcntl.fcntl(number, fcntl.F_GETFD)
            found.append(number)
    return found


@pytest.mark.parametrize("want", [ALL, {"rlimits"}, {"seccomp"}], ids=["all locks", "rlimits", "seccomp"])
@pytest.mark.parametrize("before", [opens_many_files, opens_many_files_on_an_old_kernel])
def test_only_the_kept_descriptors_stay_open(helper: Helper, before: Callable[[], None], want: frozenset[str]) -> None:
    assert helper.run(tells_its_open_files, want, before=before).result == [0, 1, 2, RESULT]


def closes_the_files_between() -> list[int]:
    for number in range(10, 16):
        os.dup2(2, number)
    libc.close_all_but({*range(10), 11, 13, 14})
    return [number for number in tells_its_open_files() if number >= 10]


def test_the_files_between_the_kept_ones_are_closed(helper: Helper) -> None:
    assert helper.plain(closes_the_files_between) == [11, 13, 14]


def closes_files_on_an_old_kernel_without_proc() -> str:
    hides_proc()
    libc._CLOSE_RANGE = 9999
    with pytest.raises(FileNotFoundError, match="/proc/self/status") as raised:
        libc.close_all_but(range(20))
    return type(raised.value).__name__


@needs_root
def test_descriptors_that_cannot_be_counted_are_an_error(helper: Helper) -> None:
    assert helper.plain(closes_files_on_an_old_kernel_without_proc) == "FileNotFoundError"


def moves_the_ruleset() -> list[bool]:
    prepared = lockdown.Prepared(None, os.open("/", os.O_PATH), None, None, False, {})
    assert prepared.landlock_fd is not None
    moved = prepared.moved_away_from(prepared.landlock_fd)
    assert moved.landlock_fd is not None
    same = os.path.sameopenfile(prepared.landlock_fd, moved.landlock_fd)
    return [moved.landlock_fd != prepared.landlock_fd, same, prepared.moved_away_from(9) is prepared]


def test_the_ruleset_can_be_moved_out_of_the_way(helper: Helper) -> None:
    assert helper.plain(moves_the_ruleset) == [True, True, True]


# The process as a whole


def sleeps_for_ever() -> None:
    while True:
        time.sleep(1)


@pytest.mark.parametrize("want", [ALL, {"uid"}, {"rlimits"}], ids=["all locks", "uid", "rlimits"])
def test_a_worker_dies_with_its_zygote(helper: Helper, want: frozenset[str]) -> None:
    outcome = helper.run(sleeps_for_ever, want, orphan=True)
    assert outcome.pid is not None
    assert outcome.ended


def test_a_worker_in_a_user_namespace_dies_with_its_zygote(ordinary: Helper) -> None:
    assert ordinary.run(sleeps_for_ever, ALL - {"uid"}, orphan=True).ended


def becomes_traceable() -> None:
    lockdown.set_dumpable(True)


def asks_whether_it_can_be_traced() -> int:
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE


@pytest.mark.parametrize("want", ["rlimits", "uid"])
def test_a_worker_cannot_be_traced_by_its_own_user(helper: Helper, want: str) -> None:
    assert helper.run(asks_whether_it_can_be_traced, {want}, before=becomes_traceable).result == 0


def counts_its_children() -> list[bool]:
    child = os.fork()
    if child == 0:
        signal.pause()
    found = lockdown.children_of_this_process()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return [found == {child}, lockdown.children_of_this_process() == set()]


def test_a_process_knows_its_children(helper: Helper) -> None:
    assert helper.plain(counts_its_children) == [True, True]


def adopts_an_orphan() -> bool:
    lockdown.set_child_subreaper()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        grandchild = os.fork()
        if grandchild == 0:
            signal.pause()
        os.write(writer, str(grandchild).encode())
        os._exit(0)
    grandchild = int(os.read(reader, 100))
    os.waitpid(child, 0)
    adopted = lockdown.children_of_this_process() == {grandchild}
    os.kill(grandchild, signal.SIGKILL)
    os.waitpid(grandchild, 0)
    return adopted


def test_a_subreaper_adopts_who_forks_twice(helper: Helper) -> None:
    assert helper.plain(adopts_an_orphan) is True


def applies_broken_locks() -> list[str]:
    null = os.open(os.devnull, os.O_RDWR)
    others = tuple(number for number in range(100) if number != null)
    texts = []
    for prepared in (
        lockdown.Prepared(None, null, None, None, False, {}),
        lockdown.Prepared(seccomp.Program(bytes(8), ()), None, None, None, False, {}),
    ):
        try:
            lockdown.lock_down(prepared, limits=lockdown.Limits(MEMORY, 1), keep_fds=others, slot=0)
        except OSError as error:
            texts.append(str(error))
    return texts


def test_a_lock_that_cannot_be_applied_is_an_error(helper: Helper) -> None:
    ruleset, program = helper.plain(applies_broken_locks)
    assert "landlock_restrict_self: " in ruleset
    assert "seccomp: Invalid argument" in program


def gives_wrong_arguments() -> list[str]:
    nothing = lockdown.Prepared(None, None, None, None, False, {})
    ruleset = lockdown.Prepared(None, 3, None, None, False, {})
    kept, texts = tuple(range(100)), []
    for prepared, slot in ((nothing, -1), (nothing, lockdown.SLOTS), (ruleset, 0)):
        try:
            lockdown.lock_down(prepared, limits=lockdown.Limits(MEMORY, 1), keep_fds=kept, slot=slot)
        except ValueError as error:
            texts.append(str(error))
    return texts


def test_wrong_arguments_are_refused(helper: Helper) -> None:
    assert helper.plain(gives_wrong_arguments) == [
        "slot -1 is not in 0 to 999",
        "slot 1000 is not in 0 to 999",
        "file descriptor 3 is the Landlock ruleset, which is not kept",
    ]
