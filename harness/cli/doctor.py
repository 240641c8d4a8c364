"""``dout doctor``: what this machine offers, found out by trying."""

import argparse
import locale
import platform
import sys

import harness
from harness.cli import FAULT, OK

__all__ = ["run"]

LEVELS = {
    "A": "seccomp, Landlock and a user of its own: a learner's code reaches nothing",
    "B": "seccomp and resource limits: it reaches nothing that a system call is needed for",
    "C": "Landlock without seccomp: it reaches no file, but other parts of the system",
    "D": "a separate process with deadlines: it can read and write what you can",
}


def run(options: argparse.Namespace) -> int:
    """Print the level reached, why not a better one, the attacks tried, versions and encodings."""
    del options
    import msgspec
    import numpy as np

    from harness.cases import cache_directory
    from harness.sandbox.limits import WorkerLimits
    from harness.sandbox.runner import Sandbox
    from harness.sandbox.selftest import self_test

    with Sandbox() as sandbox:
        with sandbox.spawn(WorkerLimits()) as worker:
            isolation = sandbox.isolation_of(worker)
        canaries = self_test(sandbox, WorkerLimits())
    screen, files = getattr(sys.stdout, "encoding", None), sys.getfilesystemencoding()
    packages = f"numpy {np.__version__}, msgspec {msgspec.__version__}"
    lines = [
        f"isolation level {isolation.level}: {LEVELS[isolation.level]}",
        f"  locks in force: {', '.join(isolation.layers) or 'none'}",
        *[f"  not here: {lock}: {why}" for lock, why in sandbox.missing.items()],
        "",
        "attacks tried from inside a learner's process",
        *[f"  {'stopped' if canary.stopped else 'OPEN   '}  {canary.what}" for canary in canaries],
        "",
        f"dout {harness.__version__}, Python {platform.python_version()}, {packages}",
        f"system: {platform.system()} {platform.release()}, {platform.machine()}",
        f"encodings: screen {screen}, files {files}, locale {locale.getpreferredencoding(do_setlocale=False)}",
        f"drawn cases are kept in {cache_directory()}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    # A lock that is in force must stop what it is there for; below level B nothing is promised.
    broken = isolation.level in ("A", "B") and any(not canary.stopped for canary in canaries)
    return FAULT if broken else OK
