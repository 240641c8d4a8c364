"""Cases for the numbers that a learner wrote in a layer: a mistake confined to ``x == 12345`` is found by asking there.

They depend on nothing but the file's own text, so the same file always gets the same ones, and an ordinary layer,
which holds no number but 0, 1 and 2, gets none.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

from harness.assignment import Assignment
from harness.cases import Case
from harness.naming import Found
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step

__all__ = ["probe_cases"]

#: The bank's strata hold these already.
_COMMON = frozenset({0.0, 1.0, 2.0, 3.0, 10.0, 0.5})
#: A layer with more numbers than this is a table, and a table is wrong elsewhere.
_MOST = 12


def probe_cases(assignment: Assignment, found: Sequence[Found]) -> Iterator[Case]:
    """Yield cases around each number c in a layer's class: c, its neighbours, c + 1, c - 1 and -c, in every place."""
    for index, (layer, item) in enumerate(zip(assignment.layer, found, strict=True)):
        if item.name is None:
            continue
        literals = [value for value in item.literals if math.isfinite(value) and abs(value) not in _COMMON]
        for literal in literals[:_MOST]:
            near = (
                literal,
                math.nextafter(literal, math.inf),
                math.nextafter(literal, -math.inf),
                literal + 1,
                literal - 1,
                -literal,
            )
            for place, value in itertools.product(range(len(layer.inputs) + 1), dict.fromkeys(near)):
                # Distinct fillers, none of them a value at which a product or a sum is special.
                values = [1.75, -2.25, 3.25, 0.625, *[1.375] * len(layer.inputs)][: len(layer.inputs) + 1]
                values[place] = value
                *inputs, dout = values
                yield Case(
                    group=f"{layer.name}/numbers",
                    stratum=f"the number {literal:g} written in the class",
                    layers=(index,),
                    steps=[Step(NEW, 0, [index]), Step(FORWARD, 0, [*inputs]), Step(BACKWARD, 0, [dout])],
                )
