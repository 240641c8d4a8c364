"""The seccomp filter of a worker: which system calls a learner's code may make, as a program for the kernel.

An allow-list; everything else fails with an error that Python turns into an exception, so a learner sees
``PermissionError`` and not a dead process. Only a call from a foreign instruction set kills: honest code
never makes one. The threats are listed in ``docs/security-model.md``.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from harness.sandbox.libc import no_new_privs, system_call
from harness.sentence import Sentence

__all__ = ["NUMBERS", "Program", "build", "explain", "install", "try_out"]

#: Stands for the worker's own process id in a rule until the fork. No process has it: ids end at 2**22.
_OWN_PID = 0x7FFFFFFF


class _Word(NamedTuple):
    """A condition on one 32-bit half of a system call's argument: ``half & mask`` is one of ``accepted``."""

    argument: int
    accepted: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    high: bool = False


# The worker speaks with read, write, readv or writev: first, because the kernel tries the rules in order.
_ALLOWED = (
    "read", "write", "readv", "writev", "munmap", "mremap", "madvise", "brk", "close", "fstat", "lseek",
    "getrandom", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "exit", "exit_group", "nanosleep", "gettimeofday", "time", "times", "getrusage", "getrlimit",
    "sched_yield", "getcpu", "sysinfo", "uname", "getcwd", "getpid", "getppid", "gettid", "getuid",
    "geteuid", "getgid", "getegid",
)  # fmt: skip

#: Waiting and waking, which the locks of Python, numpy and the C library need. The other operations (priority
#: inheritance, requeueing) have a history of kernel holes, such as CVE-2014-3153.
_FUTEX_OPERATIONS = (0, 1, 9, 10)  # FUTEX_WAIT, WAKE, WAIT_BITSET, WAKE_BITSET
_FUTEX_FLAGS = 128 | 256  # FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME
#: Fixed clocks are 0 to 11. Any other number names some process's processor-time clock, or an open device.
_CLOCK = _Word(0, (0,), mask=~0xF & 0xFFFFFFFF)
_NOT_EXECUTABLE = _Word(2, (0,), mask=4)  # PROT_EXEC
_OWN = _Word(0, (_OWN_PID,))
_OWN_OR_ZERO = _Word(0, (0, _OWN_PID))

#: Allowed when every condition holds; otherwise the call fails with this error.
_CONDITIONAL: Mapping[str, tuple[tuple[_Word, ...], int]] = MappingProxyType(
    {
        "mmap": ((_NOT_EXECUTABLE,), errno.EACCES),
        "mprotect": ((_NOT_EXECUTABLE,), errno.EACCES),
        "futex": ((_Word(1, _FUTEX_OPERATIONS, mask=~_FUTEX_FLAGS & 0xFFFFFFFF),), errno.EPERM),
        "clock_gettime": ((_CLOCK,), errno.EPERM),
        "clock_getres": ((_CLOCK,), errno.EPERM),
        "clock_nanosleep": ((_CLOCK,), errno.EPERM),
        # abort() and raise() send a signal to the process itself. Process ids are 32 bits wide in the kernel.
        "tgkill": ((_OWN,), errno.EPERM),
        "kill": ((_OWN,), errno.EPERM),
        # Not F_SETOWN and F_SETSIG, which make the kernel send signals, nor locks and leases.
        "fcntl": ((_Word(1, (1, 3)),), errno.EPERM),  # F_GETFD, F_GETFL
        # Reading one's own limits: the new limit, a pointer, is null.
        "prlimit64": ((_OWN_OR_ZERO, _Word(2, (0,)), _Word(2, (0,), high=True)), errno.EPERM),
        "sched_getaffinity": ((_OWN_OR_ZERO,), errno.EPERM),
    }
)

#: Refused with an error that callers know how to take. newfstatat and statx have no allowed form: even with
#: AT_EMPTY_PATH they follow a path that is not empty, and a filter cannot read the path. (os.fstat then fails
#: with glibc 2.33 to 2.38, which build it on newfstatat; nothing that a worker does needs it.)
_REFUSED: Mapping[str, int] = MappingProxyType(
    {
        "open": errno.EACCES,
        "creat": errno.EACCES,
        "openat": errno.EACCES,
        "openat2": errno.EACCES,
        "stat": errno.ENOENT,
        "lstat": errno.ENOENT,
        "newfstatat": errno.ENOENT,
        "statx": errno.ENOENT,
        "access": errno.ENOENT,
        "faccessat": errno.ENOENT,
        "faccessat2": errno.ENOENT,
        "readlink": errno.ENOENT,
        "readlinkat": errno.ENOENT,
        "ioctl": errno.ENOTTY,  # "not a terminal", as for any pipe
        "clone3": errno.ENOSYS,  # the C library then falls back to clone, which is refused below
    }
)
_REFUSED_BY_DEFAULT = errno.EPERM

# arch/x86/entry/syscalls/syscall_64.tbl
_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
    "ioctl": 16, "readv": 19, "writev": 20, "access": 21, "sched_yield": 24, "mremap": 25, "madvise": 28,
    "nanosleep": 35, "getpid": 39, "exit": 60, "kill": 62, "uname": 63, "fcntl": 72, "getcwd": 79,
    "creat": 85, "readlink": 89, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
    "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110,
    "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
    "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
    "exit_group": 231, "tgkill": 234, "openat": 257, "newfstatat": 262, "readlinkat": 267,
    "faccessat": 269, "prlimit64": 302, "getcpu": 309, "getrandom": 318, "statx": 332, "clone3": 435,
    "openat2": 437, "faccessat2": 439,
}  # fmt: skip
# include/uapi/asm-generic/unistd.h; it has no open, stat, access, readlink or time
_AARCH64 = {
    "getcwd": 17, "fcntl": 25, "ioctl": 29, "faccessat": 48, "openat": 56, "close": 57, "lseek": 62,
    "read": 63, "write": 64, "readv": 65, "writev": 66, "readlinkat": 78, "newfstatat": 79, "fstat": 80,
    "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114,
    "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128,
    "kill": 129, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135,
    "rt_sigreturn": 139, "times": 153, "uname": 160, "getrlimit": 163, "getrusage": 165, "getcpu": 168,
    "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176,
    "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222,
    "mprotect": 226, "madvise": 233, "prlimit64": 261, "getrandom": 278, "statx": 291, "clone3": 435,
    "openat2": 437, "faccessat2": 439,
}  # fmt: skip

#: Machine, as ``os.uname`` names it, to the numbers of the system calls that the rules mention.
NUMBERS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {"x86_64": MappingProxyType(_X86_64), "aarch64": MappingProxyType(_AARCH64)}
)
#: AUDIT_ARCH_* of include/uapi/linux/audit.h, and the number of the system call seccomp itself.
_ARCHITECTURES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}
#: The x32 calls of an x86_64 kernel report the x86_64 architecture and set this bit in the number.
_X32_BIT = 0x40000000

# Classic BPF, include/uapi/linux/bpf_common.h: code, jump if true, jump if false, constant.
_LOAD, _AND, _JUMP_IF_EQUAL, _JUMP_IF_NOT_LESS, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_INSTRUCTION = struct.Struct("<HBBI")
#: Where the constant lies within an instruction.
_CONSTANT = 4
# include/uapi/linux/seccomp.h
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_SET_MODE_FILTER = 1
# struct seccomp_data: number, architecture, instruction pointer, six 64-bit arguments (little-endian here)
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16

_Instruction = tuple[int, int, int, int]


class Program(NamedTuple):
    """A filter with the worker's process id left open, so that the zygote builds it once for all workers."""

    template: bytes
    #: Byte offsets at which the process id belongs.
    pid_offsets: tuple[int, ...]

    def for_process(self, pid: int) -> bytes:
        """Return the filter for process ``pid``."""
        code = bytearray(self.template)
        for offset in self.pid_offsets:
            struct.pack_into("<I", code, offset, pid)
        return bytes(code)


class _FilterArguments(ctypes.Structure):  # struct sock_fprog
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def build(machine: str) -> Program:
    """Return the filter for ``machine``.

    Raises:
        OSError: ENOSYS, there is no table of system calls for this machine.
    """
    if machine not in NUMBERS:
        known = " and ".join(NUMBERS)
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}, only for {known}")
    return _assemble(list(_instructions(NUMBERS[machine], _ARCHITECTURES[machine][0])))


def _instructions(numbers: Mapping[str, int], architecture: int) -> Iterator[_Instruction]:
    """Yield the program: each rule is a block, entered for its own number only, that ends in a return."""
    yield (_LOAD, 0, 0, _ARCHITECTURE_OFFSET)
    yield (_JUMP_IF_EQUAL, 1, 0, architecture)
    yield (_RETURN, 0, 0, _KILL_PROCESS)
    yield (_LOAD, 0, 0, _NUMBER_OFFSET)
    yield (_JUMP_IF_NOT_LESS, 0, 1, _X32_BIT)
    yield (_RETURN, 0, 0, _KILL_PROCESS)
    blocks = [(name, _allowed_if(())) for name in _ALLOWED]
    blocks += [(name, _allowed_if(words, error)) for name, (words, error) in _CONDITIONAL.items()]
    blocks += [(name, [_refused(error)]) for name, error in _REFUSED.items()]
    for name, block in blocks:
        if name in numbers:
            yield (_JUMP_IF_EQUAL, 0, len(block), numbers[name])
            yield from block
    yield _refused(_REFUSED_BY_DEFAULT)


def _refused(error: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | error)


def _allowed_if(words: tuple[_Word, ...], error: int = _REFUSED_BY_DEFAULT) -> list[_Instruction]:
    block: list[_Instruction] = []
    for word in words:
        block.append((_LOAD, 0, 0, _ARGUMENTS_OFFSET + 8 * word.argument + 4 * word.high))
        if word.mask != 0xFFFFFFFF:
            block.append((_AND, 0, 0, word.mask))
        # An accepted value jumps over the values after it and over the refusal.
        after = len(word.accepted)
        block += [(_JUMP_IF_EQUAL, after - index, 0, value) for index, value in enumerate(word.accepted)]
        block.append(_refused(error))
    block.append((_RETURN, 0, 0, _ALLOW))
    return block


def _assemble(instructions: list[_Instruction]) -> Program:
    offsets, code = [], bytearray()
    for operation, if_true, if_false, constant in instructions:
        if constant == _OWN_PID:
            offsets.append(len(code) + _CONSTANT)
        # struct refuses a jump that does not fit in its byte.
        code += _INSTRUCTION.pack(operation, if_true, if_false, constant)
    return Program(bytes(code), tuple(offsets))


def install(code: bytes) -> None:
    """Put the calling thread under the filter ``code``, for good. Needs ``no_new_privs`` first.

    Raises:
        OSError: the kernel, or what surrounds this process, refused it.
    """
    arguments = _FilterArguments(len(code) // _INSTRUCTION.size, code)
    system_call("seccomp", _system_call_number(), _SET_MODE_FILTER, 0, ctypes.addressof(arguments))


@cache
def _system_call_number() -> int:
    return _ARCHITECTURES[os.uname().machine][1]


def try_out(program: Program) -> None:
    """Install the filter in this process and see that it works. For a child made to be thrown away.

    Raises:
        OSError: it could not be installed, or is without effect.
    """
    no_new_privs()
    install(program.for_process(os.getpid()))
    try:
        os.stat("/")
    except FileNotFoundError:
        return
    raise OSError(errno.EIO, "the filter was accepted but is without effect")


def explain(error: OSError) -> Sentence:
    """Say in a sentence why there is no filter."""
    if error.errno in {errno.ENOSYS, errno.EINVAL} and "table" not in str(error):
        return Sentence("this kernel has no seccomp filters (needs Linux 4.14 with CONFIG_SECCOMP_FILTER)")
    if error.errno in {errno.EPERM, errno.EACCES}:
        return Sentence("seccomp filters are forbidden here, probably by the container that this runs in")
    return Sentence("a seccomp filter could not be installed: {error}", error=error.strerror)
