"""Who a worker is: its user id, groups, capabilities and namespaces; and why a machine refuses to change them."""

import errno
import itertools
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("these locks exist on Linux only", allow_module_level=True)

from locked_process import ALL, MEMORY, Helper, ordinary_user

from harness.sandbox import identity, lockdown
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


def tells_its_ids() -> list[Any]:
    return [os.getresuid(), os.getresgid(), os.getgroups()]


@pytest.mark.parametrize("slot", [0, 1, lockdown.SLOTS - 1])
def test_each_slot_has_a_user_id_of_its_own_and_no_group_besides(helper: Helper, slot: int) -> None:
    outcome = helper.run(tells_its_ids, {"uid"}, slot=slot)
    assert outcome.locks == ("uid",)
    assert outcome.first_uid is not None
    uid = outcome.first_uid + slot
    assert outcome.result == [[uid] * 3, [uid] * 3, []]


@pytest.mark.parametrize("pid", [1, 2, 268_303, 268_304, 4_194_304])
def test_user_ids_lie_in_the_range_that_nobody_uses(pid: int) -> None:
    first = identity.high_uids(pid)
    assert first >= 0x70000000
    assert first + lockdown.SLOTS <= 0x7FFE0000


def test_zygotes_that_live_at_the_same_time_share_no_user_id() -> None:
    firsts = [identity.high_uids(pid) for pid in range(30_000, 31_000)]
    assert {later - earlier for earlier, later in itertools.pairwise(firsts)} == {lockdown.SLOTS}


def prepares_where_high_ids_do_not_exist() -> list[Any]:
    def become(uid: int) -> None:
        if uid > 65535:
            raise OSError(errno.EINVAL, "Invalid argument")

    identity.become = become
    prepared = lockdown.prepare(frozenset({"uid"}))
    return [prepared.first_uid, prepared.missing]


def test_a_container_with_few_user_ids_gets_low_ones(helper: Helper) -> None:
    assert helper.plain(prepares_where_high_ids_do_not_exist) == [64000, {}]


def opens_a_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def tells_its_status() -> dict[str, str]:
    # As bytes: whoever cannot read the interpreter's files cannot load a codec.
    lines = Path("/proc/self/status").read_bytes().decode().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@pytest.mark.parametrize("want", ["rlimits", "uid"])
def test_no_capability_is_left_whatever_the_locks(helper: Helper, want: str) -> None:
    status = helper.run(tells_its_status, {want}).result
    names = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    assert {name: int(status[name], 16) for name in names} == dict.fromkeys(names, 0)
    assert status["NoNewPrivs"] == "1"


def tells_about_its_namespace() -> list[Any]:
    status = tells_its_status()
    capabilities = {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    return [socket.if_nameindex(), sorted(capabilities), Path("/proc/self/uid_map").read_bytes().decode().split()]


def test_an_ordinary_users_worker_sits_in_a_namespace_with_no_network_and_no_power(ordinary: Helper) -> None:
    outcome = ordinary.run(tells_about_its_namespace, {"userns"})
    interfaces, capabilities, uid_map = outcome.result
    assert outcome.locks == ("userns",)
    assert interfaces == [[1, "lo"]]
    assert capabilities == [0]
    assert uid_map[2] == "1"


def test_an_ordinary_user_reaches_the_best_level(ordinary: Helper) -> None:
    outcome = ordinary.run(opens_a_file, ALL - {"uid"})
    assert outcome.locks == ("seccomp", "landlock", "userns", "rlimits")
    assert level_of(outcome.locks) == "A"
    assert outcome.raised == "PermissionError EACCES"


def test_root_reaches_the_best_level(helper: Helper) -> None:
    outcome = helper.run(opens_a_file, ALL - {"userns"})
    assert outcome.locks == ("seccomp", "landlock", "uid", "rlimits")
    assert level_of(outcome.locks) == "A"


def prepares_without_right_to_namespaces() -> Any:
    def unshare(flags: int) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    identity.unshare = unshare
    return lockdown.prepare(frozenset({"uid", "userns"})).missing


def test_an_ordinary_user_without_namespaces_is_told_why(ordinary: Helper) -> None:
    missing = ordinary.plain(prepares_without_right_to_namespaces)
    assert missing.keys() == {"uid", "userns"}
    assert "only root may" in missing["uid"]
    assert "forbidden here" in missing["userns"]


def locks_down_outside_the_namespace() -> str:
    outside = lockdown.Prepared(None, None, None, identity.user_namespace(), False, {})
    with pytest.raises(OSError, match="has not entered its user namespace") as raised:
        lockdown.lock_down(outside, limits=lockdown.Limits(MEMORY, 1), keep_fds=tuple(range(100)), slot=0)
    return type(raised.value).__name__


def test_a_namespace_that_was_not_entered_is_an_error(helper: Helper) -> None:
    assert helper.plain(locks_down_outside_the_namespace) == "PermissionError"


def takes_a_user_id_without_right() -> str:
    prepared = lockdown.Prepared(None, None, 5000, None, False, {})
    with pytest.raises(PermissionError, match="change to user id 5007") as raised:
        lockdown.lock_down(prepared, limits=lockdown.Limits(MEMORY, 1), keep_fds=tuple(range(100)), slot=7)
    return str(raised.value)


def test_a_user_id_that_is_refused_is_an_error(ordinary: Helper) -> None:
    assert "5007" in ordinary.plain(takes_a_user_id_without_right)


REASONS = {
    "not root": (1000, errno.EPERM, "only root may"),
    "root of a container with one user": (0, errno.EPERM, "has no others"),
    "root of a container with few users": (0, errno.EINVAL, "has no others"),
    "anything else": (0, errno.ENOMEM, "words of the kernel"),
}


@pytest.mark.parametrize(("user", "number", "part"), REASONS.values(), ids=REASONS.keys())
def test_the_lack_of_a_user_id_is_explained(monkeypatch: pytest.MonkeyPatch, user: int, number: int, part: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert part in identity.explain_no_uid(OSError(number, "words of the kernel"))


SETTINGS = {
    "Ubuntu": ("kernel/apparmor_restrict_unprivileged_userns", "1", errno.EACCES),
    "Debian": ("kernel/unprivileged_userns_clone", "0", errno.EPERM),
    "none allowed": ("user/max_user_namespaces", "0", errno.ENOSPC),
}


@pytest.mark.parametrize(("name", "value", "number"), SETTINGS.values(), ids=SETTINGS.keys())
def test_the_setting_that_forbids_namespaces_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, number: int
) -> None:
    monkeypatch.setattr(identity, "_setting", {name: value}.get)
    assert f"{name.replace('/', '.')}={value}" in identity.explain_no_namespace(OSError(number, "refused"))
