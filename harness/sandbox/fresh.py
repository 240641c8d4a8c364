"""Starts each worker as a fresh child process: the portable way, for systems without fork, seccomp or Landlock.

Needs no fork, no POSIX-only module and no ``/proc``: only pipes, threads and the right to kill a child.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import harness
from harness.errors import SandboxError
from harness.sandbox.channel import Ending, Exit, Worker, WorkerGone
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import Ready

__all__ = ["FreshStarter"]

#: A fresh interpreter that imports numpy takes 0.1 s; this is for a machine whose disk sleeps.
_START_SECONDS = 60.0
_START = "import sys; sys.path.insert(0, {root!r}); from harness.sandbox.child import main; main({memory!r})"
#: Variables that an interpreter needs to start, on Windows above all. Everything else stays out of the child.
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR", "PATH", "LANG")


class FreshStarter:
    """Starts workers that are merely separate processes (level D)."""

    missing = {"seccomp": "this system runs each submission in an ordinary child process"}  # noqa: RUF012

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
                    _START.format(root=root, memory=limits.memory_bytes),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"a child process could not be started: {error}") from None
        worker = Worker(_PipeChannel(process), ())
        try:
            ready = worker.receive(_START_SECONDS)
        except WorkerGone as gone:
            worker.close()
            raise SandboxError(f"a child process could not be started: {gone.message}") from None
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
        while True:
            try:
                data = os.read(descriptor, 65536)
            except OSError:
                data = b""
            while self._exit is None:
                try:
                    self._received.put(data, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if not data or self._exit is not None:
                return

    def _pump_out(self) -> None:
        assert self._process.stdin is not None
        while (data := self._to_send.get()) is not None:
            try:
                self._process.stdin.write(data)
                self._process.stdin.flush()
            except (OSError, ValueError):
                return

    def write(self, data: bytes, deadline: float) -> None:
        # A child that does not read is found out by the deadline of the answer.
        del deadline
        self._to_send.put(data)

    def read(self, deadline: float) -> bytes:
        try:
            data = self._received.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise WorkerGone(Ending.TIMEOUT, "it took too long") from None
        if not data:
            status = self.close().status
            detail = f" (exit status {status})" if status else ""
            raise WorkerGone(Ending.CRASHED, f"its process ended by itself{detail}")
        return data

    def close(self) -> Exit:
        if self._exit is None:
            try:
                # A child whose pipe is closed is about to end; its own status tells more than our kill.
                status: int | None = self._process.wait(0.2 if self._process.poll() is None and self._at_end() else 0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                status = self._process.wait()
            self._exit = Exit(status, 0.0)
            self._to_send.put(None)
            for thread in self._threads:
                thread.join(2)
            for pipe in (self._process.stdin, self._process.stdout):
                try:
                    if pipe is not None:
                        pipe.close()
                except OSError:
                    continue
        return self._exit

    def _at_end(self) -> bool:
        return not self._threads[0].is_alive()
