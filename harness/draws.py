"""Builds a bank: the strata, and draws made with Hypothesis strategies from the seed. Run as a process of its own."""

import platform
import sys
from collections.abc import Iterator
from typing import TypeVar

import hypothesis
import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, Phase, given, settings

from harness.assignment import Assignment, LayerSpec, built_in
from harness.cases import Case, encode_bank, shipped_path
from harness.graph_cases import graph_case, shop_cases
from harness.sentence import marked
from harness.strata import (
    DIRECTION_LIMIT,
    Point,
    array_cases,
    fixed_points,
    lattice_cases,
    lattice_limit,
    number_cases,
    state_cases,
)

__all__ = ["build_bank", "draw", "main"]

T = TypeVar("T")


def draw(strategy: st.SearchStrategy[T], count: int, seed: int) -> list[T]:
    """Return ``count`` different examples of ``strategy``, the same for the same seed and Hypothesis version.

    Examples far apart are taken: Hypothesis begins with the simplest, and makes some by varying the one before.
    """
    found: list[T] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=12 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: T) -> None:
        if example not in found:
            found.append(example)

    collect()
    apart = max(1, len(found) // count)
    return found[::-apart][:count]


#: Few digits, so that a counterexample is easy to read and to compute by hand.
_WHOLE = st.integers(-999, 999).filter(bool)
_NICE = _WHOLE.map(lambda n: n / 10)


def _wide(layer: LayerSpec) -> st.SearchStrategy[float]:
    """Numbers of either sign, spread evenly over the orders of magnitude of the layer's domain."""
    small, large = layer.magnitudes
    return st.builds(
        lambda sign, part: sign * float(f"{small * (large / small) ** (part / 9999):.4g}"),
        st.sampled_from([1.0, -1.0]),
        st.integers(0, 9999),
    )


def _points(layer: LayerSpec, seed: int) -> list[Point]:
    width = len(layer.inputs)
    # Python's int and float in every pattern that three places have; a fourth is like the first.
    nice = [
        tuple(n if number >> place % 3 & 1 else n / 10 for place, n in enumerate(point))
        for number, point in enumerate(draw(st.tuples(*[_WHOLE] * width, _WHOLE), 8, seed))
    ]
    wide = draw(st.tuples(*[_wide(layer)] * width, _NICE), 4, seed + 1)
    return [(marked("drawn numbers"), point[:-1], point[-1]) for point in (*nice, *wide)]


def _lattice(layer: LayerSpec, seed: int) -> tuple[list[Point], list[tuple[int, ...]]]:
    width = len(layer.inputs)
    limit = lattice_limit(width)
    whole = st.integers(limit // 2, limit - DIRECTION_LIMIT)
    ray = st.integers(-DIRECTION_LIMIT, DIRECTION_LIMIT)
    points: list[Point] = [(marked("small whole numbers"), tuple(map(float, (2, 3, 5, 7, 11)[:width])), 5.0)]
    for number, point in enumerate(draw(st.tuples(*[whole] * (width + 1)), 2, seed + 2)):
        # Every input is negative at one of the two points, and dout at both: abs() anywhere is found.
        *inputs, dout = [
            -float(n) if place == width or place % 2 == number else float(n) for place, n in enumerate(point)
        ]
        points.append((marked("drawn whole numbers"), tuple(inputs), dout))
    return points, draw(st.tuples(*[ray] * width).filter(all), 12, seed + 3)


@st.composite
def _graphs(
    draw_one: st.DrawFn, assignment: Assignment
) -> tuple[list[float], list[tuple[int, tuple[tuple[str, int], ...]]], float]:
    """A tree with two to three instances of every layer, each value used once."""
    kinds = list(range(len(assignment.layer))) * 2 + [draw_one(st.sampled_from(range(len(assignment.layer))))]
    order = draw_one(st.permutations(kinds))
    leaves: list[float] = []
    free: list[tuple[str, int]] = []
    nodes: list[tuple[int, tuple[tuple[str, int], ...]]] = []
    widths = [len(assignment.layer[layer].inputs) for layer in order]
    for number, layer in enumerate(order):
        sources: list[tuple[str, int]] = []
        # The layers to come can join this many open nodes; all others must be joined here, so that one output is left.
        due = len(free) - sum(width - 1 for width in widths[number + 1 :])
        for place in range(widths[number]):
            must = due - sum(kind == "node" for kind, _ in sources) >= widths[number] - place
            if free and (must or draw_one(st.booleans())):
                sources.append(free.pop(draw_one(st.integers(0, len(free) - 1))))
            else:
                sources.append(("leaf", len(leaves)))
                leaves.append(draw_one(_NICE))
        nodes.append((layer, tuple(sources)))
        free.append(("node", number))
    return leaves, nodes, draw_one(_NICE)


def _cases(assignment: Assignment, seed: int) -> Iterator[Case]:
    for index, layer in enumerate(assignment.layer):
        # One stretch of seeds for each layer, so that adding a layer does not change another's cases.
        own = (seed * 1009 + index) * 16
        yield from number_cases(index, layer, [*fixed_points(layer), *_points(layer, own)])
        yield from array_cases(index, layer)
        yield from lattice_cases(index, layer, *_lattice(layer, own))
        yield from state_cases(index, layer)
    yield from shop_cases(assignment)
    if not any(check.kind == "random_graphs" for check in assignment.check):
        return
    for leaves, nodes, dout in draw(_graphs(assignment), 5, seed * 1009 * 16 - 1):
        yield graph_case("graph/random", marked("a drawn graph"), leaves, nodes, dout)


def build_bank(assignment: Assignment, seed: int) -> bytes:
    """Return the bytes of the bank of ``assignment`` and ``seed``."""
    made_with = f"Hypothesis {hypothesis.__version__}, Python {platform.python_version()}"
    return encode_bank(assignment, seed, made_with, list(_cases(assignment, seed)))


def _hide_constants() -> None:
    """Keep Hypothesis from trying the numbers in our own source: it reads those of every module outside site-packages.

    With them, an installed wheel and a checkout would draw different cases for the same seed.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"harness", "reference", "__main__"}:
            module.__file__ = None


def main() -> None:
    """Read an assignment and a seed from standard input, write the bank to standard output."""

    class Request(msgspec.Struct):
        assignment: Assignment
        seed: int

    _hide_constants()
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(build_bank(request.assignment, request.seed))


if __name__ == "__main__":
    # For developers: write the bank that ships with a built-in assignment, after its data or the strata changed.
    _hide_constants()
    assignment = built_in(*sys.argv[1:])
    shipped_path(assignment).write_bytes(build_bank(assignment, assignment.default_seed))
