"""The process that workers are forked from: started fresh, never forked from the grader, numpy imported once.

It holds no secret: no reference layer, no expected value and no submission ever enters it.
"""

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any

from harness.sandbox import lockdown
from harness.sandbox.protocol import FRAME, FromWorker, Ready, ToWorker, decode_to_worker, frame
from harness.sandbox.worker import serve

__all__ = ["main"]

#: What a learner's file may import: a locked worker has no file system to import anything else from.
PRELOADED = """
    abc argparse bisect cmath collections collections.abc contextlib copy csv dataclasses datetime decimal
    enum fractions functools glob heapq inspect itertools json logging math numbers operator pathlib pickle
    pprint random re shutil statistics string tempfile textwrap time timeit traceback types typing unicodedata
    unittest unittest.mock uuid warnings weakref encodings.idna encodings.ascii encodings.latin_1
    encodings.utf_8_sig encodings.cp949 encodings.euc_kr encodings.shift_jis numpy.fft numpy.linalg
    numpy.random numpy.polynomial numpy.lib.stride_tricks numpy.testing numpy.ma numpy.typing
""".split()  # noqa: SIM905 - a list of words reads better as text

CHANNEL = 3


def main() -> None:
    """Serve the grader on descriptor 0 until it hangs up."""
    settings = json.loads(os.environ.pop("DOUT_ZYGOTE"))
    os.environ.clear()
    control = socket.socket(fileno=0)
    prepared = lockdown.prepare(frozenset(settings["locks"]))
    if prepared.needs_user_namespace:
        lockdown.enter_user_namespace()
    lockdown.set_child_subreaper()
    for name in PRELOADED:
        importlib.import_module(name)
    _warm_up()
    lockdown.set_dumpable(False)
    sys.path.clear()
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"hello": prepared.missing}).encode())
    _Zygote(control, prepared).serve()


def _warm_up() -> None:
    """Touch what numpy loads late, so that a worker without a file system finds it loaded."""
    import numpy as np

    for name in np.__all__:
        getattr(np, name, None)
    np.linalg.inv(np.eye(4) @ np.eye(4))
    np.random.default_rng(0).normal(size=3)
    repr(np.array([0.5, np.nan]))


class _Zygote:
    def __init__(self, control: socket.socket, prepared: lockdown.Prepared) -> None:
        self.control = control
        self.prepared = prepared
        self.null = os.open(os.devnull, os.O_RDWR)
        self.children: dict[int, tuple[int, int]] = {}
        self.poll = select.poll()
        self.poll.register(control.fileno(), select.POLLIN)

    def serve(self) -> None:
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.control.fileno():
                    self._fork()
                else:
                    self._reap(descriptor)

    def _fork(self) -> None:
        message, ancillary, _, _ = self.control.recvmsg(65536, socket.CMSG_SPACE(4))
        if not message:
            os._exit(0)  # the grader is gone; PDEATHSIG takes the workers along
        received = array.array("i")
        for _, _, data in ancillary:
            received.frombytes(data[: len(data) - len(data) % received.itemsize])
        order = json.loads(message)
        zygote = os.getpid()
        child = os.fork()
        if child == 0:
            try:
                self._become_worker(order, received[0], zygote)
            finally:
                os._exit(98)
        os.close(received[0])
        pidfd = os.pidfd_open(child)
        self.children[pidfd] = (child, order["job"])
        self.poll.register(pidfd, select.POLLIN)
        socket.send_fds(self.control, [json.dumps({"job": order["job"], "pid": child}).encode()], [pidfd])

    def _become_worker(self, order: dict[str, Any], channel: int, zygote: int) -> None:
        # All three standard streams lead nowhere: learners' output is dropped in Python already, and a raw write
        # to descriptor 1 must not reach anything either.
        channel = os.dup(channel)
        for standard in (0, 1, 2):
            os.dup2(self.null, standard)
        prepared = self.prepared.moved_away_from(CHANNEL)
        os.dup2(channel, CHANNEL)
        try:
            lockdown.set_pdeathsig(signal.SIGKILL)
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            locks = lockdown.lock_down(
                prepared,
                limits=lockdown.Limits(**order["limits"]),
                keep_fds=(0, 1, 2, CHANNEL),
                slot=order["slot"],
            )
            if os.getppid() != zygote:
                os._exit(97)
            _write(Ready(list(locks), ""))
        except OSError as error:
            _write(Ready([], str(error)[:1000]))
            os._exit(97)
        serve(_read, _write)

    def _reap(self, pidfd: int) -> None:
        child, job = self.children.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(child, 0)
        report = {
            "job": job,
            "status": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
        }
        self._sweep()
        self.control.send(json.dumps(report).encode())

    def _sweep(self) -> None:
        """Kill and reap orphans that became ours: only possible at a level that lets a worker fork."""
        alive = {child for child, _ in self.children.values()}
        for orphan in lockdown.children_of_this_process() - alive:
            try:
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
            except OSError:
                continue


def _exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = os.read(CHANNEL, count - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def _read() -> ToWorker:
    return decode_to_worker(_exactly(FRAME.unpack(_exactly(FRAME.size))[0]))


def _write(message: FromWorker) -> None:
    data = memoryview(frame(message))
    while data:
        data = data[os.write(CHANNEL, data) :]
