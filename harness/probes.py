"""Cases for the numbers that a learner wrote in a layer: a mistake confined to ``x == 12345`` is found by asking there.

They depend on nothing but the file's own text, so the same file always gets the same ones, and an ordinary layer,
which holds no number but 0, 1 and -1, gets none.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.assignment import Assignment
from harness.cases import Case
from harness.naming import Found
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step
from harness.sandbox.values import Value, encode_array
from harness.sentence import Sentence

__all__ = ["probe_cases"]

#: The bank's own strata hold these in every place.
_COMMON = frozenset({0.0, 1.0, -1.0})
#: A layer with more numbers than this is a table, and a table is wrong elsewhere.
_MOST = 12
#: Of an array whose size is a number in the file, entries.
_LONGEST = 2000


def probe_cases(assignment: Assignment, found: Sequence[Found]) -> Iterator[Case]:
    """Yield cases around each number c in a layer's class: c, its neighbours, c + 1, c - 1 and -c, in every place.

    On plain numbers each by itself; in arrays all together, and c alone; and arrays of c entries.
    """
    for index, (layer, item) in enumerate(zip(assignment.layer, found, strict=True)):
        if item.name is None:
            continue
        literals = [value for value in item.literals if math.isfinite(value) and value not in _COMMON]
        for literal in literals[:_MOST]:
            for values in _around(literal, len(layer.inputs)):
                yield _case(index, layer.name, "numbers", literal, values)
            for arrays in _in_arrays(literal, len(layer.inputs)):
                yield _case(index, layer.name, "arrays", literal, [encode_array(array) for array in arrays])


def _case(index: int, layer: str, kind: str, literal: float, values: Sequence[Value]) -> Case:
    *inputs, dout = values
    return Case(
        group=f"{layer}/{kind}",
        stratum=Sentence("the number {number} written in the file", number=f"{literal:g}"),
        layers=(index,),
        steps=[Step(NEW, 0, [index]), Step(FORWARD, 0, inputs), Step(BACKWARD, 0, [dout])],
    )


def _around(literal: float, width: int) -> Iterator[list[float]]:
    """Yield inputs, and an upstream gradient last, with ``literal`` or a neighbour of it in one place.

    Ones in the other places make a product equal to it, zeros a sum.
    """
    close = (literal, literal + 1, literal - 1)
    ones, zeros = [1.0] * (width + 1), [0.0] * (width + 1)
    for place in range(width + 1):
        for filling, near in ((_distinct(width), _near(literal)), (ones, close), (zeros, close)):
            for value in dict.fromkeys(near):
                values = [*filling]
                values[place] = value
                yield values


def _near(literal: float) -> tuple[float, ...]:
    neighbours = math.nextafter(literal, math.inf), math.nextafter(literal, -math.inf)
    return literal, literal + 1, literal - 1, *neighbours, -literal


def _distinct(width: int) -> list[float]:
    return [*itertools.islice(itertools.cycle((1.75, -2.25)), width), 0.625]


def _in_arrays(literal: float, width: int) -> Iterator[list[NDArray[np.float64]]]:
    """Yield the same as arrays: what asks for ``np.any(x == c)``, ``np.all(x == c)`` or ``x.size == c``."""
    near = np.array(_near(literal))
    others = [value + np.arange(near.size) / 8 for value in _distinct(width)]
    for place in range(width + 1):
        yield [near if n == place else other for n, other in enumerate(others)]
    yield [np.full(2, literal)] * (width + 1)
    if 2 <= literal <= _LONGEST and literal == int(literal):
        for size in (int(literal), int(literal) + 1):
            yield [value + np.arange(size) / 8 for value in _distinct(width)]
