"""Named points at which a test ends the process, to see that nothing is lost there."""

import os
import signal

__all__ = ["POINTS", "reach"]

#: In the order in which a submission, and what is told of it, pass them.
POINTS = (
    "accept.before_commit",
    "accept.after_commit",
    "claim.before_commit",
    "claim.after_commit",
    "graded",
    "finish.before_commit",
    "finish.after_commit",
    "reap.before",
    "reap.between",
    "requeue.between",
    "outbox.before_settle",
)
_VARIABLE = "DOUT_FAULT_POINT"


def reach(point: str) -> None:
    """End this process as kill -9 does, when the environment names this point."""
    if os.environ.get(_VARIABLE) == point:
        os.kill(os.getpid(), signal.SIGKILL)
