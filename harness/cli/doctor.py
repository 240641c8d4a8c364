"""``dout doctor``: what this machine offers, found out by trying."""

import argparse
import locale
import platform
import sys

import harness
from harness.cli import FAULT, OK
from harness.cli.console import say, show
from harness.interrupts import held_back

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
    with held_back():
        import msgspec
        import numpy as np

        from harness.cases import cache_directory
        from harness.render.cells import wrapped
        from harness.sandbox.limits import WorkerLimits
        from harness.sandbox.runner import Sandbox
        from harness.sandbox.selftest import not_held, self_test

    with Sandbox() as sandbox:
        with sandbox.spawn(WorkerLimits()) as worker:
            isolation = sandbox.isolation_of(worker)
        canaries = self_test(sandbox, WorkerLimits())
        missing = dict(sandbox.missing)
    screen, files = getattr(sys.stdout, "encoding", None), sys.getfilesystemencoding()
    packages = f"numpy {np.__version__}, msgspec {msgspec.__version__}"
    broken = not_held(isolation.layers, canaries)
    lines = [
        *wrapped(f"isolation level {isolation.level}: {LEVELS[isolation.level]}", "", "  "),
        *wrapped(f"locks in force: {', '.join(isolation.layers) or 'none'}", "  ", "    "),
        *[line for lock, why in missing.items() for line in wrapped(f"not here: {lock}: {why}", "  ", "    ")],
        "",
        "attacks tried from inside a learner's process",
        *[f"  {'stopped' if canary.stopped else 'OPEN   '}  {canary.what}" for canary in canaries],
        "",
        *wrapped(f"dout {harness.__version__}, Python {platform.python_version()}, {packages}", "", "  "),
        *wrapped(f"system: {platform.system()} {platform.release()}, {platform.machine()}", "", "  "),
        f"encodings: screen {screen}, files {files}, locale {locale.getpreferredencoding(do_setlocale=False)}",
        *wrapped(f"drawn cases are kept in {cache_directory()}", "", "  "),
    ]
    show("\n".join(lines) + "\n")
    for canary in broken:
        say(f"a lock that is in force did not stop this: {canary.what}")
    if broken:
        say("this machine does not keep a learner's code in", "grade no stranger's file here, and please report it")
    return FAULT if broken else OK
