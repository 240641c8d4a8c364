"""Who a worker is: a user id of its own where root may give it one, else the zygote's user in a namespace."""

import errno
import os

from harness.sandbox.libc import unshare
from harness.sentence import Sentence

__all__ = [
    "LOW_UIDS",
    "SLOTS",
    "become",
    "enter_user_namespace",
    "explain_no_namespace",
    "explain_no_uid",
    "high_uids",
    "user_namespace",
]

#: User ids that one zygote gives out; a worker's slot is below this.
SLOTS = 1000
#: 0x70000000 to 0x7FFDFFFF have no purpose in any distribution (https://systemd.io/UIDS-GIDS/); the 65536 ids
#: above them are systemd's "foreign" ones.
_HIGH_FIRST, _HIGH_END = 0x70000000, 0x7FFE0000
#: For a container without high ids: it usually has 65536. From 61184 to 65519 they are for a service manager,
#: which few containers run.
LOW_UIDS = 64000

# include/uapi/linux/sched.h: CLONE_NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWNET
_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x40000000
#: Settings that forbid user namespaces: file below /proc/sys, and the value that forbids.
_SETTINGS = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1"),  # Ubuntu 24.04
    ("kernel/unprivileged_userns_clone", "0"),  # Debian
    ("user/max_user_namespaces", "0"),  # also what hardening guides set
)


def high_uids(pid: int) -> int:
    """Return the first of ``SLOTS`` user ids for workers of the zygote ``pid``; other zygotes get others."""
    return _HIGH_FIRST + pid % ((_HIGH_END - _HIGH_FIRST) // SLOTS) * SLOTS


def become(uid: int) -> None:
    """Change this process to user and group ``uid`` for good, with no supplementary group.

    Raises:
        OSError: EPERM, this process may not; EINVAL, the container that it runs in has no such user id.
    """
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise OSError(error.errno, f"change to user id {uid}: {error.strerror}") from None


def user_namespace() -> str:
    """Return the name of the user namespace that this process is in.

    Raises:
        OSError: /proc is hidden, or this kernel has no user namespaces.
    """
    return os.readlink("/proc/self/ns/user")


def enter_user_namespace() -> None:
    """Move this process to user, network, IPC, host name and mount namespaces of its own, as the same user.

    Call it once, in a process with one thread, before ``set_dumpable(False)``. Children share the namespaces.

    Raises:
        OSError: they are not allowed here. The process may then be in a namespace without a user: end it.
    """
    uid, gid = os.geteuid(), os.getegid()
    unshare(_NAMESPACES)
    # The order is the kernel's: a group map is refused while setgroups is allowed (user_namespaces(7)).
    _write("setgroups", "deny")
    _write("uid_map", f"{uid} {uid} 1")
    _write("gid_map", f"{gid} {gid} 1")


def _write(name: str, text: str) -> None:
    try:
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, f"write {name}: {error.strerror}") from None


def explain_no_uid(error: OSError) -> Sentence:
    """Say in a sentence why workers keep this process's user id."""
    if error.errno == errno.EPERM and os.geteuid() != 0:
        return Sentence("workers keep your user id: only root may give them one of their own")
    if error.errno in {errno.EPERM, errno.EINVAL}:
        return Sentence("workers keep this user id: the container that this runs in has no others")
    return Sentence("workers keep this user id: {error}", error=error.strerror)


def explain_no_namespace(error: OSError) -> Sentence:
    """Say in a sentence why there is no user namespace, naming the setting that forbids it where one does."""
    for name, forbidding in _SETTINGS:
        if _setting(name) == forbidding:
            setting = f"{name.replace('/', '.')}={forbidding}"
            return Sentence("user namespaces are forbidden here by the setting {setting}", setting=setting)
    if error.errno in {errno.EPERM, errno.EACCES}:
        return Sentence("user namespaces are forbidden here, probably by the container that this runs in")
    if error.errno == errno.ENOENT:
        return Sentence("a user namespace needs /proc, which is hidden here")
    return Sentence("a user namespace could not be made: {error}", error=error.strerror)


def _setting(name: str) -> str:
    try:
        with open(f"/proc/sys/{name}", "rb") as file:
            return file.read().strip().decode()
    except OSError:
        return ""
