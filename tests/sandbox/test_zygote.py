"""The zygote's own part of making a worker, in this process: it forks, hands out a pidfd, reaps, and sweeps orphans."""

import gc
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("the zygote exists on Linux only", allow_module_level=True)

import msgspec

from harness.sandbox import identity, importable, lockdown, worker, zygote
from harness.sandbox.importable import EVERYTHING_IN_NUMPY, MODULES, named_modules
from harness.sandbox.protocol import FRAME, Ready, decode_from_worker

NO_LOCKS = lockdown.Prepared(None, None, None, None, False, {})
LIMITS = {"memory_bytes": 1 << 30, "cpu_seconds": 10}


class Pair:
    """A zygote in this process, and the grader's end of its control socket."""

    def __init__(self) -> None:
        self.grader, self.control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.zygote = zygote._Zygote(self.control, NO_LOCKS, worker, Ready)

    def close(self) -> None:
        for pidfd in self.zygote.children:
            os.close(pidfd)
        os.close(self.zygote.null)
        self.grader.close()
        self.control.close()

    def order(self, **changes: Any) -> socket.socket:
        """Have a worker made; return the grader's end of its channel."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        order = {"job": 7, "slot": 0, "limits": LIMITS, "modules": []} | changes
        socket.send_fds(self.grader, [msgspec.msgpack.encode(order)], [theirs.fileno()])
        theirs.close()
        self.zygote._fork()
        return mine

    def told(self) -> tuple[dict[str, Any], list[int]]:
        data, descriptors, _, _ = socket.recv_fds(self.grader, 65536, 1)
        return msgspec.msgpack.decode(data), descriptors


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()
    gc.unfreeze()


def ready(channel: socket.socket) -> Any:
    with channel.makefile("rb") as stream:
        return decode_from_worker(stream.read(FRAME.unpack(stream.read(FRAME.size))[0]))


def ended(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 20)[0])


def test_a_worker_is_made_and_ends_when_the_grader_hangs_up(pair: Pair) -> None:
    channel = pair.order()
    message, (pidfd,) = pair.told()
    assert message["job"] == 7
    assert ready(channel) == Ready([], "")
    channel.close()
    assert ended(pidfd)
    (own,) = pair.zygote.children
    pair.zygote._reap(own)
    report, _ = pair.told()
    assert (report["job"], report["status"]) == (7, 0)
    assert 0 <= report["cpu"] < 10
    assert pair.zygote.children == {}
    os.close(pidfd)


def test_the_zygote_practises_once_and_only_when_many_are_asked_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = []
    monkeypatch.setattr("harness.sandbox.practice.practise", lambda: at.append(pair.zygote.forks))
    for _ in range(zygote._FORKS_BEFORE_PRACTICE + 2):
        pair.order().close()
        _, (pidfd,) = pair.told()
        assert ended(pidfd)
        pair.zygote._reap(next(iter(pair.zygote.children)))
        pair.told()
        os.close(pidfd)
    assert at == [zygote._FORKS_BEFORE_PRACTICE]


def test_how_a_worker_ended_is_reported(pair: Pair) -> None:
    channel = pair.order()
    message, (pidfd,) = pair.told()
    ready(channel)
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert ended(pidfd)
    pair.zygote._reap(next(iter(pair.zygote.children)))
    assert pair.told()[0]["status"] == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(message["pid"], 0)
    channel.close()
    os.close(pidfd)


def test_a_worker_that_cannot_be_locked_says_why_and_ends(pair: Pair) -> None:
    # As if it had promised a namespace and not entered it.
    pair.zygote.prepared = NO_LOCKS._replace(outer_user_namespace=identity.user_namespace())
    channel = pair.order()
    _, (pidfd,) = pair.told()
    message = ready(channel)
    assert isinstance(message, Ready)
    assert message.locks == []
    assert "not entered" in message.error
    assert ended(pidfd)
    pair.zygote._reap(next(iter(pair.zygote.children)))
    assert pair.told()[0]["status"] == 97
    channel.close()
    os.close(pidfd)


def test_orphans_are_killed_and_reaped_and_workers_are_not(pair: Pair) -> None:
    channel = pair.order()
    message, (pidfd,) = pair.told()
    ready(channel)
    orphan = subprocess.Popen(["sleep", "1000"])
    pair.zygote._sweep()
    with pytest.raises(ProcessLookupError):
        os.kill(orphan.pid, 0)
    os.kill(message["pid"], 0)
    orphan.returncode = 0
    channel.close()
    assert ended(pidfd)
    pair.zygote._reap(next(iter(pair.zygote.children)))
    os.close(pidfd)


def test_the_grader_hanging_up_ends_the_zygote(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", end)
    pair.grader.close()
    with pytest.raises(SystemExit, match="0"):
        pair.zygote.serve()


def test_only_modules_of_the_list_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.delitem(sys.modules, "bisect", raising=False)
    zygote._import(["colorsys", "reference.layers", "antigravity", "bisect", "_strptime"])
    assert "colorsys" not in sys.modules
    assert "bisect" in sys.modules
    assert "_strptime" in sys.modules


def test_everything_in_numpy_can_be_asked_for() -> None:
    zygote._import([EVERYTHING_IN_NUMPY])
    assert "numpy.fft" in sys.modules


def test_a_module_that_this_python_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "MODULES", ["no_such_module", "bisect"])
    monkeypatch.delitem(sys.modules, "bisect", raising=False)
    zygote._import(["no_such_module", "bisect"])
    assert "bisect" in sys.modules


NAMED = {
    "an import": ("import math", {"math"}),
    "an import of a part": ("from numpy.fft import fft", {"numpy.fft"}),
    "an attribute": ("np.linalg.norm(x)", {"numpy.linalg"}),
    "everything": ("from  numpy import *", {EVERYTHING_IN_NUMPY}),
    "a method that needs a module": ("datetime.strptime(x)", {"datetime", "_strptime"}),
    "a parser of arguments": ("import argparse", {"argparse", "locale"}),
    "a comment": ("# decimal places", {"decimal"}),
    "a part of a word": ("mathematics = recopy", set[str]()),
    "what is not on the list": ("import torch, socket, subprocess, ctypes", set[str]()),
}


@pytest.mark.parametrize(("text", "expected"), NAMED.values(), ids=list(NAMED))
def test_modules_are_found_by_name(text: str, expected: set[str]) -> None:
    assert set(named_modules([text])) == expected


def test_the_list_holds_nothing_of_the_judge_and_nothing_that_opens_a_way_out() -> None:
    assert not {"reference", "harness", "socket", "subprocess", "ctypes", "multiprocessing"} & {
        name.partition(".")[0] for name in MODULES
    }
    assert importable.MODULES is MODULES
