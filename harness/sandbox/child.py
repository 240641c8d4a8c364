"""The learner's process where no zygote can be: one fresh interpreter per submission, on any system."""

import os
import sys

from harness.sandbox.protocol import Ready
from harness.sandbox.worker import serve_on, tell

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

    tell(outgoing, Ready(locks, ""))
    serve_on(incoming, outgoing)


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
