"""The learner's process where no zygote can be: one fresh interpreter per submission, on any system."""

import os
import queue
import signal
import sys
import threading

from harness.sandbox.protocol import Ready, ToWorker
from harness.sandbox.worker import Receive, requests_on, serve, tell

__all__ = ["CHANNEL", "main"]

#: Descriptors of the channel: requests come on the first, answers go on the second.
CHANNEL = (3, 4)


def main(memory_bytes: int, cpu_seconds: int) -> None:
    """Serve the grader on what were standard input and output until it hangs up."""
    for standard, own in zip((0, 1), CHANNEL, strict=True):
        os.dup2(standard, own, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    # The product's own packages are not for the learner's file to import.
    for name in ("reference", "harness.grader"):
        sys.modules[name] = None  # type: ignore[assignment]
    locks = _limit(memory_bytes, cpu_seconds)
    incoming, outgoing = CHANNEL
    receive = _heard_beside(requests_on(incoming))
    tell(outgoing, Ready(locks, ""))
    serve(receive, lambda *messages: tell(outgoing, *messages))


def _heard_beside(receive: Receive) -> Receive:
    """Listen in a thread, which ends the process when the grader is gone, whatever the learner's code does then.

    Code in C may hold the interpreter's lock for ever; the limit on processor time is for that.
    """
    waiting: queue.SimpleQueue[ToWorker] = queue.SimpleQueue()
    # Taken now: what a learner's file puts in their place comes too late.
    end = os._exit
    # Whatever the learner's code started is in this group too. Never the grader's own, were this process in it.
    end_group = os.killpg if hasattr(os, "killpg") and os.getpgrp() == os.getpid() else None

    def listen() -> None:
        try:
            while True:
                waiting.put(receive())
        finally:
            if end_group is not None:
                end_group(0, signal.SIGKILL)
            end(0)

    threading.Thread(target=listen, daemon=True).start()
    return waiting.get


def _limit(memory_bytes: int, cpu_seconds: int) -> list[str]:
    """Limit memory and processor time, where the system can: Windows cannot, macOS refuses a limit on memory."""
    try:
        import resource
    except ImportError:
        return []
    # An interpreter with numpy takes about 0.2 GB of addresses with one BLAS thread.
    memory = memory_bytes + 512 * 1024 * 1024
    limited = []
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, memory, memory),
    ):
        try:
            resource.setrlimit(kind, (soft, hard))
            limited.append(True)
        except (OSError, ValueError):
            limited.append(False)
    return ["rlimits"] if all(limited) else []
