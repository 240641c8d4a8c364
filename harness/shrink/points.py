"""Which inputs are simple: the points at which a failure is looked for first, and what makes a point telling."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from harness.cases import Case
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step
from harness.sandbox.values import C_ORDER, STRIDED, Value, encode_array, unpack_array
from harness.sentence import marked

__all__ = [
    "PRIMES",
    "STRATUM",
    "Point",
    "arguments_at",
    "around_literals",
    "between",
    "case_at",
    "kind_of",
    "one_entry",
    "simple_arrays",
    "simple_entries",
    "simple_numbers",
    "simplest",
    "telling",
]

#: Small and different, so that values which were swapped, left out, doubled or squared all look different.
PRIMES = (2, 3, 5, 7, 11, 13)
#: In the place of the reason why a case is in the bank.
STRATUM = marked("the simplest of the inputs tried that show it")
#: Fewest entries first, but two before one: with one, a sum, a mean and a reversed array look right.
SHAPES: tuple[tuple[int, ...], ...] = (
    (2,),
    (1,),
    (2, 1),
    (1, 2),
    (1, 1),
    (3,),
    (2, 2),
    (2, 3),
    (2, 1, 2),
    (1, 1, 1),
    (),
    (0,),
    (1, 0),
)


class Point(NamedTuple):
    """One forward, and one backward, on numbers or on arrays."""

    #: The inputs and, unless forward alone is called, the upstream gradient. In arrays, the last entries.
    values: tuple[float, ...]
    #: None for plain numbers.
    shape: tuple[int, ...] | None = None
    #: One for all arrays, or one for each of them with spaces between.
    dtype: str = "f8"
    layout: int = C_ORDER


def case_at(point: Point, like: Case, width: int) -> Case:
    """Return the calls at ``point``, for the layer and the group of another case.

    Args:
        point: Where.
        like: The case in which the failure was seen first.
        width: How many inputs the layer has.
    """
    backward = len(like.steps) > 2 and (point.shape is not None or len(point.values) > width)
    args = arguments_at(point, width + backward)
    steps = [Step(NEW, 0, [*like.layers]), Step(FORWARD, 0, args[:width])]
    if backward:
        steps.append(Step(BACKWARD, 0, args[width:]))
    return Case(group=like.group, stratum=STRATUM, layers=like.layers, steps=steps)


def kind_of(arrays: Sequence[Value]) -> tuple[str, int]:
    """Return the dtypes, one where all are alike, and the memory layout of the arrays that a case was given."""
    unpacked = [unpack_array(value) for value in arrays if isinstance(value, msgspec.msgpack.Ext)]
    dtypes = [array.dtype.str[1:] for array, _ in unpacked]
    return " ".join(dtypes if len(set(dtypes)) > 1 else dtypes[:1]), unpacked[0][1]


def arguments_at(point: Point, count: int, first: int = 2) -> list[Value]:
    """Return ``count`` arguments; the numbers in arrays begin with ``first``."""
    if point.shape is None:
        return [*point.values]
    arrays: list[Value] = []
    dtypes = point.dtype.split()
    for place in range(count):
        dtype = dtypes[place % len(dtypes)]
        # Beside whole numbers, what is lost of a fraction shows.
        fraction = 0.5 if len(dtypes) > 1 and dtype.startswith("f") else 0
        # 2, 5, 8 beside 3, 6, 9: no number twice.
        array = (place + first + fraction + count * np.arange(int(np.prod(point.shape)))).astype(dtype)
        if point.values and array.size:
            array[-1] = point.values[place]
        arrays.append(encode_array(array.reshape(point.shape), point.layout))
    return arrays


def simplest(width: int) -> tuple[float, ...]:
    """Return the point that all others are measured by: the smallest primes, with an upstream gradient of 1."""
    return (*PRIMES[:width], 1)


def telling(values: Sequence[float], width: int) -> bool:
    """Tell whether a right answer at this point can hardly be a coincidence: no two alike, no 0, no 1 as an input."""
    sizes = [abs(value) for value in values]
    return len(set(sizes)) == len(sizes) and 0 not in sizes and 1 not in sizes[:width]


def simple_numbers(width: int, *, backward: bool) -> list[tuple[float, ...]]:
    """Return simple points, simplest first: small primes, signs, fractions, equal inputs, ones, zeros."""
    found: dict[tuple[float, ...], None] = {}
    douts: tuple[float, ...] = (1, PRIMES[width]) if backward else (0,)
    for inputs, dout in itertools.product(_inputs(width), douts):
        found[*inputs, dout] = None
    if backward:
        for inputs, dout in itertools.product(_signs(width), (-1, -PRIMES[width])):
            found[*inputs, dout] = None
        for dout in (0.5, 2.5, 0.1, 0):
            found[*PRIMES[:width], dout] = None
        return list(found)
    return [point[:-1] for point in found]


def _inputs(width: int) -> Iterator[tuple[float, ...]]:
    base = PRIMES[:width]
    yield from itertools.permutations(PRIMES[: max(4, width)], width)
    yield from _signs(width)
    yield from _with_one(base, (0.5, 2.5))
    yield tuple(n + 0.5 for n in base)
    yield from _with_one(base, (0.1, 1, 0, -1))
    for pair in ((3, 3), (3, -3), (2, 2), (1, 1), (0, 0), (-3, -3)):
        yield tuple(itertools.islice(itertools.cycle(pair), width))


def _signs(width: int) -> Iterator[tuple[int, ...]]:
    """Yield the smallest primes with every pattern of signs."""
    for signs in itertools.product((1, -1), repeat=width):
        yield tuple(sign * n for sign, n in zip(signs, PRIMES, strict=False))


def _with_one(base: Sequence[float], values: Sequence[float]) -> Iterator[tuple[float, ...]]:
    """Yield ``base`` with one of the values in one of the places."""
    for value, place in itertools.product(values, range(len(base))):
        yield (*base[:place], value, *base[place + 1 :])


def around_literals(literals: Sequence[float], base: Sequence[float]) -> Iterator[tuple[Point, Point]]:
    """Yield points at and beside the numbers written in a class, each with its neighbour nearer to zero.

    Where the one fails and the other does not, nothing smaller does: ``if x > 1000`` shows at 1001.
    """
    for literal, place in itertools.product(literals, range(len(base))):
        for value in (literal, literal + 1, literal - 1):
            nearer = value - 1 if value > 0 else value + 1
            yield Point((*base[:place], value, *base[place + 1 :])), Point((*base[:place], nearer, *base[place + 1 :]))


def simple_arrays(dtype: str, layout: int) -> list[Point]:
    """Return arrays of small shapes and small whole numbers: plain ones, then of this dtype and memory layout."""
    plain = [Point((), shape) for shape in SHAPES]
    if (dtype, layout) == ("f8", C_ORDER):
        return plain
    shapes = [shape for shape in SHAPES if shape and shape[-1] > 1] if layout == STRIDED else SHAPES
    return [*plain, *(Point((), shape, dtype, layout) for shape in shapes)]


def simple_entries(width: int, dtype: str) -> list[Point]:
    """Return arrays of two numbers, the last of them a simple one in the sense of plain numbers."""
    return [Point(values, (2,), dtype) for values in simple_numbers(width, backward=True)]


def one_entry(entry: Sequence[float], dtype: str) -> list[Point]:
    """Return arrays of one or two numbers with as few of the values of ``entry`` as possible, the others simple."""
    kept = sorted(itertools.product((False, True), repeat=len(entry)), key=sum)[1:]
    return [
        Point(tuple(entry[n] if keep else PRIMES[n] for n, keep in enumerate(places)), shape, dtype)
        for shape in ((2,), (1,))
        for places in kept
    ]


def between(simple: Sequence[float], first: Sequence[float]) -> list[tuple[float, ...]]:
    """Return points with each value simple, rounded away from zero, or as it was first; the most simple ones first."""
    ways = [list(dict.fromkeys([one, _away(other), other])) for one, other in zip(simple, first, strict=True)]
    ranked = itertools.product(*(list(enumerate(way)) for way in ways))
    return [tuple(value for _, value in one) for one in sorted(ranked, key=lambda one: sum(rank for rank, _ in one))]


def _away(value: float) -> float:
    """Return the next whole number away from zero, where there is one."""
    if isinstance(value, int) or not math.isfinite(value):
        return value
    return math.copysign(float(math.ceil(abs(value))), value)
