"""Locks a worker's process down before it sees a byte of a learner's file. Linux only; standard library only.

The zygote calls :func:`prepare` once and, after each fork, the child calls :func:`lock_down`. What each lock
stops is in ``docs/security-model.md``.
"""

import errno
import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from harness.sandbox import identity, landlock, seccomp
from harness.sandbox.identity import SLOTS, enter_user_namespace
from harness.sandbox.libc import (
    close_all_but,
    drop_capabilities,
    no_new_privs,
    set_child_subreaper,
    set_dumpable,
    set_pdeathsig,
)
from harness.sentence import Sentence

__all__ = [
    "LOCKS",
    "SLOTS",
    "Limits",
    "Prepared",
    "children_of_this_process",
    "enter_user_namespace",
    "lock_down",
    "no_new_privs",
    "prepare",
    "set_child_subreaper",
    "set_dumpable",
    "set_pdeathsig",
]

#: The locks, in the order in which reports show them; "uid" and "userns" stand for each other.
LOCKS = ("seccomp", "landlock", "uid", "userns", "rlimits")

#: What an interpreter with numpy and one BLAS thread is taken to occupy when /proc hides its real size. That
#: was 0.13 to 0.2 GB with numpy 2.4 and OpenBLAS; too much here only makes the memory limit that much wider.
_ASSUMED_SIZE = 512 * 1024 * 1024
#: The usual size of a stack, so that deep recursion ends as it does on the learner's own machine.
_STACK_BYTES = 8 * 1024 * 1024


class Limits(NamedTuple):
    """What a worker may use of the machine."""

    #: Bytes of address space on top of what the process has at the fork.
    memory_bytes: int
    #: Processor seconds; SIGXCPU then, SIGKILL one second later.
    cpu_seconds: int
    #: The longest file it may write.
    file_bytes: int = 0
    #: Descriptors are numbered below this.
    open_files: int = 16


class Prepared(NamedTuple):
    """The locks that this machine offers, ready for any number of workers."""

    seccomp: seccomp.Program | None
    landlock_fd: int | None
    #: User id of the worker in slot 0; None when workers keep the zygote's.
    first_uid: int | None
    #: The namespace to get out of; None when no user namespace is to be entered.
    outer_user_namespace: str | None
    rlimits: bool
    #: Lock that was wanted and is not to be had, to a sentence that says why.
    missing: dict[str, Sentence]

    @property
    def needs_user_namespace(self) -> bool:
        """Whether the zygote has to call :func:`enter_user_namespace` before its first fork."""
        return self.outer_user_namespace is not None

    def moved_away_from(self, descriptor: int) -> "Prepared":
        """Return the same locks, none of which needs the file descriptor of this number."""
        if self.landlock_fd != descriptor:
            return self
        return self._replace(landlock_fd=os.dup(descriptor))


def prepare(want: frozenset[str]) -> Prepared:
    """Find out which of the locks ``want`` this machine offers, by trying each in a child made for it.

    The calling process stays as it is. It must have one thread, because it forks.

    Raises:
        ValueError: ``want`` names a lock that does not exist.
    """
    if unknown := want.difference(LOCKS):
        raise ValueError(f"unknown locks: {', '.join(sorted(unknown))}; there are {', '.join(LOCKS)}")
    missing: dict[str, Sentence] = {}
    program = _prepare_seccomp(missing) if "seccomp" in want else None
    ruleset = _prepare_landlock(missing) if "landlock" in want else None
    first_uid, outer_namespace = _prepare_identity(want, missing)
    rlimits = "rlimits" in want
    if rlimits and (fault := _trial(_try_limits)):
        rlimits = False
        missing["rlimits"] = Sentence("resource limits could not be set: {error}", error=fault.strerror)
    return Prepared(program, ruleset, first_uid, outer_namespace, rlimits, missing)


def _prepare_seccomp(missing: dict[str, Sentence]) -> seccomp.Program | None:
    try:
        program = seccomp.build(os.uname().machine)
    except OSError as error:
        missing["seccomp"] = seccomp.explain(error)
        return None
    if fault := _trial(partial(seccomp.try_out, program)):
        missing["seccomp"] = seccomp.explain(fault)
        return None
    return program


def _prepare_landlock(missing: dict[str, Sentence]) -> int | None:
    try:
        ruleset = landlock.create_ruleset()
    except OSError as error:
        missing["landlock"] = landlock.explain(error)
        return None
    if fault := _trial(partial(landlock.try_out, ruleset)):
        os.close(ruleset)
        missing["landlock"] = landlock.explain(fault)
        return None
    return ruleset


def _prepare_identity(want: frozenset[str], missing: dict[str, Sentence]) -> tuple[int | None, str | None]:
    """Return the first user id, or else the namespace to leave: an id for each worker is the better."""
    reasons = {}
    if "uid" in want:
        for first in (identity.high_uids(os.getpid()), identity.LOW_UIDS):
            fault = _trial(partial(identity.become, first + SLOTS - 1))
            if not fault:
                return first, None
            reasons["uid"] = identity.explain_no_uid(fault)
    if "userns" in want:
        fault = _trial(enter_user_namespace)
        if not fault:
            return None, identity.user_namespace()
        reasons["userns"] = identity.explain_no_namespace(fault)
    missing.update(reasons)
    return None, None


def _trial(action: Callable[[], None]) -> OSError | None:
    """Run ``action`` in a child that then ends, and return what went wrong."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        except OSError as error:
            os.write(writer, f"{error.errno or 0} {error.strerror or error}".encode())
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as pipe:
        number, _, text = pipe.read().decode().partition(" ")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return None
    if number:
        return OSError(int(number), text)
    ending = signal.Signals(-status).name if status < 0 else "an exception"
    return OSError(errno.ECHILD, f"the process that tried it was ended by {ending}")


def lock_down(prepared: Prepared, *, limits: Limits, keep_fds: tuple[int, ...], slot: int) -> tuple[str, ...]:
    """Lock the calling process down for good, and return the names of the locks in force.

    Call it in a child of the process that prepared the locks, with one thread. Whatever is prepared is
    applied, or an error is raised: a worker is never silently weaker than announced. From here on the worker
    dies with its parent; compare ``os.getppid()`` afterwards to know that the parent had not died before.

    Args:
        prepared: From :func:`prepare`.
        limits: What the worker may use; without the lock "rlimits" they are not applied.
        keep_fds: The only file descriptors that stay open.
        slot: 0 to ``SLOTS`` - 1, different for workers that live at the same time. It decides the user id.

    Raises:
        OSError: a lock could not be applied; the text says which. End the process.
        ValueError: ``slot`` is out of range, or ``keep_fds`` holds the ruleset of Landlock.
    """
    if not 0 <= slot < SLOTS:
        raise ValueError(f"slot {slot} is not in 0 to {SLOTS - 1}")
    if prepared.landlock_fd in keep_fds:
        raise ValueError(f"file descriptor {prepared.landlock_fd} is the Landlock ruleset, which is not kept")
    # First, because the limit on descriptors would stand in the way of counting them.
    close_all_but(keep_fds if prepared.landlock_fd is None else (*keep_fds, prepared.landlock_fd))
    if prepared.rlimits:
        _set_limits(limits)
    if prepared.first_uid is not None:
        identity.become(prepared.first_uid + slot)
    elif prepared.needs_user_namespace and identity.user_namespace() == prepared.outer_user_namespace:
        raise OSError(errno.EPERM, "the zygote has not entered its user namespace")
    # All that is left over its own namespace, or of root where workers keep root's user id.
    drop_capabilities()
    # After the last change of identity, which clears the one and sets the other to the system's default.
    set_pdeathsig(signal.SIGKILL)
    set_dumpable(False)
    no_new_privs()
    if prepared.landlock_fd is not None:
        landlock.restrict_self(prepared.landlock_fd)
        os.close(prepared.landlock_fd)
    # Last, because it refuses all the calls above.
    if prepared.seccomp is not None:
        seccomp.install(prepared.seccomp.for_process(os.getpid()))
    in_force = {
        "seccomp": prepared.seccomp is not None,
        "landlock": prepared.landlock_fd is not None,
        "uid": prepared.first_uid is not None,
        "userns": prepared.needs_user_namespace,
        "rlimits": prepared.rlimits,
    }
    return tuple(name for name in LOCKS if in_force[name])


def _set_limits(limits: Limits) -> None:
    for kind, soft, hard in (
        (resource.RLIMIT_AS, size := _size_of_this_process() + limits.memory_bytes, size),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_STACK, _STACK_BYTES, _STACK_BYTES),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        # No further process or thread. The kernel does not apply this one to root (getrlimit(2)).
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        _, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)  # noqa: PLW2901 - a limit is only ever lowered
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError) as error:
            raise OSError(errno.EPERM, f"set resource limit {kind} to {soft}: {error}") from None


def _size_of_this_process() -> int:
    """Return the bytes of address space in use, or an assumed number where /proc is hidden."""
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY)
        try:
            return int(os.read(descriptor, 64).split()[0]) * resource.getpagesize()
        finally:
            os.close(descriptor)
    except OSError:
        return _ASSUMED_SIZE


def _try_limits() -> None:
    allowed = 16 * 1024 * 1024
    _set_limits(Limits(memory_bytes=allowed, cpu_seconds=1))
    try:
        bytearray(_ASSUMED_SIZE + 2 * allowed)
    except MemoryError:
        return
    raise OSError(errno.EIO, "the limit on memory is without effect")


def children_of_this_process() -> set[int]:
    """Return the process ids of this process's children, adopted ones too; none where /proc does not say."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()
