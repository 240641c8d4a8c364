"""The steps of a lock-down in this very process, each system call replaced: what is called, in which order, with what.

What the calls do to a real process is in the tests beside this one; those processes end unmeasured.
"""

import errno
import os
import resource
import sys
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("these locks exist on Linux only", allow_module_level=True)

from harness.sandbox import identity, landlock, libc, lockdown, seccomp

LIMITS = lockdown.Limits(memory_bytes=1 << 20, cpu_seconds=7)
NOTHING = lockdown.Prepared(None, None, None, None, False, {})
Calls = list[tuple[Any, ...]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Note every call that would change this process for good."""
    made: Calls = []

    def note(module: Any, name: str) -> None:
        monkeypatch.setattr(module, name, lambda *arguments, **named: made.append((name, *arguments, *named.values())))

    for name in ("close_all_but", "drop_capabilities", "set_pdeathsig", "set_dumpable", "no_new_privs"):
        note(lockdown, name)
    note(landlock, "restrict_self")
    note(landlock, "no_new_privs")
    note(seccomp, "install")
    note(seccomp, "no_new_privs")
    for name in ("setgroups", "setresgid", "setresuid"):
        note(identity.os, name)
    note(resource, "setrlimit")
    return made


def names(calls: Calls) -> list[str]:
    return [call[0] for call in calls]


def test_without_locks_the_process_is_still_made_harmless(calls: Calls) -> None:
    assert lockdown.lock_down(NOTHING, limits=LIMITS, keep_fds=(0, 1, 2, 3), slot=0) == ()
    assert names(calls) == ["close_all_but", "drop_capabilities", "set_pdeathsig", "set_dumpable", "no_new_privs"]
    assert calls[0] == ("close_all_but", (0, 1, 2, 3))


def test_seccomp_comes_last_and_the_parents_death_signal_after_the_change_of_user(calls: Calls) -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    program = seccomp.build(os.uname().machine)
    prepared = NOTHING._replace(seccomp=program, landlock_fd=descriptor, first_uid=70_000, rlimits=True)
    locks = lockdown.lock_down(prepared, limits=LIMITS, keep_fds=(0, 1, 2, 3), slot=5)
    assert locks == ("seccomp", "landlock", "uid", "rlimits")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    order = names(calls)
    assert order[-1] == "install"
    assert order.index("setresuid") < order.index("set_pdeathsig") < order.index("restrict_self")
    assert ("setresuid", 70_005, 70_005, 70_005) in calls
    assert calls[0] == ("close_all_but", (0, 1, 2, 3, descriptor))
    assert max(place for place, name in enumerate(order) if name == "setrlimit") < order.index("setgroups")


def test_a_limit_is_never_raised(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (3, 5))
    lockdown.lock_down(NOTHING._replace(rlimits=True), limits=LIMITS, keep_fds=(0,), slot=0)
    limits = [call[2] for call in calls if call[0] == "setrlimit"]
    assert len(limits) == 9
    assert max(hard for _, hard in limits) <= 5


def test_a_limit_that_the_system_refuses_is_told(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(OSError, match=r"set resource limit \d+ to \d+: not allowed"):
        lockdown.lock_down(NOTHING._replace(rlimits=True), limits=LIMITS, keep_fds=(0,), slot=0)


def test_a_zygote_outside_of_its_namespace_is_refused(calls: Calls) -> None:
    prepared = NOTHING._replace(outer_user_namespace=identity.user_namespace())
    with pytest.raises(OSError, match="has not entered its user namespace"):
        lockdown.lock_down(prepared, limits=LIMITS, keep_fds=(0,), slot=0)
    assert "drop_capabilities" not in names(calls)


def test_inside_of_it_the_lock_is_named(calls: Calls) -> None:
    prepared = NOTHING._replace(outer_user_namespace="user:[another]")
    assert lockdown.lock_down(prepared, limits=LIMITS, keep_fds=(0,), slot=0) == ("userns",)


def test_where_proc_is_hidden_a_size_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lockdown._size_of_this_process()
    assert real > 1 << 20

    def hidden(*arguments: Any, **named: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", hidden)
    monkeypatch.setattr(lockdown.os, "open", hidden)
    assert lockdown._size_of_this_process() == lockdown._ASSUMED_SIZE
    assert lockdown.children_of_this_process() == set()


# What each lock does to find out that it works


def test_a_limit_on_memory_without_effect_is_found_out(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockdown, "_ASSUMED_SIZE", 0)
    with pytest.raises(OSError, match="without effect"):
        lockdown._try_limits()


def test_a_limit_on_memory_that_works_is_believed(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockdown, "_ASSUMED_SIZE", 1 << 60)
    lockdown._try_limits()
    assert set(names(calls)) == {"setrlimit"}


@pytest.mark.parametrize("lock", [landlock, seccomp])
def test_a_lock_without_effect_is_found_out(calls: Calls, lock: Any) -> None:
    with pytest.raises(OSError, match="without effect"):
        lock.try_out(seccomp.build(os.uname().machine) if lock is seccomp else 9)


def test_a_filter_that_works_is_believed(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: str) -> None:
        raise FileNotFoundError

    program = seccomp.build(os.uname().machine)
    monkeypatch.setattr(seccomp.os, "stat", stat)
    seccomp.try_out(program)
    assert names(calls) == ["no_new_privs", "install"]


def test_a_ruleset_that_works_is_believed(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> int:
        raise PermissionError

    monkeypatch.setattr(landlock.os, "open", refuse)
    landlock.try_out(9)
    assert names(calls) == ["no_new_privs", "restrict_self"]


def test_a_trial_tells_how_its_process_ended() -> None:
    def raises() -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def is_killed() -> None:
        os.kill(os.getpid(), 9)

    def breaks() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        raise RuntimeError

    assert lockdown._trial(lambda: None) is None
    fault = lockdown._trial(raises)
    assert fault is not None
    assert (fault.errno, fault.strerror) == (errno.EPERM, "Operation not permitted")
    assert "ended by SIGKILL" in str(lockdown._trial(is_killed))
    assert "ended by an exception" in str(lockdown._trial(breaks))


# Identity


def test_a_user_id_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(groups: list[int]) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(identity.os, "setgroups", refuse)
    with pytest.raises(OSError, match="change to user id 70000: Operation not permitted"):
        identity.become(70_000)


def test_a_namespace_is_entered_as_the_same_user(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, str]] = []
    monkeypatch.setattr(identity, "unshare", lambda flags: written.append(("unshare", hex(flags))))
    monkeypatch.setattr(identity, "_write", lambda name, text: written.append((name, text)))
    identity.enter_user_namespace()
    uid, gid = os.geteuid(), os.getegid()
    assert written == [
        ("unshare", "0x5c020000"), ("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")
    ]  # fmt: skip


def test_a_map_that_cannot_be_written_is_named() -> None:
    with pytest.raises(OSError, match="write no_such_map: "):
        identity._write("no_such_map", "0 0 1")


@pytest.mark.parametrize(
    ("number", "root", "words"),
    [
        (errno.EPERM, False, "only root may give them one of their own"),
        (errno.EPERM, True, "the container that this runs in has no others"),
        (errno.EINVAL, True, "the container that this runs in has no others"),
        (errno.EIO, True, "workers keep this user id: Input/output error"),
    ],
)
def test_why_there_is_no_user_id_is_told(number: int, root: bool, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity.os, "geteuid", lambda: 0 if root else 1000)
    assert words in identity.explain_no_uid(OSError(number, os.strerror(number)))


@pytest.mark.parametrize(
    ("number", "settings", "words"),
    [
        (errno.EPERM, {"user/max_user_namespaces": "0"}, "by the setting user.max_user_namespaces=0"),
        (errno.EPERM, {}, "probably by the container"),
        (errno.ENOENT, {}, "needs /proc, which is hidden here"),
        (errno.EIO, {}, "could not be made: Input/output error"),
    ],
)
def test_why_there_is_no_namespace_is_told(
    number: int, settings: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_setting", lambda name: settings.get(name, ""))
    assert words in identity.explain_no_namespace(OSError(number, os.strerror(number)))


def test_a_setting_is_read_and_a_missing_one_is_empty() -> None:
    assert identity._setting("kernel/ostype") == "Linux"
    assert identity._setting("kernel/no_such_setting") == ""


# Descriptors


def test_without_close_range_descriptors_are_closed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    closed: list[tuple[int, int]] = []
    monkeypatch.setattr(libc, "system_call", refuse)
    monkeypatch.setattr(libc.os, "closerange", lambda low, high: closed.append((low, high)))
    libc.close_all_but((0, 1, 5))
    size = libc._descriptor_table_size()
    assert closed == [(2, 5), (6, size)]
    assert size >= 64


def test_where_nothing_tells_how_many_there_are_it_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "status").write_bytes(b"Name:\tx\n")
    monkeypatch.setattr("builtins.open", lambda *arguments: os.fdopen(os.open(tmp_path / "status", os.O_RDONLY), "rb"))
    with pytest.raises(OSError, match="has no FDSize"):
        libc._descriptor_table_size()
