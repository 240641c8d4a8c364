"""Starts the zygote process. Imports only the standard library, so that it can run beside the caller's own imports."""

import os
import socket
import subprocess
import sys
from typing import NamedTuple

import harness
from harness.errors import SandboxError
from harness.sentence import Sentence

__all__ = ["ALL_LOCKS", "Launched", "has_fork_server", "launch"]

ALL_LOCKS = frozenset({"seccomp", "landlock", "uid", "userns", "rlimits"})
#: One BLAS thread: more would be lost at fork, and the first large product would then hang or die.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # The order of a learner's sets must not differ from one grading to the next.
    "PYTHONHASHSEED": "0",
}
_START = "import sys; sys.path[:0] = {path!r}; from harness.sandbox.zygote import main; main()"


class Launched(NamedTuple):
    """A zygote that is starting, and the grader's end of its control socket."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    locks: frozenset[str]


def has_fork_server() -> bool:
    """Tell whether workers can be forked here: Linux with pidfds (5.3), so that a kill never hits another process."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return sys.platform == "linux"


def launch(locks: frozenset[str] = ALL_LOCKS) -> Launched:
    """Start a zygote that locks its workers down with as many of ``locks`` as this machine offers.

    Raises:
        SandboxError: the process could not be started.
    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__)))
    # Where packages are installed, and nothing else of the grader's path; -S then saves looking for them again.
    path = [root, *[entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]]
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-S", "-B", "-c", _START.format(path=path)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "DOUT_LOCKS": " ".join(sorted(locks))},
            start_new_session=True,  # Ctrl-C goes to the grader alone, which then closes the zygote
        )
    except OSError as error:
        mine.close()
        raise SandboxError(Sentence("the sandbox could not start: {error}", error=error)) from None
    finally:
        theirs.close()
    return Launched(process, mine, locks)
