"""Talks to one worker: whole frames against a deadline, whatever lies underneath."""

import enum
import math
import signal
import time
from collections.abc import Iterator
from typing import Protocol, Self

from harness.sandbox.protocol import (
    FRAME,
    MAX_FRAME,
    SEVERAL,
    FromWorker,
    ToWorker,
    decode_from_worker,
    frame,
    messages_in,
)
from harness.sandbox.values import ProtocolError
from harness.sentence import Sentence

__all__ = ["Channel", "Ending", "Exit", "FrameBuffer", "Worker", "WorkerGone", "ended_by_signal"]


#: Bytes taken from one worker in all: 300 times what right answers to a whole bank take (52 kB).
MOST_RECEIVED = 16 * 1024 * 1024


class Ending(enum.Enum):
    """Why a worker gave no further answer."""

    TIMEOUT = "timeout"
    CRASHED = "crashed"
    MEMORY = "memory_limit"


class WorkerGone(Exception):  # noqa: N818 - a worker that ended is an answer, not an error
    """The worker was stopped, ended by itself, or broke the protocol; it is dead now."""

    def __init__(self, ending: Ending, message: str) -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message


class Exit:
    """How a worker's process ended and what it used; from the operating system, never from the worker."""

    __slots__ = ("cpu_seconds", "status")

    def __init__(self, status: int | None, cpu_seconds: float) -> None:
        #: Exit code, or minus the signal's number; None when unknown.
        self.status = status
        self.cpu_seconds = cpu_seconds


class FrameBuffer:
    """Cuts a byte stream into frames, refusing one that claims more than the cap."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._start = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Append what was read."""
        if self._start:
            del self._bytes[: self._start]
            self._start = 0
        self._bytes += data

    def take(self) -> bytes | None:
        """Return the next whole frame's body, or None when more bytes are needed.

        Raises:
            ProtocolError: the frame claims more than ``MAX_FRAME`` bytes.
        """
        head = self._start + FRAME.size
        if len(self._bytes) < head:
            return None
        (length,) = FRAME.unpack_from(self._bytes, self._start)
        if length > MAX_FRAME:
            raise ProtocolError("a frame over the cap")
        if len(self._bytes) < head + length:
            return None
        self._start = head + length
        return bytes(self._bytes[head : self._start])


class Channel(Protocol):
    """The bytes between the grader and one worker."""

    def write(self, data: bytes, deadline: float) -> None:
        """Send all of ``data``.

        Raises:
            WorkerGone: the worker ended, or did not read before ``deadline`` (``time.monotonic`` seconds).
        """

    def read(self, deadline: float) -> bytes:
        """Return at least one byte.

        Raises:
            WorkerGone: the worker ended, or said nothing before ``deadline``.
        """

    def close(self) -> Exit:
        """Kill the worker if it lives, reap it, and free everything that belonged to it. May be called twice."""


class Worker:
    """One worker as the grader sees it. A context manager: leaving it kills and reaps the process."""

    def __init__(self, channel: Channel, locks: tuple[str, ...], descriptors: tuple[int, ...] = ()) -> None:
        self._channel = channel
        self._frames = FrameBuffer()
        self._received = 0
        #: Messages that came together, the next one last.
        self._together: list[bytes] = []
        #: The locks in force in this worker's process.
        self.locks = locks
        #: Numbers of the channel's descriptors in the worker's process: all that it has open but the standard streams.
        self.descriptors = descriptors
        #: Set once the worker is closed.
        self.exit: Exit | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill and reap the worker."""
        if self.exit is None:
            self.exit = self._channel.close()

    def send(self, request: ToWorker | bytes, seconds: float) -> None:
        """Send a request, or the bytes of one already made with ``frame``."""
        data = request if isinstance(request, bytes) else frame(request)
        self._channel.write(data, time.monotonic() + seconds)

    def receive(self, seconds: float, until: float = math.inf) -> FromWorker:
        """Return the worker's next message.

        Args:
            seconds: How long this one message may take, however slowly its bytes drip in.
            until: A point on ``time.monotonic`` that bounds the whole conversation.

        Raises:
            WorkerGone: it ended, took too long, or broke the protocol.
        """
        body = self.receive_body(seconds, until)
        try:
            return decode_from_worker(body)
        except ProtocolError as error:
            raise _broken(error) from None

    def receive_body(self, seconds: float, until: float = math.inf) -> bytes:
        """Return the worker's next message as it came, not decoded; otherwise like :meth:`receive`."""
        if not self._together:
            body = self.receive_frame(seconds, until)
            self.put_back(body)
        return self._together.pop()

    def put_back(self, body: bytes) -> None:
        """Have the messages in a frame that was received be received one by one."""
        try:
            self._together = messages_in(body) if body.startswith(SEVERAL) else [body]
        except ProtocolError as error:
            raise _broken(error) from None

    def receive_frame(self, seconds: float, until: float = math.inf) -> bytes:
        """Return the next frame, which may hold several messages; otherwise like :meth:`receive_body`."""
        try:
            body = self._frames.take()
            if body is None:
                deadline = min(time.monotonic() + seconds, until)
                while body is None:
                    data = self._channel.read(deadline)
                    self._received += len(data)
                    if self._received > MOST_RECEIVED:
                        raise WorkerGone(Ending.CRASHED, Sentence("its answers are too large"))
                    self._frames.feed(data)
                    body = self._frames.take()
        except ProtocolError as error:
            raise _broken(error) from None
        return body

    def receive_bodies(self, seconds: float, until: float = math.inf) -> Iterator[bytes]:
        """Yield one message after the other, each like :meth:`receive_body`."""
        while True:
            yield self.receive_body(seconds, until)
            while self._together:
                yield self._together.pop()


def ended_by_signal(ending: Ending, number: int) -> WorkerGone:
    """Return what became of a worker that signal ``number`` ended, which was not ours."""
    name = signal.strsignal(number)
    return WorkerGone(ending, Sentence("its process was ended by signal {number} ({name})", number=number, name=name))


def _broken(error: ProtocolError) -> WorkerGone:
    return WorkerGone(Ending.CRASHED, Sentence("it broke the grading channel ({error})", error=error))
