"""Calls of the Linux kernel that Python's ``os`` module does not offer. Linux only; standard library only."""

import ctypes
import os
from collections.abc import Iterable

__all__ = [
    "close_all_but",
    "drop_capabilities",
    "no_new_privs",
    "set_child_subreaper",
    "set_dumpable",
    "set_pdeathsig",
    "system_call",
    "unshare",
]

_libc = ctypes.CDLL(None, use_errno=True)
# Of a pointer's size throughout: an int passed as one would leave the upper half of its register undefined.
_MOST_ARGUMENTS = 5
_libc.syscall.restype = ctypes.c_long
_libc.syscall.argtypes = [ctypes.c_long, *[ctypes.c_void_p] * _MOST_ARGUMENTS]
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]

# include/uapi/linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
#: _LINUX_CAPABILITY_VERSION_3 of include/uapi/linux/capability.h: two 32-bit words for each of three sets.
_CAPABILITY_VERSION = 0x20080522
_CAPABILITY_HEADER, _NO_CAPABILITIES = _CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4), bytes(24)
#: Numbers above 423 are the same on every architecture.
_CLOSE_RANGE = 436
_LAST_DESCRIPTOR = 2**32 - 1


def system_call(what: str, number: int, *arguments: int | bytes | None) -> int:
    """Make system call ``number``, of five arguments at most, and return its result.

    Raises:
        OSError: the call failed; its text begins with ``what``.
    """
    return _checked(what, _libc.syscall(number, *arguments, *[0] * (_MOST_ARGUMENTS - len(arguments))))


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _prctl(what: str, option: int, value: int) -> None:
    _checked(what, _libc.prctl(option, value, 0, 0, 0))


def no_new_privs() -> None:
    """Give up, for good, every privilege that executing a file could add. Landlock and seccomp ask for it."""
    _prctl("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)


def set_dumpable(dumpable: bool) -> None:
    """Say whether processes of the same user may trace this one and open its memory.

    Must be called again after any change of user, and only after the maps of a user namespace are written:
    the files below ``/proc/self`` belong to root while it is off.
    """
    _prctl("set_dumpable", _PR_SET_DUMPABLE, int(dumpable))


def set_pdeathsig(number: int) -> None:
    """Have the kernel send this process signal ``number`` when its parent ends.

    Any change of user or group clears it (prctl(2)), so it is set again after one.
    """
    _prctl("set_pdeathsig", _PR_SET_PDEATHSIG, number)


def set_child_subreaper() -> None:
    """Become the parent of every orphaned descendant, so that none escapes by forking twice."""
    _prctl("set_child_subreaper", _PR_SET_CHILD_SUBREAPER, 1)


def drop_capabilities() -> None:
    """Give up every capability of this process: the kernel's, and those over a user namespace of its own."""
    _checked("drop capabilities", _libc.capset(_CAPABILITY_HEADER, _NO_CAPABILITIES))


def unshare(flags: int) -> None:
    """Move this process to new namespaces (``os.unshare`` exists from Python 3.12 on)."""
    _checked("unshare", _libc.unshare(flags))


def close_all_but(keep: Iterable[int]) -> None:
    """Close every file descriptor except those in ``keep``.

    Raises:
        OSError: they cannot be closed for sure: no close_range (Linux 5.9), and no /proc to count them.
    """
    first = 0
    for kept in sorted(set(keep)):
        if kept > first:
            _close_range(first, kept - 1)
        first = kept + 1
    _close_range(first, _LAST_DESCRIPTOR)


def _close_range(first: int, last: int) -> None:
    try:
        system_call("close_range", _CLOSE_RANGE, first, last, 0)
    except OSError:
        # Closing one by one up to the limit on open files may mean a thousand million calls in a container.
        os.closerange(first, min(last + 1, _descriptor_table_size()))


def _descriptor_table_size() -> int:
    with open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"FDSize:"):
                return int(line.split()[1])
    raise OSError("close file descriptors: /proc/self/status has no FDSize")
