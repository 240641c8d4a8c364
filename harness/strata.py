"""Turns inputs into cases: the listed strata of a layer, and the call sequences of every group of cases.

Every formula that exists lists its mistakes by region, so the regions are listed here rather than hoped for: a mistake
confined to a share p of the inputs is missed by N random draws with probability (1 - p)^N.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from harness.assignment import LayerSpec
from harness.cases import Case
from harness.graph_cases import GRAPH_STRATUM
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW, Step
from harness.sandbox.values import C_ORDER, F_ORDER, SCALAR, STRIDED, Value, encode_array
from harness.sentence import Sentence, marked, read_back

__all__ = [
    "Point",
    "array_cases",
    "fixed_points",
    "lattice_cases",
    "lattice_limit",
    "number_cases",
    "state_cases",
    "stratum_in_words",
]

#: Why a case is in a bank, where that has a value in it.
_TIMES = marked("the upstream gradient times {scale}")
_INPUT, _UPSTREAM = marked("an input of {number}"), marked("an upstream gradient of {number}")

#: (why it is here, the inputs, the upstream gradient)
Point = tuple[str, tuple[float, ...], float]
Array = NDArray[Any]

#: Upstream gradients scaled so that only the exponent or the sign changes: such a scaling commutes with rounding,
#: so B(-d) = -B(d), B(4d) = 4 B(d) and B(0) = 0 hold bit for bit for every layer that is linear in dout.
SCALES = (-1, 4, 0)
#: Lattice: whole numbers below 2^25 and directions below 2^10, so that every product of two moved inputs is below 2^52
#: and exact in float64; over 2^24, so that a float32 cast is not. Three inputs have to share the 50 bits.
DIRECTION_LIMIT = 2**10


def lattice_limit(width: int) -> int:
    """Return the bound of a lattice point's coordinates for a layer of ``width`` inputs."""
    return 1 << 50 // width


def fixed_points(layer: LayerSpec) -> Iterator[Point]:
    """Yield the listed scalar inputs of a layer, simplest first: a report shows the first that fails."""
    small, large = layer.magnitudes
    table: list[tuple[str, tuple[float, float], float]] = [
        (marked("small whole numbers"), (2.0, 3.0), 1.0),
        (marked("an upstream gradient other than 1"), (2.0, 3.0), 5.0),
        (marked("Python integers"), (3, 4), 2),
        (marked("numbers of a shop"), (100, 2), 1.1),
        (marked("fractions"), (0.1, 0.7), 0.3),
        (marked("a product that is not whole"), (2.5, 1.3), 1.0),
        (marked("two zero inputs"), (0.0, 0.0), 2.0),
        (marked("ones"), (1.0, 1.0), 1.0),
        (marked("equal inputs"), (4, 4), 1.5),
        (marked("opposite inputs"), (3.5, -3.5), 1.5),
        (marked("inputs over ten"), (12.5, 47.25), 8.5),
        (marked("inputs over a hundred"), (123.25, 456.5), 12.5),
        (marked("inputs over a thousand"), (1234.5, -5678.25), 123.5),
        (marked("inputs over 100 000"), (123456.75, 654321.5), -4321.5),
        (marked("small inputs"), (3.1e-5, 7.7e-7), 1.3),
        # Very small, moderate and very large: every pair of the three in every pair of places, in nine rows.
        (marked("a very small input"), (small * 3.1, 1.7), 2.1),
        (marked("a very small input"), (2.3, small * 7.3), -1.9),
        (marked("very large inputs"), (large * 0.31, -large * 0.73), 1.7),
        (marked("a very large upstream gradient"), (2.25, 3.75), large * 0.57),
        (marked("a very large input and a very small upstream gradient"), (-3.3, large * 0.77), small * 5.7),
        (marked("a very large input and a very small upstream gradient"), (large * 0.41, 7.1), -small * 2.9),
        (marked("inputs and an upstream gradient, all very small"), (small * 4.7, -small * 1.9), small * 3.7),
        (
            marked("a very large and a very small input, and a very large upstream gradient"),
            (-large * 0.11, small * 9.1),
            large * 0.37,
        ),
        (
            marked("a very small and a very large input, and a very large upstream gradient"),
            (small * 6.1, large * 0.59),
            -large * 0.13,
        ),
        (marked("whole numbers of 25 bits"), (16777217.0, 33554431.0), 16777219.0),
        # Products that no int of 32 bits holds.
        (marked("whole numbers of 25 bits"), (-16777217, 303), 16777219),
        (marked("a whole number of 53 bits"), (4503599627370497.0, -7.7e9), 1.0),
    ]
    width = len(layer.inputs)
    for stratum, pair, dout in table:
        inputs = tuple(itertools.islice(itertools.cycle(pair), width))
        # The product of three whole numbers of 25 bits would not fit into 64.
        yield stratum, inputs if width < 3 else tuple(map(float, inputs)), dout if width < 3 else float(dout)
    yield from _signs(width)
    yield from _special_places(width)
    yield from _special_pairs(width)


def _signs(width: int) -> Iterator[Point]:
    """Yield every pattern of signs but the all-positive one, which the table has."""
    magnitudes = [*itertools.islice(itertools.cycle((2.5, 1.5)), width), 1.25]
    for signs in itertools.product((1, -1), repeat=width + 1):
        if -1 in signs:
            *inputs, dout = [sign * magnitude for sign, magnitude in zip(signs, magnitudes, strict=True)]
            of_dout, of_input = marked("an upstream gradient below zero"), marked("an input below zero")
            yield of_dout if all(sign == 1 for sign in signs[:-1]) else of_input, tuple(inputs), dout


def _special_places(width: int) -> Iterator[Point]:
    """Yield 0, -0, 1 and -1 in every place: probes for numbers in a learner's file leave these to the bank."""
    patterns = [*[_INPUT] * width, _UPSTREAM]
    for (place, pattern), special in itertools.product(enumerate(patterns), (0.0, -0.0, 1.0, -1.0)):
        values = [*itertools.islice(itertools.cycle((3.5, 4.25)), width), 5.75]
        values[place] = special
        *inputs, dout = values
        yield pattern.format(number=f"{special:g}"), tuple(inputs), dout


def _special_pairs(width: int) -> Iterator[Point]:
    """Yield nine points in which any two of up to four places hold every pair of 0, 1 and -1: an orthogonal array."""
    stratum = marked("zeros, ones and minus ones in every pair of places")
    for one, other in itertools.product((0, 1, -1), repeat=2):
        columns = itertools.cycle((one, other, one + other, one - other))
        # Back to the remainder of 3 that is nearest to 0.
        *inputs, dout = [(column + 1) % 3 - 1 for column in itertools.islice(columns, width + 1)]
        yield stratum, tuple(inputs), dout


def number_cases(index: int, layer: LayerSpec, points: Sequence[Point]) -> Iterator[Case]:
    """Yield forward and backward on plain numbers, then three of the points with scaled upstream gradients."""
    group = f"{layer.name}/numbers"
    for stratum, inputs, dout in points:
        yield Case(group=group, stratum=stratum, layers=(index,), steps=_round_trip(index, inputs, dout))
    for base in _moderate(points):
        stratum, inputs, dout = points[base]
        for scale in SCALES:
            yield Case(
                group=group,
                stratum=_TIMES.format(scale=scale),
                layers=(index,),
                steps=_round_trip(index, inputs, dout * scale),
                relation=(base, scale),
            )


def _moderate(points: Sequence[Point]) -> list[int]:
    """Return three points that no scaling brings near under- or overflow."""
    chosen = [
        number
        for number, (_, inputs, dout) in enumerate(points)
        if all(isinstance(value, float) and 1e-6 < abs(value) < 1e6 for value in (*inputs, dout))
    ]
    return [chosen[0], chosen[len(chosen) // 2], chosen[-1]]


def _round_trip(index: int, inputs: Sequence[Value], dout: Value, *, watch: bool = False) -> list[Step]:
    return [Step(NEW, 0, [index]), Step(FORWARD, 0, list(inputs), watch), Step(BACKWARD, 0, [dout], watch)]


def array_cases(index: int, layer: LayerSpec) -> Iterator[Case]:
    """Yield forward and backward on arrays: shapes, memory layouts, dtypes, and a grid of special values."""
    width = len(layer.inputs) + 1
    for stratum, shape, dtype, layout in (
        (marked("an array of three numbers"), (3,), "f8", C_ORDER),
        (marked("an array of one number"), (1,), "f8", C_ORDER),
        (marked("an array of shape ()"), (), "f8", C_ORDER),
        (marked("an empty array"), (0,), "f8", C_ORDER),
        (marked("an empty array of three rows"), (3, 0), "f8", C_ORDER),
        (marked("a square array"), (4, 4), "f8", C_ORDER),
        (marked("an array of 340 numbers"), (17, 20), "f8", C_ORDER),
        (marked("an array of four axes"), (2, 1, 2, 3), "f8", C_ORDER),
        (marked("an array in Fortran order"), (3, 4), "f8", F_ORDER),
        (marked("every second entry of an array"), (2, 5), "f8", STRIDED),
        (marked("arrays of three axes, the second of integers"), (2, 3, 4), ("f8", "i8", "f8"), C_ORDER),
        (marked("an array of float32"), (5,), "f4", C_ORDER),
        # Results in np.zeros_like(x) lose their fractions where x is whole and something else is not.
        (marked("arrays of integers, an upstream gradient of fractions"), (5,), ("i8", "i8", "f8"), C_ORDER),
        (marked("an array of integers and one of fractions"), (5,), ("i8", "f8", "i8"), C_ORDER),
        (marked("numbers of numpy's own type"), (), "f8", SCALAR),
    ):
        dtypes = (
            (dtype,) * width
            if isinstance(dtype, str)
            else [*itertools.islice(itertools.cycle(dtype[:2]), width - 1), dtype[2]]
        )
        arrays = [_spread(shape, each, offset) for offset, each in enumerate(dtypes)]
        yield _array_case(index, layer, stratum, arrays, layout)
    yield _array_case(index, layer, marked("special values in every pair"), _grid(layer))
    # Moved by three, each of the first three meets numbers only: beside one another it would not show that a layer had
    # made one of them finite.
    special = np.array([np.inf, -np.inf, np.nan, 0.0, 2.0, -3.0, 5.0, -7.0, 0.5, 11.0, -0.25, 13.0])
    infinite = [np.roll(special, 3 * offset) for offset in range(width)]
    yield _array_case(index, layer, marked("infinities and NaN"), infinite)


def _array_case(index: int, layer: LayerSpec, stratum: str, arrays: Sequence[Array], layout: int = C_ORDER) -> Case:
    *inputs, dout = [encode_array(array, layout) for array in arrays]
    new, forward, backward = _round_trip(index, inputs, dout)
    if arrays[0].size and layout != SCALAR:
        # What forward changed in place is still changed after backward, so one look at the arguments is enough.
        backward = msgspec.structs.replace(backward, watch=True)
    return Case(group=f"{layer.name}/arrays", stratum=stratum, layers=(index,), steps=[new, forward, backward])


def _spread(shape: tuple[int, ...], dtype: str, offset: int) -> Array:
    """Return mixed-sign numbers with few digits that float32 cannot hold; integers have up to 26 bits, all odd."""
    count = int(np.prod(shape))
    numbers = (np.arange(count) * 7 + offset * 5) % 23 - 11 + (offset + 1) / 10
    if dtype == "i8":
        numbers = (np.floor(numbers) * 4194301).astype(np.int64) | 1
    elif dtype == "f4":
        numbers = numbers / 3
    return np.asarray(numbers, dtype).reshape(shape)


def _grid(layer: LayerSpec) -> list[Array]:
    small, large = layer.magnitudes
    # Products of two stay in range, and three factors (two inputs and dout) do too at the default magnitudes.
    special = np.array(
        [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -2.0,
            3.0,
            10.0,
            1e3 + 1,
            -1e6 - 1,
            2.0**53,
            large,
            -large,
            small,
            -small,
            1 / 3,
            -0.1,
        ]
    )
    axes = np.meshgrid(*[special] * 2, indexing="ij")
    inputs = [axes[number % 2] for number in range(len(layer.inputs))]
    dout = ((np.arange(special.size**2) % 7 - 3.0) / 3 + 0.1).reshape(axes[0].shape)
    return [*inputs, dout]


def lattice_cases(
    index: int, layer: LayerSpec, points: Sequence[Point], directions: Sequence[Sequence[int]]
) -> Iterator[Case]:
    """Yield exact finite differences: forward at p + v and at p - v, and backward at p, all in whole numbers.

    A multilinear function's central difference is exact, so only the learner's own rounding is allowed for. A wrong
    linear map agrees with it along one random direction with probability at most 2/|S| (Schwartz, Zippel); four
    directions drawn from |S| = 2^11 + 1 values leave 1e-12.
    """
    group = f"{layer.name}/lattice"
    width = len(layer.inputs)
    if width > 2:
        # Terms of degree three do not cancel along a slanted direction; along an axis there are none.
        directions = [tuple(v * (n == k % width) for n, v in enumerate(ray)) for k, ray in enumerate(directions)]
    rays = itertools.cycle(directions)
    for number, (stratum, inputs, dout) in enumerate(points):
        yield Case(group=group, stratum=stratum, layers=(index,), steps=_round_trip(index, inputs, dout))
        axes = [tuple(int(n == m) for m in range(len(inputs))) for n in range(len(inputs))] if number == 0 else []
        for back, direction in enumerate([*axes, *itertools.islice(rays, 4)], 1):
            forward = [x + v for x, v in zip(inputs, direction, strict=True)]
            backward = [x - v for x, v in zip(inputs, direction, strict=True)]
            yield Case(
                group=group,
                stratum=stratum,
                layers=(index,),
                steps=[
                    Step(NEW, 0, [index]),
                    Step(FORWARD, 0, [*forward]),
                    Step(NEW, 1, [index]),
                    Step(FORWARD, 1, [*backward]),
                ],
                relation=(back, *direction),
            )


def state_cases(index: int, layer: LayerSpec) -> Iterator[Case]:
    """Yield two inputs alone, then the same calls among others: what a layer returns may depend on nothing else.

    A layer may drop what it kept after ``backward``, so every forward is followed by at most one backward.
    """
    group = f"{layer.name}/state"
    width = len(layer.inputs) + 1
    numbers: list[list[Value]] = [[2.5, 1.5, 3.0], [-4.0, 0.75, 2.0]]
    arrays: list[list[Value]] = [[encode_array(_spread((2, 3), "f8", n + m)) for n in range(width)] for m in (0, 3)]
    sequences: list[tuple[str, list[Step], tuple[int, ...]]] = []
    every: list[tuple[list[Value], Value]] = []
    of_numbers = (
        marked("alone (numbers)"),
        marked("two layers at once (numbers)"),
        marked("forward twice, then backward (numbers)"),
    )
    of_arrays = (
        marked("alone (arrays)"),
        marked("two layers at once (arrays)"),
        marked("forward twice, then backward (arrays)"),
    )
    for (alone, together, twice), (first, second) in ((of_numbers, numbers), (of_arrays, arrays)):
        (*a, da), (*b, db) = [list(itertools.islice(itertools.cycle(values), width)) for values in (first, second)]
        every += [(a, da), (b, db)]
        sequences += [
            (alone, _round_trip(index, a, da, watch=True), ()),
            (alone, _round_trip(index, b, db, watch=True), ()),
            (
                together,
                [
                    Step(NEW, 0, [index]),
                    Step(FORWARD, 0, a),
                    # Made after the other's forward: a constructor must not reset what that one kept.
                    Step(NEW, 1, [index]),
                    Step(FORWARD, 1, b),
                    Step(LOOK, 0, [1]),
                    Step(BACKWARD, 0, [da]),
                    Step(BACKWARD, 1, [db]),
                    Step(LOOK, 0, [1]),
                    Step(LOOK, 1, [3]),
                    Step(LOOK, 0, [5]),
                ],
                (2, 1),
            ),
            (
                twice,
                [Step(NEW, 0, [index]), Step(FORWARD, 0, a), Step(FORWARD, 0, b), Step(BACKWARD, 0, [db])],
                (3, 2),
            ),
        ]
    sequences.append((marked("one layer used again and again"), _used_again(index, every, 12), (8, 7, 4, 3)))
    for stratum, steps, relation in sequences:
        yield Case(group=group, stratum=stratum, layers=(index,), steps=steps, relation=relation)


def _used_again(index: int, inputs: Sequence[tuple[list[Value], Value]], times: int) -> list[Step]:
    """Return round trips on one instance, then a look at what it returned for the first array, the third of inputs."""
    steps = [Step(NEW, 0, [index])]
    for x, dout in itertools.islice(itertools.cycle(inputs), times):
        steps += [Step(FORWARD, 0, x), Step(BACKWARD, 0, [dout])]
    return [*steps, Step(LOOK, 0, [5]), Step(LOOK, 0, [6])]


def stratum_in_words(stratum: str) -> Sentence:
    """Return why a case is in the bank as a sentence: a bank holds the English text, which tells its values no more."""
    if isinstance(stratum, Sentence):
        return stratum
    return read_back(stratum, (_TIMES, _INPUT, _UPSTREAM, GRAPH_STRATUM)) or Sentence(stratum)
