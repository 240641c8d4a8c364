"""The checks: pure functions of what was observed. Each returns a finding, or None when the check passed."""

from collections.abc import Callable

from harness.assignment import CheckSpec
from harness.checks.arrays import check_arrays
from harness.checks.backward import check_backward
from harness.checks.evidence import Evidence, Finding
from harness.checks.forward import check_forward
from harness.checks.gradient import check_gradient
from harness.checks.graph import check_random_graphs, check_shop_backward, check_shop_forward
from harness.checks.state import check_state

__all__ = ["CHECKS", "Check"]

Check = Callable[[Evidence, CheckSpec], Finding | None]

#: Kind of a check, as an assignment names it, and what judges it.
CHECKS: dict[str, Check] = {
    "forward": check_forward,
    "backward": check_backward,
    "arrays": check_arrays,
    "gradient": check_gradient,
    "state": check_state,
    "shop_forward": check_shop_forward,
    "shop_backward": check_shop_backward,
    "random_graphs": check_random_graphs,
}
