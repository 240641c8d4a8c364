"""Which mistake a learner should look at first."""

from harness.assignment import GRAPH, Assignment
from harness.records import CheckResult, Report, Verdict
from harness.render.causes import Cause, causes
from harness.render.visible import visible_part

__all__ = ["mistakes", "passed", "ranked"]

#: What a learner writes first; everything else asks for more of the same methods.
_METHODS = ("forward", "backward")


def ranked(assignment: Assignment) -> list[str]:
    """Return the ids of the visible checks in the order of attention.

    The methods layer by layer, then what asks more of each layer, then the graph that needs them all.
    """

    def stage(layer: str, kind: str) -> int:
        if layer == GRAPH:
            return 2
        return 0 if kind in _METHODS else 1

    return [check.id for check in sorted(assignment.visible, key=lambda check: stage(check.layer, check.kind))]


def mistakes(report: Report, order: list[str]) -> list[Cause]:
    """Return what is wrong, each mistake once, in the order of attention."""
    return sorted(causes(visible_part(report).checks), key=lambda cause: order.index(cause.first.id))


def passed(report: Report | None) -> list[CheckResult]:
    """Return the checks that passed."""
    return [] if report is None else [one for one in visible_part(report).checks if one.verdict is Verdict.PASSED]
