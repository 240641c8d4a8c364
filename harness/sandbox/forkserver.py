"""Starts locked-down workers in a few milliseconds, by asking a zygote to fork. Linux only."""

import itertools
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from harness.errors import SandboxError
from harness.sandbox.channel import Ending, Exit, Worker, WorkerGone, ended_by_signal
from harness.sandbox.identity import SLOTS
from harness.sandbox.launch import Launched, launch
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import Ready
from harness.sentence import Sentence

__all__ = ["ForkServer"]

#: Starting takes 0.1 s on a quiet machine; this is for one whose disk sleeps.
_START_SECONDS = 60.0
#: A forked worker is ready in 4 ms; wall time under load was seen at 10 times that.
_SPAWN_SECONDS = 20.0
#: Descriptor of the channel in a worker (harness.sandbox.zygote, which the grader does not import).
_CHANNEL = (3,)


class ForkServer:
    """A zygote and the way to its workers. Starting it returns at once; the first worker waits for it."""

    def __init__(self, launched: Launched | None = None) -> None:
        self._jobs = itertools.count(1)
        self._adopt(launched or launch())

    def _adopt(self, launched: Launched) -> None:
        self._locks, self._process, self._control = launched.locks, launched.process, launched.control
        self._exits: dict[int, Exit] = {}
        self._missing: dict[str, Sentence] | None = None
        self._words = ""

    @property
    def missing(self) -> dict[str, Sentence]:
        """Which locks this machine does not offer, and why."""
        if self._missing is None:
            hello, _ = self._control_message(time.monotonic() + _START_SECONDS)
            self._missing = {lock: Sentence(pattern, **values) for lock, (pattern, values) in hello["hello"].items()}
        return self._missing

    def spawn(self, limits: WorkerLimits, modules: Sequence[str] = ()) -> Worker:
        """Return a worker that is locked down and has not seen a byte of any submission.

        Raises:
            SandboxError: the zygote is gone, or a lock that this machine offers could not be applied.
        """
        if self._process.poll() is not None:
            # The kernel may have chosen it when memory ran out: one submission was lost to that, not all to come.
            self.close()
            self._adopt(launch(self._locks))
        _ = self.missing
        job = next(self._jobs)
        try:
            mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            raise SandboxError(
                Sentence("no connection to a worker could be made: {error}", error=error.strerror)
            ) from None
        order = {"job": job, "slot": job % SLOTS, "limits": limits.for_process(), "modules": [*modules]}
        deadline = time.monotonic() + _SPAWN_SECONDS
        try:
            socket.send_fds(self._control, [msgspec.msgpack.encode(order)], [theirs.fileno()])
            descriptors: list[int] = []
            while not descriptors:
                message, descriptors = self._control_message(deadline)
                if descriptors and message.get("job") != job:
                    # Of a worker whose start was interrupted.
                    os.close(descriptors.pop())
        except OSError as error:
            mine.close()
            raise SandboxError(Sentence("the sandbox ended: {error}", error=error)) from None
        except BaseException:
            mine.close()
            raise
        finally:
            theirs.close()
        channel = _SocketChannel(self, job, descriptors[0], mine, limits.cpu_seconds)
        worker = Worker(channel, (), _CHANNEL)
        try:
            ready = worker.receive(_SPAWN_SECONDS)
            if not isinstance(ready, Ready) or ready.error:
                raise SandboxError(
                    Sentence("a worker could not be locked down: {error}", error=getattr(ready, "error", ready))
                )
        except WorkerGone as gone:
            worker.close()
            raise SandboxError(Sentence("a worker could not be started: {error}", error=gone.message)) from None
        except BaseException:
            worker.close()
            raise
        worker.locks = tuple(ready.locks)
        return worker

    def exit_of(self, job: int) -> Exit:
        """Wait for the zygote to have reaped a killed worker."""
        deadline = time.monotonic() + _SPAWN_SECONDS
        while job not in self._exits:
            self._control_message(deadline)
        return self._exits.pop(job)

    def _control_message(self, deadline: float) -> tuple[dict[str, Any], list[int]]:
        if self._control.fileno() < 0:
            raise SandboxError(Sentence("the sandbox was closed"))
        # poll rather than select, which cannot watch descriptors from 1024 on.
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise SandboxError(Sentence("the sandbox does not answer"))
        data, descriptors, flags, _ = socket.recv_fds(self._control, 65536, 1)
        if flags & socket.MSG_CTRUNC:
            raise SandboxError(
                Sentence("too many files are open"), Sentence("close some, or raise the limit (ulimit -n)")
            )
        if not data:
            raise SandboxError(Sentence("the sandbox ended: {error}", error=self._last_words()))
        message: dict[str, Any] = msgspec.msgpack.decode(data)
        if "status" in message:
            self._exits[message["job"]] = Exit(message["status"], message["cpu"])
        return message, descriptors

    def _last_words(self) -> str:
        if not self._words:
            self._process.kill()
            _, errors = self._process.communicate()
            lines = errors.decode("utf-8", "replace").strip().splitlines()
            self._words = lines[-1][:500] if lines else f"exit status {self._process.returncode}"
        return self._words

    def close(self) -> None:
        """End the zygote and, with it, every worker."""
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


class _SocketChannel:
    def __init__(self, server: ForkServer, job: int, pidfd: int, connection: socket.socket, cpu_seconds: int) -> None:
        self._cpu_seconds = cpu_seconds
        self._server, self._job, self._pidfd, self._socket = server, job, pidfd, connection
        connection.setblocking(False)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._poll.register(pidfd, select.POLLIN)
        self._exit: Exit | None = None

    def write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except ConnectionError:
                raise self._gone() from None

    def read(self, deadline: float) -> bytes:
        while True:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except ConnectionError:
                raise self._gone() from None
            if not data:
                raise self._gone()
            return data

    def _wait(self, event: int, deadline: float) -> None:
        self._poll.modify(self._socket, event)
        left = deadline - time.monotonic()
        ready = dict(self._poll.poll(left * 1000)) if left > 0 else {}
        if self._socket.fileno() in ready:
            return
        if self._pidfd in ready:
            raise self._gone()
        raise WorkerGone(Ending.TIMEOUT, Sentence("it took too long"))

    def _gone(self) -> WorkerGone:
        # A process that ends closes its socket a moment before its pidfd says so.
        if not _has_ended(self._pidfd, wait_ms=500):
            self.close()
            return WorkerGone(Ending.CRASHED, Sentence("it closed the grading channel"))
        ended = self.close()
        status = ended.status
        used_up = ended.cpu_seconds >= self._cpu_seconds
        if status == -signal.SIGXCPU or (status == -signal.SIGKILL and used_up):
            return WorkerGone(Ending.TIMEOUT, Sentence("it used too much processor time"))
        if status is not None and status < 0:
            # We had not killed it: SIGKILL then is the kernel's answer to memory running out.
            ending = Ending.MEMORY if status == -signal.SIGKILL else Ending.CRASHED
            return ended_by_signal(ending, -status)
        return WorkerGone(Ending.CRASHED, Sentence("its process ended by itself"))

    def close(self) -> Exit:
        if self._exit is None:
            if not _has_ended(self._pidfd):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            try:
                self._exit = self._server.exit_of(self._job)
            except SandboxError:
                self._exit = Exit(None, 0.0)
            self._socket.close()
            os.close(self._pidfd)
        return self._exit


def _has_ended(pidfd: int, wait_ms: int = 0) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(wait_ms))
