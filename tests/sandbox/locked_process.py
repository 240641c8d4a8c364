"""Runs a test's function in a real worker, locked down for it, and tells what became of it.

A helper process imports the test's file. For each call it forks a small zygote, which prepares the locks and forks a
worker; the worker locks itself down and calls the function. Tests thus see the effect of a lock from the inside.
"""

import contextlib
import errno
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox import lockdown

#: All locks; a test for which this is enough says nothing about the worker's identity, so that one may be missing.
ALL = frozenset(lockdown.LOCKS)
IDENTITY = frozenset({"uid", "userns"})
#: What a worker may allocate.
MEMORY = 256 * 1024 * 1024
#: The descriptor that a worker tells its result on; with the standard ones, all that it keeps.
RESULT = 3
#: For a helper that hangs: a quiet machine answers in 20 ms.
PATIENCE = 60.0
#: What a sentence says when the machine, not our code, is the reason for a missing lock. A test with any other
#: reason fails, or a broken lock would look like an old kernel.
BLAME = ("this kernel has no", "switched off", "forbidden here", "only root may", "has no others")

#: For the tests that run as root: no account has this id.
ORDINARY_USER = 64999

_START = "import sys; sys.path[:0] = sys.argv[2:4]; import locked_process; locked_process.serve(sys.argv[1], {user!r})"


def ordinary_user() -> int | None:
    """Return whom to become in order to be a user without privileges; None for one who is that already."""
    if os.geteuid() != 0:
        return None
    for line in Path("/proc/self/uid_map").read_bytes().splitlines():
        inside, _, count = map(int, line.split())
        if inside <= ORDINARY_USER < inside + count:
            return ORDINARY_USER
    pytest.skip("root cannot become another user in this container")


@dataclass
class Outcome:
    """What became of one function in one worker."""

    #: What it returned, after a journey as JSON.
    result: Any = None
    #: The class of what it raised, with the name of the error number or the text.
    raised: str | None = None
    locks: tuple[str, ...] = ()
    lock_error: str | None = None
    #: Exit status, or minus the signal's number.
    status: int | None = None
    first_uid: int | None = None
    pid: int | None = None
    #: Whether all its processes had ended in the end.
    ended: bool = False


class Helper:
    """Runs functions of the file ``tests`` in processes of their own; ``user`` is who they belong to."""

    def __init__(self, tests: str, user: int | None = None) -> None:
        here = Path(__file__).resolve().parent
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-B",
                "-c",
                _START.format(user=user),
                tests,
                str(here),
                str(Path(lockdown.__file__).parents[2]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # More BLAS threads would be lost at the fork.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            text=True,
            start_new_session=True,
        )

    def run(
        self,
        function: Callable[[], Any],
        want: frozenset[str] | set[str] = ALL,
        *,
        before: Callable[[], None] | None = None,
        slot: int = 0,
        orphan: bool = False,
        cpu_seconds: int = 30,
    ) -> Outcome:
        """Call ``function`` in a worker under the locks ``want``; skip the test where this machine lacks one.

        Args:
            function: Of the tests' file, without arguments; what it returns fits in JSON.
            want: Names of locks.
            before: Called in the worker before it locks itself down.
            slot: The worker's slot.
            orphan: Kill the zygote once the worker is locked down.
            cpu_seconds: The worker's limit; by default more than an honest function takes on a busy machine.
        """
        setup = before.__name__ if before else None
        answer = self._ask(
            function=function.__name__,
            want=sorted(want),
            before=setup,
            slot=slot,
            orphan=orphan,
            cpu_seconds=cpu_seconds,
            plain=False,
        )
        for lock, reason in answer.pop("missing").items():
            if want == ALL and lock in IDENTITY:
                continue
            if any(part in reason for part in BLAME):
                pytest.skip(f"no {lock} here: {reason}")
            pytest.fail(f"{lock} could not be prepared: {reason}")
        return Outcome(**answer | {"locks": tuple(answer.get("locks", ()))})

    def plain(self, function: Callable[[], Any]) -> Any:
        """Call ``function`` in a fork of the helper without any lock, and return what it returns."""
        answer = self._ask(function=function.__name__, plain=True, orphan=False)
        assert "result" in answer, answer
        return answer["result"]

    def _ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"zygote_error": "the helper ended"}')
        assert "zygote_error" not in answer, answer["zygote_error"]
        return dict(answer)

    def close(self) -> None:
        """End the helper."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()


def serve(tests: str, user: int | None) -> None:
    """Be the helper: one order a line on standard input, one answer a line on standard output."""
    # A locked worker can import nothing.
    for name in ("gc", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.random", "random", "secrets"):
        importlib.import_module(name)
    specification = importlib.util.spec_from_file_location("tests_to_run", tests)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        lockdown.set_dumpable(True)  # as for a process that this user started
    for line in sys.stdin:
        print(json.dumps(_carry_out(json.loads(line), vars(module))), flush=True)


def _carry_out(order: dict[str, Any], functions: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    zygote = os.fork()
    if zygote == 0:
        os.close(reader)
        try:
            _be_zygote(order, functions, writer)
        except BaseException as error:  # noqa: BLE001 - told to the test, which then fails
            _tell(writer, {"zygote_error": repr(error)})
        finally:
            os._exit(0)
    os.close(writer)
    told: dict[str, Any] = {}
    pending, ended = b"", False
    while not ended and select.select([reader], [], [], PATIENCE)[0]:
        piece = os.read(reader, 65536)
        # Nobody holds the other end any more: zygote and worker are gone.
        ended = not piece
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            told |= json.loads(line)
            if order["orphan"] and b'"pid"' in line:
                os.kill(zygote, signal.SIGKILL)
    os.close(reader)
    for pid in (zygote, told.get("pid", zygote)):
        if not ended:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    os.waitpid(zygote, 0)
    return told | {"ended": ended}


def _be_zygote(order: dict[str, Any], functions: dict[str, Any], writer: int) -> None:
    if order["plain"]:
        _tell(writer, _result_of(functions[order["function"]]))
        return
    prepared = lockdown.prepare(frozenset(order["want"]))
    _tell(writer, {"missing": prepared.missing, "first_uid": prepared.first_uid})
    if prepared.needs_user_namespace:
        lockdown.enter_user_namespace()
    lockdown.set_dumpable(False)
    worker = os.fork()
    if worker == 0:
        try:
            _be_worker(order, functions, prepared, writer)
        finally:
            os._exit(0)
    _, status = os.waitpid(worker, 0)
    _tell(writer, {"status": os.waitstatus_to_exitcode(status)})


def _be_worker(order: dict[str, Any], functions: dict[str, Any], prepared: lockdown.Prepared, writer: int) -> None:
    if order["before"]:
        functions[order["before"]]()
    null = os.open(os.devnull, os.O_RDWR)
    prepared = prepared.moved_away_from(RESULT)
    writer = os.dup(writer)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(writer, RESULT)
    try:
        locks = lockdown.lock_down(
            prepared,
            limits=lockdown.Limits(MEMORY, order["cpu_seconds"]),
            keep_fds=(0, 1, 2, RESULT),
            slot=order["slot"],
        )
    except OSError as error:
        _tell(RESULT, {"lock_error": str(error)})
        return
    _tell(RESULT, {"locks": locks, "pid": os.getpid()})
    _tell(RESULT, _result_of(functions[order["function"]]))


def _result_of(function: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"result": function()}
    except OSError as error:
        return {"raised": f"{type(error).__name__} {errno.errorcode.get(error.errno or 0, str(error))}"}
    except BaseException as error:  # noqa: BLE001 - the test judges it
        return {"raised": f"{type(error).__name__}: {error}"}


def _tell(descriptor: int, what: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(what).encode() + b"\n")
