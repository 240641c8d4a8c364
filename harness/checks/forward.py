"""Is forward the reference's formula, on plain numbers of every stratum?"""

from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Finding

__all__ = ["check_forward"]


def check_forward(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first number case whose forward differs from the reference, or None."""
    absent = evidence.absent(spec, "forward")
    if absent:
        return absent
    for exhibit in evidence.group(f"{spec.layer}/numbers"):
        finding = evidence.judge(exhibit, 1)
        if finding:
            return finding
    return None
