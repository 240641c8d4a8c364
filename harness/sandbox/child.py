"""The learner's process where no zygote can be: one fresh interpreter per submission, on any system."""

import os
import sys

from harness.sandbox.protocol import FRAME, FromWorker, Ready, ToWorker, decode_to_worker, frame
from harness.sandbox.worker import serve

__all__ = ["main"]


def main(memory_bytes: int) -> None:
    """Serve the grader on what were standard input and output until it hangs up."""
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    # The product's own packages are not for the learner's file to import.
    for name in ("reference", "harness.grader"):
        sys.modules[name] = None  # type: ignore[assignment]
    locks = _limit_memory(memory_bytes)

    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = os.read(incoming, count - len(data))
            if not piece:
                os._exit(0)
            data += piece
        return data

    def receive() -> ToWorker:
        return decode_to_worker(exactly(FRAME.unpack(exactly(FRAME.size))[0]))

    def send(message: FromWorker) -> None:
        data = memoryview(frame(message))
        while data:
            data = data[os.write(outgoing, data) :]

    send(Ready(locks, ""))
    serve(receive, send)


def _limit_memory(memory_bytes: int) -> list[str]:
    """Limit what the process may allocate, where the system can: Windows cannot, macOS ignores it."""
    try:
        import resource
    except ImportError:
        return []
    try:
        # An interpreter with numpy takes about 0.2 GB of addresses with one BLAS thread.
        limit = memory_bytes + 512 * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return []
    return ["rlimits"]
