"""Grades some attacks in a process of its own, for machines unlike this one: told by JSON on standard output.

Run as ``python elsewhere.py SETUP LEVEL ATTACK…``. SETUP is Python text that is run first, in this process and at the
start of the zygote: it takes away what another machine would not have.
"""

import json
import os
import sys

HIDE_PROC = """\
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
flags = ctypes.c_ulong(0x44000)  # MS_REC | MS_PRIVATE
if libc.unshare(0x20000) or libc.mount(b"none", b"/", None, flags, None):
    sys.exit("no mount namespace here")
if libc.mount(b"none", b"/proc", b"tmpfs", ctypes.c_ulong(0), None):
    sys.exit("nothing can be mounted here")
"""


def main(setup: str, level: str, names: list[str]) -> None:
    """Print ``{"level", "layers", "missing", "scores"}``."""
    if setup == "hide-proc":
        exec(HIDE_PROC, {"sys": sys})
        assert not os.path.exists("/proc/self")
    os.environ["DOUT_TEST_SECRET"] = "a secret of the grader's"
    from attacks import ATTACKS, hostile_text
    from cage import INNOCENT, Cage, limited

    # Much memory, so that another limit than the process's own is met first where the test sets one.
    plenty = limited(call_seconds=5.0, submission_seconds=20.0, memory_mib=8192) if setup == "plenty" else None
    with Cage(level) as cage:
        report = cage.grade(INNOCENT, limited())
        assert report.isolation is not None
        scores = {}
        for attack in ATTACKS:
            if attack.title in names:
                text = hostile_text(attack)
                graded = cage.grade(text, plenty) if plenty else cage.grade(text)
                scores[attack.title] = [graded.score, {check.id: str(check.verdict) for check in graded.checks}]
                cage.assert_unharmed()
        print(
            json.dumps(
                {
                    "level": report.isolation.level,
                    "layers": report.isolation.layers,
                    "missing": cage.sandbox.missing,
                    "scores": scores,
                }
            )
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
