"""Keeps the judges of a class at work: one process for each job, none of which outlives this one.

One thread waits for each judge; the work itself is done in the processes.
"""

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import msgspec

import harness
from harness.errors import SandboxError, UsageError
from harness.notes import fault_note
from harness.records import Outcome
from harness.sentence import Sentence
from harness.whole_class.files import remove_unfinished
from harness.whole_class.messages import (
    Hello,
    Judged,
    Kept,
    Refusal,
    Setup,
    Stopped,
    Task,
    read_message,
    write_message,
)

__all__ = ["Jobs"]

#: Seconds beyond what a submission may take by itself: far more than judging and writing take on a busy machine.
_PATIENCE = 60.0
_START = "import sys; sys.path[:] = {path!r}; from harness.whole_class.judge import main; main()"
#: A judge that is told to end closes its sandbox, which takes hundredths of a second.
_LEAVE_SECONDS = 3.0
#: Results that wait to be stored: more would fill the memory when the disk is slow.
_MOST_WAITING = 64


class _Gone(Exception):  # noqa: N818 - what it is of is said by who catches it
    """A judge ended in the middle of something."""


class _Judge:
    """One process, and both ends of the talk with it."""

    def __init__(self, setup: Setup) -> None:
        root = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__)))
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self.busy_since: float | None = None
        self._out = setup.out
        self._task: Task | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-B", "-W", "ignore", "-c", _START.format(path=[root, *sys.path])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                start_new_session=True,  # Ctrl-C goes to the front alone, which then ends its judges
            )
        except OSError as error:
            self._words.close()
            raise SandboxError(Sentence("a judge could not be started: {error}", error=error)) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        try:
            with contextlib.suppress(OSError):
                write_message(self._to, setup)
            said = self._read(Hello | Stopped)
        except _Gone:
            raise SandboxError(
                Sentence("a judge could not be started: {error}", error=self.close()),
                Sentence("run `dout doctor`"),
            ) from None
        except BaseException:
            self.close()
            raise
        assert isinstance(said, Hello)
        self.hello = said

    def send(self, task: Task) -> None:
        self.busy_since, self._task = time.monotonic(), task
        with contextlib.suppress(OSError):
            # One that is gone is noticed when it gives no answer.
            write_message(self._to, task)

    def receive(self) -> Judged:
        said = self._read(Judged | Stopped)
        assert isinstance(said, Judged)
        self.busy_since = self._task = None
        return said

    def _read(self, kind: Any) -> Any:
        try:
            said: object = read_message(self._from, kind)
        except (OSError, ValueError, msgspec.MsgspecError):
            said = None
        if said is None:
            raise _Gone
        if isinstance(said, Stopped):
            raise (UsageError if said.is_usage else SandboxError)(said.message, said.hint)
        return said

    def kill(self) -> None:
        """End it at once, and with it its sandbox and the submission that runs there."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> str:
        """Let it end, or see to it that it does, and return its last words."""
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        if self._task is not None:
            # It may have ended in the middle of writing.
            for relative in (self._task.report, self._task.page):
                remove_unfinished(os.path.join(self._out, relative))
        self._words.seek(0)
        lines = self._words.read(100_000).decode("utf-8", "replace").strip().splitlines()
        self._words.close()
        return lines[-1][:500] if lines else f"exit status {self._process.returncode}"


class Jobs:
    """The judges of one run. A context manager: leaving it ends them all.

    Args:
        count: How many there are at most.
        setup: What each of them is told first.
        seconds: How long a submission may take by itself.

    Raises:
        SandboxError: a judge could not be started, or its sandbox does not hold.
        UsageError: it could not use what it was told.
    """

    def __init__(self, count: int, setup: Setup, seconds: float) -> None:
        self._count, self._setup = count, setup
        self._longest = seconds * 2 + _PATIENCE
        self._lock = threading.Lock()
        self._results: queue.Queue[Judged | Kept | BaseException | None] = queue.Queue(_MOST_WAITING)
        self._threads: list[threading.Thread] = []
        self._ending = False
        self._judges: list[_Judge] = []
        self._first: _Judge | None = self._started()
        #: How well all of them lock a submission in, and what they are.
        self.hello: Hello = self._first.hello

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._ending = True
            for judge in self._judges:
                # One that is at work would end its submission first.
                if judge.busy_since is not None:
                    judge.kill()
        for thread in self._threads:
            while thread.is_alive():
                with contextlib.suppress(queue.Empty):
                    self._results.get_nowait()
                thread.join(0.01)
        for judge in self._judges:
            judge.close()

    def judged(self, tasks: Iterator[Task | Kept], idle: Callable[[], None]) -> Iterator[Judged | Kept]:
        """Yield what became of each of ``tasks``, in the order in which they are done.

        Args:
            tasks: Taken one by one, in threads, never two at once; each thread takes one ahead. What needs no judge
                is passed on as it is.
            idle: Called about five times a second, in this thread.
        """
        self._threads = [threading.Thread(target=self._work, args=(tasks,), daemon=True) for _ in range(self._count)]
        for thread in self._threads:
            thread.start()
        working = self._count
        while working:
            idle()
            self._kill_those_that_hang()
            try:
                result = self._results.get(timeout=0.2)
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                yield result

    def _kill_those_that_hang(self) -> None:
        now = time.monotonic()
        for judge in [*self._judges]:
            if judge.busy_since is not None and now - judge.busy_since > self._longest:
                judge.kill()

    def _started(self) -> _Judge:
        judge = _Judge(self._setup)
        with self._lock:
            self._judges.append(judge)
            if self._ending:
                judge.kill()
        return judge

    def _work(self, tasks: Iterator[Task | Kept]) -> None:
        try:
            task = self._next(tasks)
            if task is not None:
                with self._lock:
                    first, self._first = self._first, None
                judge = first or self._started()
            while task is not None:
                judge.send(task)
                following = self._next(tasks)
                judge, result = self._answer(judge, task)
                self._results.put(result)
                task = following
                if task is None:
                    self._leave(judge)
            self._results.put(None)
        except BaseException as error:  # noqa: BLE001 - told by the thread that the caller waits in
            self._results.put(error)

    def _next(self, tasks: Iterator[Task | Kept]) -> Task | None:
        while True:
            with self._lock:
                item = None if self._ending else next(tasks, None)
            if item is None or isinstance(item, Task):
                return item
            self._results.put(item)

    def _answer(self, judge: _Judge, task: Task) -> tuple[_Judge, Judged]:
        """Return the answer to ``task``, which was sent; one who dies of it is replaced, and asked once more."""
        refused = Refusal(Outcome.GRADER_FAULT, fault_note(_DIED))
        for again in (task, msgspec.structs.replace(task, refusal=refused)):
            try:
                return judge, judge.receive()
            except _Gone:
                judge = self._replaced(judge)
                judge.send(again)
        try:
            return judge, judge.receive()
        except _Gone:
            raise SandboxError(
                Sentence("judges end again and again: {error}", error=judge.close()), Sentence("run `dout doctor`")
            ) from None

    def _leave(self, judge: _Judge) -> None:
        """End a judge in the thread that started it: with that thread the kernel would kill it (PDEATHSIG of prctl)."""
        with self._lock:
            self._judges.remove(judge)
        judge.close()

    def _replaced(self, judge: _Judge) -> _Judge:
        self._leave(judge)
        if self._ending:
            raise SandboxError(Sentence("the sandbox was closed"))
        return self._started()


_DIED = SandboxError(
    Sentence("the process that judges it ended twice"),
    Sentence("please report this as a bug, with the submission"),
)
