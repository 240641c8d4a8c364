"""What a test sees of other processes, by Linux's /proc, and how it waits for them.

A process may end at any moment, also while it is looked at: then it has no children, did no work, and is not alive.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["arguments", "below", "children", "cpu_seconds", "is_alive", "until"]

T = TypeVar("T")
_HAS_PROC = Path("/proc/self/stat").exists()


def children(pid: int) -> set[int]:
    """Return the processes that ``pid`` itself has started, also those that ended and that it did not wait for."""
    return {child for child, parent in _parents().items() if parent == pid}


def below(pid: int) -> set[int]:
    """Return the processes that ``pid`` has started, and those that they have."""
    parents = _parents()
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended, and that its parent did not wait for yet, does not."""
    if _HAS_PROC:
        return _fields(pid)[:1] not in ([], ["Z"], ["X"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def cpu_seconds(pid: int) -> float:
    """Return how long a process has used a processor."""
    ticks = _fields(pid)[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def arguments(pid: int) -> list[str]:
    """Return the command line of a process."""
    return _read(pid, "cmdline").split("\0")[:-1]


def until(condition: Callable[[], T], seconds: float = 60.0) -> T:
    """Wait for ``condition`` and return what it gives, or fail when it does not come; how soon decides nothing."""
    limit = time.monotonic() + seconds
    while not (given := condition()):
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.02)
    return given


def _parents() -> dict[int, int]:
    """Return every process with its parent; the kernel's lists of children may miss some while others end (proc(5))."""
    found = {int(name): _fields(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: int(fields[1]) for pid, fields in found.items() if fields}


def _fields(pid: int) -> list[str]:
    """Return what the kernel tells of a process, beginning with the letter of its state."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, name: str) -> str:
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
