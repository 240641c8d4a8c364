"""Runs commands that may be hostile, ends all that they started, and says what it cost.

A program of its own: ``python contained.py REQUEST``, a JSON :class:`Request`; it prints one :class:`Cost` for each
command. Orphans come back to it, so that nothing outlives it, a kernel in a session of its own neither. On Linux with
Landlock nothing can be written outside of the folder. This keeps accidents away, not attackers: do not run what you
would not run by hand.
"""

import contextlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["OUTPUT", "Cost", "run"]

#: What the first command printed, in its folder.
OUTPUT = "output.txt"
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
#: Writing, removing and making (include/uapi/linux/landlock.h); then moving between folders, and truncating.
_WRITING = 1 << 1 | sum(1 << bit for bit in range(4, 13))
_SINCE = ((2, 1 << 13), (3, 1 << 14))


class Cost(NamedTuple):
    """What one command took, with every process that it started."""

    #: The exit status; negative is a signal; None after the time limit.
    status: int | None
    cpu_s: float
    wall_s: float


def run(commands: Sequence[Sequence[str]], folder: Path, seconds: float, bin_folder: Path) -> list[Cost]:
    """Run commands one after the other in ``folder``, which is also their home; each may take ``seconds``."""
    request = {"commands": commands, "folder": str(folder), "seconds": seconds, "bin": str(bin_folder)}
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(request)], stdout=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL
    )
    return [Cost(*cost) for cost in json.loads(done.stdout)]


def main() -> None:
    """Do what the request says."""
    request = json.loads(sys.argv[1])
    folder = Path(request["folder"])
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([request["bin"], os.defpath]),
    }
    if sys.platform == "linux":
        _keep_inside(folder)
    # Whoever ends this ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    costs = []
    for number, command in enumerate(request["commands"]):
        name = OUTPUT if number == 0 else f"output-{number}.txt"
        last = number == len(request["commands"]) - 1
        with (folder / name).open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        costs.append(_cost_of(process, request["seconds"], last))
    print(json.dumps(costs))


def _cost_of(process: "subprocess.Popen[bytes]", seconds: float, last: bool) -> Cost:
    before, began = _children_cpu(), time.perf_counter()
    status: int | None = None
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(seconds)
        wall = time.perf_counter() - began
    finally:
        # What a command left behind may still be wanted by the next one: nbgrader's gradebook is read after grading.
        if last or status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _end_orphans()
    return Cost(status, _children_cpu() - before, wall)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end_orphans() -> None:
    """End whoever came back, until nobody does."""
    while True:
        for pid in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            # Who is on the way here cannot be waited for yet.
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _children() -> list[int]:
    me, found = os.getpid(), []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # state and ppid stand behind the name, which may hold anything (proc(5)).
            if int(entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]) == me:
                found.append(int(entry.parent.name))
    return found


def _keep_inside(folder: Path) -> None:
    from harness.sandbox.libc import no_new_privs, set_child_subreaper, set_pdeathsig, system_call

    set_child_subreaper()
    set_pdeathsig(signal.SIGTERM)
    no_new_privs()
    try:
        version = system_call("landlock", _LANDLOCK_CREATE, None, 0, _VERSION)
    except OSError:
        return
    rights = _WRITING | sum(right for since, right in _SINCE if version >= since)
    attribute = struct.pack("<Q", rights)
    ruleset = system_call("landlock_create_ruleset", _LANDLOCK_CREATE, attribute, len(attribute), 0)
    # Terminals, /dev/null and shared memory are files below /dev.
    for place in (folder, Path("/dev")):
        beneath = os.open(place, os.O_PATH)
        rule: Any = struct.pack("<Qi", rights, beneath)
        system_call("landlock_add_rule", _LANDLOCK_ADD, ruleset, _PATH_BENEATH, rule, 0)
        os.close(beneath)
    system_call("landlock_restrict_self", _LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


if __name__ == "__main__":
    main()
