"""Do forward and backward work on arrays of every shape, layout and dtype, and keep the shape exactly?"""

from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Finding

__all__ = ["check_arrays"]


def check_arrays(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first array case that differs from the reference, or None."""
    absent = evidence.absent(spec, "forward") or evidence.absent(spec, "backward")
    if absent:
        return absent
    for exhibit in evidence.group(f"{spec.layer}/arrays"):
        for step in (1, 2):
            finding = evidence.judge(exhibit, step)
            if finding:
                return finding
    return None
