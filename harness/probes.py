"""Cases for the numbers that a learner wrote in a layer: a mistake confined to ``x == 12345`` is found by asking there.

They depend on nothing but the file's own text, so the same file always gets the same ones, and an ordinary layer,
which holds no number but 0 and 1, gets none.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

from harness.assignment import Assignment
from harness.cases import Case
from harness.naming import Found
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step

__all__ = ["probe_cases"]

#: The bank's own strata hold these in every place.
_COMMON = frozenset({0.0, 1.0})
#: A layer with more numbers than this is a table, and a table is wrong elsewhere.
_MOST = 12


def probe_cases(assignment: Assignment, found: Sequence[Found]) -> Iterator[Case]:
    """Yield cases around each number c in a layer's class: c, its neighbours, c + 1, c - 1 and -c, in every place."""
    for index, (layer, item) in enumerate(zip(assignment.layer, found, strict=True)):
        if item.name is None:
            continue
        literals = [value for value in item.literals if math.isfinite(value) and value not in _COMMON]
        for literal in literals[:_MOST]:
            for inputs, dout in _around(literal, len(layer.inputs)):
                yield Case(
                    group=f"{layer.name}/numbers",
                    stratum=f"the number {literal:g} written in the file",
                    layers=(index,),
                    steps=[Step(NEW, 0, [index]), Step(FORWARD, 0, [*inputs]), Step(BACKWARD, 0, [dout])],
                )


def _around(literal: float, width: int) -> Iterator[tuple[list[float], float]]:
    """Yield inputs and an upstream gradient with ``literal`` or a neighbour of it in one place.

    Ones in the other places make a product equal to it, zeros a sum.
    """
    close = (literal, literal + 1, literal - 1)
    edges = (math.nextafter(literal, math.inf), math.nextafter(literal, -math.inf), -literal)
    distinct = [*itertools.islice(itertools.cycle((1.75, -2.25)), width), 0.625]
    for place in range(width + 1):
        for filling, near in ((distinct, close + edges), ([1.0] * (width + 1), close), ([0.0] * (width + 1), close)):
            for value in dict.fromkeys(near):
                values = [*filling]
                values[place] = value
                yield values[:-1], values[-1]
