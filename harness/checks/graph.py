"""Do the learner's layers, put together as a graph, give the reference graph's values and gradients?"""

from collections.abc import Sequence

from harness.answers import Returned
from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding
from harness.gradients.compare import compare
from harness.sandbox.protocol import BACKWARD, FORWARD

__all__ = ["check_random_graphs", "check_shop_backward", "check_shop_forward"]


def check_shop_forward(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first node of the assignment's graph whose output is wrong, or None."""
    del spec
    return _first(evidence, evidence.group("graph/shop"), (FORWARD,))


def check_shop_backward(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first node of the assignment's graph whose gradients are wrong, or None."""
    del spec
    return _first(evidence, evidence.group("graph/shop"), (BACKWARD,))


def check_random_graphs(evidence: Evidence, spec: CheckSpec) -> Finding | None:
    """Return the first wrong node of the drawn graphs, or None."""
    del spec
    return _first(evidence, evidence.group("graph/random"), (FORWARD, BACKWARD))


def _first(evidence: Evidence, exhibits: Sequence[Exhibit], operations: tuple[int, ...]) -> Finding | None:
    absent = evidence.any_layer_absent()
    if absent:
        return absent
    for exhibit in exhibits:
        for step, planned in enumerate(exhibit.case.steps):
            if planned.op in operations and not _exact(exhibit, step):
                # A value is judged from the inputs that the node was really given, so that the first wrong node is
                # named and rounding does not add up along the graph.
                finding = evidence.judge(evidence.localised(exhibit, step), step)
                if finding:
                    return finding
    return None


def _exact(exhibit: Exhibit, step: int) -> bool:
    call = exhibit.calls[step]
    if not isinstance(call, Returned):
        return False
    if call.exact:
        return True
    values = call.values
    expected = exhibit.expected[step]
    if len(values) == 1 and not call.several:
        values = values * len(expected)
    return len(values) == len(expected) and all(
        not compare(value, wanted) for value, wanted in zip(values, expected, strict=True)
    )
