"""Runs the web process and the workers as children, starts again what ends, and ends all of them in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog

__all__ = ["SUPERVISED", "Part", "Supervisor"]

#: Tells a child that it is to end when its supervisor does.
SUPERVISED = "DOUT_SUPERVISED"
#: Seconds before a part that ended is started again: doubled each time, and less again after a minute of running.
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY = 0.5, 30.0, 60.0
#: Seconds that the parts have to end by themselves: longer than a worker's patience with what it grades.
_GRACE_SECONDS = 45.0
_GLANCE = 0.1
#: A part that was drained, and one that cannot run as it is told to: neither is started again.
_DONE, _WRONG_USE = 0, 2

_log = structlog.get_logger("dout.supervisor")


class Part(NamedTuple):
    """What runs in a process of its own."""

    name: str
    #: Words after ``dout``.
    words: Sequence[str]


class _Running:
    def __init__(self, part: Part, environment: Mapping[str, str]) -> None:
        self.part, self._environment = part, environment
        self.pause = _FIRST_PAUSE
        self.process: subprocess.Popen[bytes] | None = None
        self.since = self.again_at = 0.0
        self.start()

    def start(self) -> None:
        self.since = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *self.part.words],
            env={**self._environment, SUPERVISED: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C goes to the supervisor alone
        )
        _log.info("started", part=self.part.name, pid=self.process.pid)


class Supervisor:
    """Keeps its parts running until it is asked to end."""

    def __init__(self, parts: Sequence[Part], environment: Mapping[str, str]) -> None:
        self._asked = False
        self._running = [_Running(part, environment) for part in parts]

    def ask_to_stop(self) -> None:
        """End all parts, and :meth:`run` with them."""
        self._asked = True

    def run(self) -> int:
        """Watch over the parts; return 0, or the exit status of a part that can never run."""
        status = 0
        while not self._asked and self._running:
            time.sleep(_GLANCE)
            for one in [*self._running]:
                ended = self._look(one)
                if ended is not None:
                    self._running.remove(one)
                    status = ended
                    self._asked = self._asked or ended == _WRONG_USE
        self._end()
        return status

    def _look(self, one: _Running) -> int | None:
        """Start a part again when it is time; return its exit status when it is over for good."""
        now = time.monotonic()
        if one.process is None:
            if now >= one.again_at:
                one.start()
            return None
        ended = one.process.poll()
        if ended is None or self._asked:
            return None
        if ended in (_DONE, _WRONG_USE):
            _log.info("ended", part=one.part.name, status=ended)
            return ended
        one.pause = _FIRST_PAUSE if now - one.since > _STEADY else min(one.pause * 2, _LONGEST_PAUSE)
        _log.error("ended; it is started again", part=one.part.name, status=ended, in_s=one.pause)
        one.process, one.again_at = None, now + one.pause
        return None

    def _end(self) -> None:
        alive = [one.process for one in self._running if one.process is not None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.error("killed, as it did not end", pid=process.pid)
                process.kill()
                process.wait()
