"""The seccomp filter as a program: simulated for every system call, without a kernel.

A hand-counted jump once made a filter allow 417 system calls while it looked right. So the expected answers below
are written out as numbers, not computed from the filter's own tables.
"""

import errno
import re
import struct
from pathlib import Path

import pytest

from harness.sandbox import seccomp

PID = 4_194_303
ALLOWED, KILLED = "allowed", "killed"
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = tuple(ARCHITECTURE)
X32 = 0x40000000

# fmt: off
ALWAYS = {
    "x86_64": {
        0, 1, 3, 5, 8, 11, 12, 13, 14, 15, 19, 20, 24, 25, 28, 35, 39, 60, 63, 79, 96, 97, 98, 99, 100, 102, 104,
        107, 108, 110, 131, 186, 201, 219, 231, 309, 318,
    },
    "aarch64": {
        17, 57, 62, 63, 64, 65, 66, 80, 93, 94, 101, 124, 128, 132, 134, 135, 139, 153, 160, 163, 165, 168, 169,
        172, 173, 174, 175, 176, 177, 178, 179, 214, 215, 216, 233, 278,
    },
}
#: Refused whatever the arguments, with an error other than EPERM.
REFUSED = {
    "x86_64": {
        errno.EACCES: {2, 85, 257, 437}, errno.ENOENT: {4, 6, 21, 89, 262, 267, 269, 332, 439},
        errno.ENOTTY: {16}, errno.ENOSYS: {435},
    },
    "aarch64": {
        errno.EACCES: {56, 437}, errno.ENOENT: {48, 78, 79, 291, 439}, errno.ENOTTY: {29}, errno.ENOSYS: {435},
    },
}
#: Those that depend on their arguments.
BY_ARGUMENT = {
    "x86_64": {
        "mmap": 9, "mprotect": 10, "kill": 62, "fcntl": 72, "futex": 202, "sched_getaffinity": 204,
        "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "tgkill": 234, "prlimit64": 302,
    },
    "aarch64": {
        "fcntl": 25, "futex": 98, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
        "sched_getaffinity": 123, "kill": 129, "tgkill": 131, "mmap": 222, "mprotect": 226, "prlimit64": 261,
    },
}
# fmt: on
ONES = 2**64 - 1
ARGUMENT_CLASSES = {
    "zeros": (0,) * 6,
    "ones": (ONES,) * 6,
    "own pid": (PID,) * 6,
    "low halves": (0xFFFFFFFF,) * 6,
    "high halves": (0xFFFFFFFF00000000,) * 6,
    "AT_EMPTY_PATH": (3, 4096, 4096, 0x1000, 0, 0),
}


def instructions(code: bytes) -> list[tuple[int, int, int, int]]:
    return list(struct.iter_unpack("<HBBI", code))


def verdict(code: bytes, architecture: int, number: int, arguments: tuple[int, ...]) -> str:
    """Run the program as the kernel does (net/core/filter.c) and name what it answers."""
    data = struct.pack("<IIQ6Q", number, architecture, 0xDEADBEEF, *(arguments + (0,) * (6 - len(arguments))))
    program = instructions(code)
    accumulator, counter = 0, 0
    while True:
        operation, if_true, if_false, constant = program[counter]
        counter += 1
        if operation == 0x20:  # load a 32-bit word of the data
            assert constant % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif operation == 0x54:
            accumulator &= constant
        elif operation == 0x15:
            counter += if_true if accumulator == constant else if_false
        elif operation == 0x35:
            counter += if_true if accumulator >= constant else if_false
        elif operation == 0x06:
            return meaning(constant)
        else:
            raise AssertionError(f"operation {operation:#x} at {counter - 1}")


def meaning(answer: int) -> str:
    if answer == 0x7FFF0000:
        return ALLOWED
    if answer == 0x80000000:
        return KILLED
    assert answer >> 16 == 5, hex(answer)
    return errno.errorcode[answer & 0xFFFF]


def program(machine: str, pid: int = PID) -> bytes:
    return seccomp.build(machine).for_process(pid)


@pytest.mark.parametrize("arguments", ARGUMENT_CLASSES.values(), ids=ARGUMENT_CLASSES.keys())
@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_is_answered_as_the_table_says(machine: str, arguments: tuple[int, ...]) -> None:
    code, answers = program(machine), {}
    expected = dict.fromkeys(ALWAYS[machine], ALLOWED)
    for error, numbers in REFUSED[machine].items():
        expected |= dict.fromkeys(numbers, errno.errorcode[error])
    for number in [*range(1024), 4096, X32 - 1]:
        if number not in BY_ARGUMENT[machine].values():
            answers[number] = verdict(code, ARCHITECTURE[machine], number, arguments)
    assert answers == {number: expected.get(number, "EPERM") for number in answers}


ARGUMENT_TABLE = {
    "mmap of plain memory": ("mmap", (0, 4096, 3, 0x22, ONES, 0), ALLOWED),
    "mmap to execute": ("mmap", (0, 4096, 5, 0x22, ONES, 0), "EACCES"),
    "mmap of all rights": ("mmap", (0, 4096, 7, 0x22, ONES, 0), "EACCES"),
    "mmap to execute, with unused high bits": ("mmap", (0, 4096, 0xFFFFFFFF00000004), "EACCES"),
    "mmap of no rights": ("mmap", (0, 4096, 0), ALLOWED),
    "mprotect read and write": ("mprotect", (4096, 4096, 3), ALLOWED),
    "mprotect to execute": ("mprotect", (4096, 4096, 4), "EACCES"),
    "kill itself": ("kill", (PID, 6), ALLOWED),
    "kill its group": ("kill", (0, 9), "EPERM"),
    "kill everything": ("kill", (2**32 - 1, 9), "EPERM"),
    "kill everything, 64 bits": ("kill", (ONES, 9), "EPERM"),
    "kill a group by its own number": ("kill", (2**64 - PID, 9), "EPERM"),
    "kill its neighbour": ("kill", (PID - 1, 9), "EPERM"),
    "kill init": ("kill", (1, 9), "EPERM"),
    "tgkill itself": ("tgkill", (PID, PID, 6), ALLOWED),
    "tgkill a thread of another": ("tgkill", (PID - 1, PID, 6), "EPERM"),
    "tgkill any group": ("tgkill", (ONES, PID, 6), "EPERM"),
    "fcntl F_DUPFD": ("fcntl", (0, 0), "EPERM"),
    "fcntl F_GETFD": ("fcntl", (0, 1), ALLOWED),
    "fcntl F_SETFD": ("fcntl", (0, 2), "EPERM"),
    "fcntl F_GETFL": ("fcntl", (0, 3), ALLOWED),
    "fcntl F_SETFL": ("fcntl", (0, 4), "EPERM"),
    "fcntl F_SETLK": ("fcntl", (0, 6), "EPERM"),
    "fcntl F_SETOWN": ("fcntl", (0, 8), "EPERM"),
    "fcntl F_SETSIG": ("fcntl", (0, 10), "EPERM"),
    "fcntl F_NOTIFY": ("fcntl", (0, 1026), "EPERM"),
    "futex wait": ("futex", (4096, 0), ALLOWED),
    "futex wake, private": ("futex", (4096, 1 | 128), ALLOWED),
    "futex wait on bits, private, by the clock": ("futex", (4096, 9 | 128 | 256), ALLOWED),
    "futex wake bits": ("futex", (4096, 10), ALLOWED),
    "futex requeue": ("futex", (4096, 3), "EPERM"),
    "futex compare and requeue, private": ("futex", (4096, 4 | 128), "EPERM"),
    "futex lock with priority": ("futex", (4096, 6 | 128), "EPERM"),
    "futex requeue with priority": ("futex", (4096, 12), "EPERM"),
    "futex with an unknown flag": ("futex", (4096, 0x200), "EPERM"),
    "clock_gettime CLOCK_REALTIME": ("clock_gettime", (0, 4096), ALLOWED),
    "clock_gettime CLOCK_PROCESS_CPUTIME_ID": ("clock_gettime", (2, 4096), ALLOWED),
    "clock_gettime CLOCK_TAI": ("clock_gettime", (11, 4096), ALLOWED),
    "clock_gettime of another process": ("clock_gettime", ((~1 << 3) & 0xFFFFFFFF | 2, 4096), "EPERM"),
    "clock_gettime of another process, 64 bits": ("clock_gettime", ((~1 << 3) & ONES | 2, 4096), "EPERM"),
    "clock_gettime of an open device": ("clock_gettime", ((~3 << 3) & 0xFFFFFFFF | 3, 4096), "EPERM"),
    "clock_getres CLOCK_MONOTONIC": ("clock_getres", (1, 4096), ALLOWED),
    "clock_getres of another process": ("clock_getres", ((~1 << 3) & ONES | 2, 4096), "EPERM"),
    "clock_nanosleep CLOCK_MONOTONIC": ("clock_nanosleep", (1, 1, 4096), ALLOWED),
    "clock_nanosleep of another process": ("clock_nanosleep", ((~1 << 3) & ONES | 2, 0, 4096), "EPERM"),
    "prlimit64 to read its own": ("prlimit64", (0, 9, 0, 4096), ALLOWED),
    "prlimit64 to read its own by pid": ("prlimit64", (PID, 9, 0, 4096), ALLOWED),
    "prlimit64 to read another's": ("prlimit64", (PID - 1, 9, 0, 4096), "EPERM"),
    "prlimit64 to set, pointer in the low half": ("prlimit64", (0, 9, 4096, 0), "EPERM"),
    "prlimit64 to set, pointer in the high half": ("prlimit64", (0, 9, 0x7F0000000000, 0), "EPERM"),
    "sched_getaffinity of itself": ("sched_getaffinity", (0, 128, 4096), ALLOWED),
    "sched_getaffinity of another": ("sched_getaffinity", (1, 128, 4096), "EPERM"),
}


@pytest.mark.parametrize(("name", "arguments", "expected"), ARGUMENT_TABLE.values(), ids=ARGUMENT_TABLE.keys())
@pytest.mark.parametrize("machine", MACHINES)
def test_an_argument_decides(machine: str, name: str, arguments: tuple[int, ...], expected: str) -> None:
    number = BY_ARGUMENT[machine][name]
    assert verdict(program(machine), ARCHITECTURE[machine], number, arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_each_call_that_depends_on_its_arguments_is_in_the_table_both_ways(machine: str) -> None:
    for name in BY_ARGUMENT[machine]:
        outcomes = {expected == ALLOWED for known, _, expected in ARGUMENT_TABLE.values() if known == name}
        assert outcomes == {True, False}, name


FOREIGN = {
    "i386": 0x40000003,
    "arm": 0x40000028,
    "riscv64": 0xC00000F3,
    "nothing": 0,
    "big-endian aarch64": 0x800000B7,
    "all ones": 0xFFFFFFFF,
}


@pytest.mark.parametrize("architecture", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_from_a_foreign_instruction_set_kills(machine: str, architecture: int) -> None:
    code = program(machine)
    assert {verdict(code, architecture, number, (0,) * 6) for number in range(1024)} == {KILLED}


def test_each_machine_is_foreign_to_the_other() -> None:
    assert verdict(program("x86_64"), ARCHITECTURE["aarch64"], 0, ()) == KILLED
    assert verdict(program("aarch64"), ARCHITECTURE["x86_64"], 63, ()) == KILLED


@pytest.mark.parametrize("machine", MACHINES)
def test_an_x32_call_kills(machine: str) -> None:
    code = program(machine)
    numbers = [*range(X32, X32 + 1024), 2 * X32, 2**31 - 1, 2**32 - 1]
    assert {verdict(code, ARCHITECTURE[machine], number, (0,) * 6) for number in numbers} == {KILLED}


@pytest.mark.parametrize("machine", MACHINES)
def test_no_jump_leaves_the_program_and_no_instruction_is_dead(machine: str) -> None:
    code = instructions(program(machine))
    assert len(code) <= 4096  # BPF_MAXINSNS
    reached, waiting = set(), [0]
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        operation, if_true, if_false, _ = code[at]
        if operation in (0x15, 0x35):
            waiting += [at + 1 + if_true, at + 1 + if_false]
        elif operation != 0x06:
            waiting.append(at + 1)
    assert reached == set(range(len(code)))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_differs_between_processes_only_where_the_pid_belongs(machine: str) -> None:
    built = seccomp.build(machine)
    one, other = instructions(built.for_process(0x01020304)), instructions(built.for_process(0x05060708))
    changed = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    assert len(changed) == len(built.pid_offsets) == 4  # kill, tgkill, prlimit64, sched_getaffinity
    assert {(a[3], b[3]) for a, b in changed} == {(0x01020304, 0x05060708)}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_without_a_pid_lets_nobody_be_killed(machine: str) -> None:
    kill, architecture = BY_ARGUMENT[machine]["kill"], ARCHITECTURE[machine]
    targets = (0, 1, PID, 2**22, 2**32 - 1)
    template = seccomp.build(machine).template
    assert {verdict(template, architecture, kill, (target, 9)) for target in targets} == {"EPERM"}


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(OSError, match="no table of system calls for riscv64") as raised:
        seccomp.build("riscv64")
    assert "riscv64" in seccomp.explain(raised.value)


EXPLANATIONS = {
    "old kernel": (errno.ENOSYS, "needs Linux 4.14"),
    "no filter mode": (errno.EINVAL, "needs Linux 4.14"),
    "container": (errno.EPERM, "forbidden here"),
    "anything else": (errno.ENOMEM, "words of the kernel"),
}


@pytest.mark.parametrize(("number", "part"), EXPLANATIONS.values(), ids=EXPLANATIONS.keys())
def test_a_missing_filter_is_explained(number: int, part: str) -> None:
    assert part in seccomp.explain(OSError(number, "words of the kernel"))


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_kernel_headers(machine: str) -> None:
    header = next((Path(name) for name in HEADERS[machine] if Path(name).exists()), None)
    if header is None:
        pytest.skip(f"no kernel headers for {machine} are installed here")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(encoding="ascii"), re.MULTILINE)
    # The generic header calls number 79 fstatat and renames it for 64-bit machines further down.
    kernel = {("newfstatat" if name == "fstatat" else name): int(number) for name, number in found}
    # Headers older than Linux 5.6 lack the newest names.
    ours = {name: number for name, number in seccomp.NUMBERS[machine].items() if number < 424 or name in kernel}
    assert {name: kernel.get(name) for name in ours} == ours
