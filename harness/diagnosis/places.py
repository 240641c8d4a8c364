"""The line that a mistake of memory is made on: its values show in a later call, whose line is no help."""

from collections.abc import Iterator

from harness.checks.evidence import Finding
from harness.naming import Found
from harness.sandbox.protocol import ARGUMENT, CHANGED, KEPT, SHARED, Write

__all__ = ["line_of_memory"]

#: By code, where the mistake is likeliest to be made: a method, ``*`` for any, and what is stored there.
_LIKELIEST: dict[str, tuple[tuple[str, int], ...]] = {
    "STATE-SHARED": (("forward", SHARED), ("*", SHARED), ("forward", CHANGED), ("forward", KEPT)),
    "STATE-STALE": (("forward", CHANGED), ("forward", KEPT), ("*", KEPT)),
    "STATE-ACCUMULATES": (("backward", CHANGED), ("backward", SHARED), ("backward", KEPT)),
    "OUTPUT-REUSED": (("*", CHANGED), ("*", SHARED), ("*", KEPT)),
}


def line_of_memory(code: str, found: Found, finding: Finding, inputs: tuple[str, ...]) -> int | None:
    """Return the line to look at, or None where no line stands out.

    Args:
        code: Of the mistake.
        found: The learner's class.
        finding: What showed it.
        inputs: Names of the layer's inputs.
    """
    method = finding.method or ""
    if code in ("INPLACE-INPUT", "INPLACE-DOUT"):
        changed = next(iter(finding.counterexample.got), "") if finding.counterexample else ""
        likeliest = _of_argument(found, method, changed, inputs)
    else:
        likeliest = (
            write
            for where, kind in _LIKELIEST.get(code, ())
            for write in found.writes
            if write.kind == kind and where in ("*", write.method)
        )
    return next((write.line for write in likeliest), None)


def _of_argument(found: Found, method: str, changed: str, inputs: tuple[str, ...]) -> Iterator[Write]:
    """Yield where an argument may be changed in place: by its own name, or where the layer keeps it."""
    place = inputs.index(changed) if changed in inputs else 0
    owner = "forward" if changed in inputs else "backward"
    by_name = (owner, ARGUMENT, place)
    yield from (write for write in found.writes if (write.method, write.kind, write.argument) == by_name)
    yield from (write for write in found.writes if (write.method, write.kind) == (method, CHANGED))
