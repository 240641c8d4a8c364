"""Finding out which locks a machine offers, and what they amount to."""

import contextlib
import errno
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("these locks exist on Linux only", allow_module_level=True)

from locked_process import ALL, Helper, ordinary_user

from harness.sandbox import identity, landlock, libc, lockdown, seccomp
from harness.sandbox.runner import level_of


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


def state_of_this_process() -> list[Any]:
    lines = Path("/proc/self/status").read_bytes().decode().splitlines()
    names = ("Uid", "Gid", "Groups", "CapPrm", "CapEff", "NoNewPrivs", "Seccomp", "Threads")
    limits = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")]
    status = [line for line in lines if line.split(":")[0] in names]
    return [status, limits, identity.user_namespace(), os.listdir("/"), os.getcwd()]


def open_files() -> set[int]:
    found = set()
    for number in range(256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.add(number)
    return found


def prepares_and_compares() -> list[Any]:
    before, files_before = state_of_this_process(), open_files()
    prepared = lockdown.prepare(ALL)
    files = open_files() - files_before
    ruleset = {prepared.landlock_fd} - {None}
    return [state_of_this_process() == before, files == ruleset, sorted(lockdown.children_of_this_process())]


@pytest.mark.parametrize("who", ["helper", "ordinary"])
def test_preparing_changes_nothing_in_the_process_that_prepares(request: pytest.FixtureRequest, who: str) -> None:
    assert request.getfixturevalue(who).plain(prepares_and_compares) == [True, True, []]


def test_a_lock_that_does_not_exist_cannot_be_wanted() -> None:
    with pytest.raises(ValueError, match="unknown locks: selinux"):
        lockdown.prepare(frozenset({"selinux"}))


def test_nothing_wanted_is_nothing_missing() -> None:
    assert lockdown.prepare(frozenset()) == lockdown.Prepared(None, None, None, None, False, {})


def prepares_with_locks_without_effect() -> Any:
    landlock.restrict_self = lambda _: None
    seccomp.install = lambda _: None
    lockdown._set_limits = lambda _: None
    files = open_files()
    prepared = lockdown.prepare(frozenset({"seccomp", "landlock", "rlimits"}))
    assert open_files() == files
    assert (prepared.seccomp, prepared.landlock_fd, prepared.rlimits) == (None, None, False)
    return prepared.missing


def test_a_lock_without_effect_is_not_taken_for_one(helper: Helper) -> None:
    missing = helper.plain(prepares_with_locks_without_effect)
    assert {name: "without effect" in reason for name, reason in missing.items()} == {
        "seccomp": True,
        "landlock": True,
        "rlimits": True,
    }


def prepares_with_a_deadly_trial() -> Any:
    seccomp.try_out = lambda _: os.kill(os.getpid(), signal.SIGSYS)
    return lockdown.prepare(frozenset({"seccomp"})).missing


def test_a_trial_that_kills_is_a_missing_lock(helper: Helper) -> None:
    assert "SIGSYS" in helper.plain(prepares_with_a_deadly_trial)["seccomp"]


def prepares_in_a_strict_container() -> Any:
    """Forbid seccomp and Landlock as an old container profile does: by a filter."""
    number = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    filter_calls = [
        (0x20, 0, 0, 0),  # load the number of the call
        (0x15, 2, 0, number),
        (0x15, 1, 0, 444),  # landlock_create_ruleset
        (0x06, 0, 0, 0x7FFF0000),  # allow
        (0x06, 0, 0, 0x00050000 | errno.EPERM),
    ]
    libc.no_new_privs()
    seccomp.install(b"".join(struct.pack("<HBBI", *call) for call in filter_calls))
    return lockdown.prepare(frozenset({"seccomp", "landlock"})).missing


def test_a_container_that_forbids_locks_is_named_as_the_reason(helper: Helper) -> None:
    missing = helper.plain(prepares_in_a_strict_container)
    assert missing == {
        "seccomp": "seccomp filters are forbidden here, probably by the container that this runs in",
        "landlock": "Landlock is forbidden here, probably by the container that this runs in",
    }


LANDLOCK = {
    "old kernel": (errno.ENOSYS, "this kernel has no Landlock (needs Linux 5.13)"),
    "off": (errno.EOPNOTSUPP, "switched off"),
    "container": (errno.EPERM, "forbidden here"),
    "nested 16 times": (errno.E2BIG, "words of the kernel"),
}


@pytest.mark.parametrize(("number", "part"), LANDLOCK.values(), ids=LANDLOCK.keys())
def test_the_lack_of_landlock_is_explained(number: int, part: str) -> None:
    assert part in landlock.explain(OSError(number, "words of the kernel"))


LEVELS = {
    "root": (("seccomp", "landlock", "uid", "rlimits"), "A"),
    "user": (("seccomp", "landlock", "userns", "rlimits"), "A"),
    "nothing of its own": (("seccomp", "landlock", "rlimits"), "B"),
    "no Landlock": (("seccomp", "uid", "rlimits"), "B"),
    "no limits": (("seccomp", "landlock"), "C"),
    "no seccomp": (("landlock", "uid", "rlimits"), "C"),
    "seccomp alone": (("seccomp",), "D"),
    "limits": (("uid", "rlimits"), "D"),
    "nothing": ((), "D"),
}


@pytest.mark.parametrize(("locks", "expected"), LEVELS.values(), ids=LEVELS.keys())
def test_locks_make_a_level(locks: tuple[str, ...], expected: str) -> None:
    assert level_of(locks) == expected
