"""Starts each worker as a fresh child process: the portable way, for systems without fork, seccomp or Landlock.

Needs no fork, no POSIX-only module and no ``/proc``: only pipes, threads and the right to kill a child. Where there are
groups of processes, those that the learner's code started end with it.
"""

import contextlib
import os
import queue
import select
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import harness
from harness.errors import SandboxError
from harness.sandbox.channel import Ending, Exit, Worker, WorkerGone, ended_by_signal
from harness.sandbox.child import CHANNEL
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import Ready
from harness.sentence import Sentence

__all__ = ["FreshStarter"]

#: A fresh interpreter that imports numpy takes 0.1 s; this is for a machine whose disk sleeps.
_START_SECONDS = 60.0
_START = "import sys; sys.path.insert(0, {root!r}); from harness.sandbox.child import main; main({memory!r}, {cpu!r})"
#: Variables that an interpreter needs to start, on Windows above all. Everything else stays out of the child.
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR", "PATH", "LANG")
#: Seconds between two looks at a child that is silent, and to wait for what an ended one left.
_GLANCE, _LINGER = 0.1, 0.2
_PIECE = 65536
#: A pipe that is ready takes so many bytes without waiting (poll(2)).
_SMALL_PIECE = getattr(select, "PIPE_BUF", _PIECE)
_CAN_WATCH_PIPES = sys.platform != "win32"
#: Rather than select, which cannot watch descriptors from 1024 on.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class FreshStarter:
    """Starts workers that are merely separate processes (level D)."""

    missing = {"seccomp": Sentence("this system runs each submission in an ordinary child process")}  # noqa: RUF012

    def spawn(self, limits: WorkerLimits, modules: Sequence[str] = ()) -> Worker:
        """Return a worker that has not seen a byte of any submission. It can import what is installed.

        Raises:
            SandboxError: the child could not be started.
        """
        del modules
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
        }
        root = str(Path(harness.__file__).resolve().parent.parent)
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-s",
                    "-P",
                    "-B",
                    "-c",
                    _START.format(root=root, memory=limits.memory_bytes, cpu=limits.cpu_seconds),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # where the system has groups of processes, the learner's can be ended whole
            )
        except OSError as error:
            raise SandboxError(Sentence("a child process could not be started: {error}", error=error)) from None
        worker = Worker(_PipeChannel(process), (), CHANNEL)
        try:
            ready = worker.receive(_START_SECONDS)
        except WorkerGone as gone:
            worker.close()
            if worker.exit is not None and worker.exit.status == -signal.SIGINT:
                # A Ctrl-C that came before the child had a session of its own.
                raise KeyboardInterrupt from None
            raise SandboxError(Sentence("a child process could not be started: {error}", error=gone.message)) from None
        except BaseException:
            worker.close()
            raise
        if isinstance(ready, Ready):
            worker.locks = tuple(ready.locks)
        return worker

    def close(self) -> None:
        """Nothing outlives a worker here."""


class _PipeChannel:
    """Pipes with deadlines, by two threads: pipes cannot be polled on every system."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._received: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self._to_send: queue.Queue[bytes | None] = queue.Queue()
        self._closing = False
        self._exit: Exit | None = None
        self._threads = [
            threading.Thread(target=self._pump_in, daemon=True),
            threading.Thread(target=self._pump_out, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _pump_in(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while self._ready(descriptor, selectors.EVENT_READ):
            try:
                data = os.read(descriptor, _PIECE)
            except OSError:
                data = b""
            while not self._closing:
                try:
                    self._received.put(data, timeout=_GLANCE)
                    break
                except queue.Full:
                    continue
            if not data:
                return

    def _pump_out(self) -> None:
        assert self._process.stdin is not None
        descriptor = self._process.stdin.fileno()
        while (data := self._to_send.get()) is not None:
            view = memoryview(data)
            while view:
                if not self._ready(descriptor, selectors.EVENT_WRITE):
                    return
                try:
                    view = view[os.write(descriptor, view[:_SMALL_PIECE]) :]
                except OSError:
                    return

    def _ready(self, descriptor: int, event: int) -> bool:
        """Wait until a pipe can be read or written without waiting; return False once the worker is closed.

        A process that the learner's code started may hold the other end open for ever.
        """
        if not _CAN_WATCH_PIPES:
            return not self._closing
        with _Selector() as selector:
            selector.register(descriptor, event)
            while not self._closing:
                if selector.select(_GLANCE):
                    return True
        return False

    def write(self, data: bytes, deadline: float) -> None:
        # A child that does not read is found out by the deadline of the answer.
        del deadline
        self._to_send.put(data)

    def read(self, deadline: float) -> bytes:
        while True:
            left = deadline - time.monotonic()
            try:
                data = self._received.get(timeout=max(0.0, min(left, _GLANCE)))
                break
            except queue.Empty:
                if self._ended(0):
                    data = self._last_words()
                    break
                if left <= 0:
                    raise WorkerGone(Ending.TIMEOUT, Sentence("it took too long")) from None
        if not data:
            raise self._gone()
        return data

    def _gone(self) -> WorkerGone:
        # A child whose pipe is closed is about to end; its own status tells more than our kill.
        if not self._ended(_LINGER):
            self.close()
            return WorkerGone(Ending.CRASHED, Sentence("it closed the grading channel"))
        status = self.close().status
        if status is not None and status < 0:
            # On POSIX: a signal that was not ours. SIGKILL is how a system that runs out of memory ends a process.
            if -status == getattr(signal, "SIGXCPU", None):
                return WorkerGone(Ending.TIMEOUT, Sentence("it used too much processor time"))
            ending = Ending.MEMORY if -status == getattr(signal, "SIGKILL", None) else Ending.CRASHED
            return ended_by_signal(ending, -status)
        if status:
            return WorkerGone(
                Ending.CRASHED, Sentence("its process ended by itself (exit status {status})", status=status)
            )
        return WorkerGone(Ending.CRASHED, Sentence("its process ended by itself"))

    def _last_words(self) -> bytes:
        """Return what an ended process said, which may still be on its way here; nothing when that was all."""
        try:
            return self._received.get(timeout=_LINGER)
        except queue.Empty:
            return b""

    def close(self) -> Exit:
        if self._exit is None:
            if not self._ended(0):
                self._kill_group()
                self._process.kill()
            self._exit = Exit(self._process.wait(), 0.0)
            self._closing = True
            self._to_send.put(None)
            for thread, pipe in zip(self._threads, (self._process.stdout, self._process.stdin), strict=True):
                thread.join(2)
                # A descriptor that a thread waits for must not be closed: its number may be used again.
                if pipe is not None and not thread.is_alive():
                    pipe.close()
        return self._exit

    def _ended(self, seconds: float) -> bool:
        """Wait for the child to end by itself, and end what it left behind."""
        if self._process.returncode is None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            # At once: the number of the group stays its own only while a process is in it.
            self._kill_group()
        return True

    def _kill_group(self) -> None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
