"""The Landlock ruleset of a worker: no file, no directory, no network port, no signal to an outside process.

Landlock is the second lock on the same door: it does not see ``stat`` or ``chdir``, and on most kernels it
misses UDP and sockets with a path. The seccomp filter refuses all of these.
"""

import errno
import os
import struct

from harness.sandbox.libc import no_new_privs, system_call
from harness.sentence import Sentence

__all__ = ["create_ruleset", "explain", "handled_rights", "restrict_self", "try_out"]

# The same numbers on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_CREATE_RULESET_VERSION = 1

#: ABI version since which these rights exist, and the mask of all that there are then
#: (include/uapi/linux/landlock.h).
_FILE_RIGHTS = (
    (1, (1 << 13) - 1),  # Linux 5.13
    (2, (1 << 14) - 1),  # 5.19: moving a file between directories
    (3, (1 << 15) - 1),  # 6.2: truncating
    (5, (1 << 16) - 1),  # 6.10: ioctl on devices
    (9, (1 << 17) - 1),  # 7.1: sockets with a path
)
_NETWORK_RIGHTS = (
    (4, 0b0011),  # 6.7: TCP
    (10, 0b1111),  # 7.2: UDP
)
_SCOPES = ((6, 0b11),)  # 6.12: abstract sockets and signals


def handled_rights(abi: int) -> bytes:
    """Return the kernel's ``struct landlock_ruleset_attr`` that denies all that version ``abi`` can deny."""
    kinds = (_FILE_RIGHTS, _NETWORK_RIGHTS, _SCOPES)
    masks = [max((mask for since, mask in kind if since <= abi), default=0) for kind in kinds]
    # An older kernel knows a shorter structure; what it does not know is zero here, which it accepts.
    return struct.pack("<QQQ", *masks)


def create_ruleset() -> int:
    """Return the descriptor of a ruleset without exceptions; it may be used by any number of children.

    Raises:
        OSError: this kernel has no Landlock, or it is switched off or forbidden.
    """
    abi = system_call("landlock", _CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    rights = handled_rights(abi)
    return system_call("landlock_create_ruleset", _CREATE_RULESET, rights, len(rights), 0)


def restrict_self(ruleset: int) -> None:
    """Put the calling thread under ``ruleset``, for good. Needs ``no_new_privs`` first."""
    system_call("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)


def try_out(ruleset: int) -> None:
    """Apply the ruleset to this process and see that it works. For a child made to be thrown away.

    Raises:
        OSError: it could not be applied, or is without effect.
    """
    no_new_privs()
    restrict_self(ruleset)
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except PermissionError:
        return
    raise OSError(errno.EIO, "the ruleset was accepted but is without effect")


def explain(error: OSError) -> Sentence:
    """Say in a sentence why there is no Landlock."""
    if error.errno == errno.ENOSYS:
        return Sentence("this kernel has no Landlock (needs Linux 5.13)")
    if error.errno == errno.EOPNOTSUPP:
        return Sentence("this kernel has Landlock, but it is switched off (add landlock to the boot parameter lsm=)")
    if error.errno in {errno.EPERM, errno.EACCES}:
        return Sentence("Landlock is forbidden here, probably by the container that this runs in")
    return Sentence("Landlock could not be applied: {error}", error=error.strerror)
