"""The process that workers are forked from: started fresh, never forked from the grader, numpy imported once.

It holds no secret: no reference layer, no expected value and no submission ever enters it.
"""

import array
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from harness.sandbox import lockdown
from harness.sandbox.importable import EVERYTHING_IN_NUMPY, MODULES

if TYPE_CHECKING:
    from harness.sandbox.protocol import Ready

__all__ = ["main"]

CHANNEL = 3
#: A single grading is over with three workers, and sooner without practice.
_FORKS_BEFORE_PRACTICE = 4
#: Generations of orphans that are swept after one worker: more than a chain of daemons has.
_SWEEPS = 100


def main() -> None:
    """Serve the grader on descriptor 0 until it hangs up."""
    gc.disable()  # nothing that is imported here ever becomes garbage
    wanted = os.environ.pop("DOUT_LOCKS").split()
    os.environ.clear()
    os.chdir("/")
    control = socket.socket(fileno=0)
    # Before numpy is imported: this forks, and a small process forks faster.
    prepared = lockdown.prepare(frozenset(wanted))
    if prepared.needs_user_namespace:
        lockdown.enter_user_namespace()
    lockdown.set_child_subreaper()
    # The parser imports unicodedata itself for names that are not ASCII, and a worker without files could not.
    import unicodedata  # noqa: F401

    import numpy as np

    from harness.sandbox import protocol, worker

    # numpy finishes loading some of itself at first use, which a worker without a file system could not.
    np.linalg.inv(np.eye(4) @ np.eye(4))
    repr(np.array([0.5, np.nan]))
    lockdown.set_dumpable(False)
    # The grader says it in the reader's language.
    missing = {lock: (why.pattern, why.values) for lock, why in prepared.missing.items()}
    control.send(msgspec.msgpack.encode({"hello": missing}))
    # As in any program; there is no terminal here that could interrupt it, and the workers inherit it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _Zygote(control, prepared.moved_away_from(CHANNEL), worker, protocol.Ready).serve()


def _import(names: list[str]) -> None:
    """Import modules for one learner's file; only names of the list are taken, whoever asks."""
    for name in names:
        if name in MODULES or name == "_strptime":
            # One that this Python was built without fails in the file that imports it, and in no other.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        elif name == EVERYTHING_IN_NUMPY:
            import numpy as np

            for attribute in np.__all__:
                getattr(np, attribute, None)


class _Zygote:
    def __init__(
        self, control: socket.socket, prepared: lockdown.Prepared, worker: ModuleType, ready: "type[Ready]"
    ) -> None:
        self.control = control
        self.prepared = prepared
        # Imported before the fork: what a worker looks for is one page more to be copied for it.
        self.worker, self.ready = worker, ready
        self.null = os.open(os.devnull, os.O_RDWR)
        self.children: dict[int, tuple[int, int]] = {}
        self.forks = 0
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
        order = msgspec.msgpack.decode(message)
        self.forks += 1
        if self.forks == _FORKS_BEFORE_PRACTICE:
            from harness.sandbox.practice import practise

            practise()
            gc.collect()
        gc.freeze()
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
        socket.send_fds(self.control, [msgspec.msgpack.encode({"job": order["job"], "pid": child})], [pidfd])

    def _become_worker(self, order: dict[str, Any], channel: int, zygote: int) -> None:
        worker = self.worker
        # All three standard streams lead nowhere: learners' output is dropped in Python already, and a raw write
        # to descriptor 1 must not reach anything either.
        channel = os.dup(channel)
        for standard in (0, 1, 2):
            os.dup2(self.null, standard)
        os.dup2(channel, CHANNEL)
        try:
            os.setsid()
            # Here and not in the zygote, where the next learner's file would find them as well.
            _import(order["modules"])
            locks = lockdown.lock_down(
                self.prepared,
                limits=lockdown.Limits(**order["limits"]),
                keep_fds=(0, 1, 2, CHANNEL),
                slot=order["slot"],
            )
            if os.getppid() != zygote:
                os._exit(97)
            sys.path.clear()
            # Kept and not cleared: to free thousands of file names would copy every page that they lie on.
            self.forgotten, sys.path_importer_cache = sys.path_importer_cache, {}
            gc.enable()
        except OSError as error:
            worker.tell(CHANNEL, self.ready([], str(error)[:1000]))
            os._exit(97)
        worker.tell(CHANNEL, self.ready(list(locks), ""))
        worker.serve_on(CHANNEL, CHANNEL)

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
        self.control.send(msgspec.msgpack.encode(report))

    def _sweep(self) -> None:
        """Kill and reap orphans that became ours: only possible at a level that lets a worker fork."""
        alive = {child for child, _ in self.children.values()}
        # A killed orphan's own children become ours in turn.
        for _ in range(_SWEEPS):
            orphans = lockdown.children_of_this_process() - alive
            if not orphans:
                return
            for orphan in orphans:
                with contextlib.suppress(OSError):
                    os.kill(orphan, signal.SIGKILL)
                    os.waitpid(orphan, 0)
