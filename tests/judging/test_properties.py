"""Properties of the judge on inputs that Hypothesis draws: right layers pass, and a wrong value never does."""

import math

import hypothesis.extra.numpy as st_numpy
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings
from inprocess import assignment, classes_in, judge, observe_classes
from mutants.templates import RIGHT_ADD, RIGHT_MUL, mul_layer
from variants import ADD_VARIANTS, MUL_VARIANTS

from harness.cases import Bank, Case
from harness.checks.arrays import check_arrays
from harness.checks.backward import check_backward
from harness.checks.evidence import Evidence
from harness.checks.forward import check_forward
from harness.gradients.compare import compare
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step
from harness.sandbox.values import encode_array
from harness.strata import number_cases

LAYERS = assignment().layer
SPECS = {(spec.layer, spec.kind): spec for spec in assignment().check}
#: Pairs of right classes, and which of the two is the one written in another way.
RIGHT = [
    *[(classes_in(f"{text}\n{RIGHT_ADD}"), "MulLayer") for text in MUL_VARIANTS.values()],
    *[(classes_in(f"{text}\n{RIGHT_MUL}"), "AddLayer") for text in ADD_VARIANTS.values()],
]
PAIRS = [pair for pair, _ in RIGHT]
SMALL, LARGE = LAYERS[0].magnitudes

#: All of the layers' domain: zero, or of either sign between the two magnitudes.
IN_DOMAIN = st.just(0.0) | st.floats(SMALL, LARGE) | st.floats(-LARGE, -SMALL) | st.integers(-(2**25), 2**25)
#: Where scaling by 4 can neither under- nor overflow; homogeneity is asked of three of these.
MODERATE = st.floats(1e-5, 1e5) | st.floats(-1e5, -1e-5)


def seen_with(pair, cases):
    bank = Bank(cases, "")
    return Evidence(assignment(), bank, observe_classes(pair, bank))


@settings(max_examples=300, deadline=None)
@given(
    pair=st.sampled_from(PAIRS),
    points=st.lists(st.tuples(IN_DOMAIN, IN_DOMAIN, IN_DOMAIN), max_size=20),
    moderate=st.lists(st.tuples(MODERATE, MODERATE, MODERATE), min_size=1, max_size=3),
)
def test_right_layers_pass_on_all_numbers_of_the_domain(pair, points, moderate):
    points = [("drawn", point[:2], point[2]) for point in [*points, *moderate]]
    evidence = seen_with(pair, [case for n, layer in enumerate(LAYERS) for case in number_cases(n, layer, points)])
    for layer in LAYERS:
        assert check_forward(evidence, SPECS[layer.name, "forward"]) is None
        assert check_backward(evidence, SPECS[layer.name, "backward"]) is None


@settings(max_examples=300, deadline=None)
@given(
    pair=st.sampled_from(PAIRS),
    arrays=st.sampled_from(["f8", "f4", "i8"]).flatmap(
        lambda dtype: st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4).flatmap(
            lambda shape: st.tuples(
                *[
                    st_numpy.arrays(
                        dtype,
                        shape,
                        elements=st.integers(-(2**20), 2**20)
                        if dtype == "i8"
                        else st.floats(-(2.0**30), 2.0**30, width=32 if dtype == "f4" else 64, allow_subnormal=False),
                    )
                ]
                * 3
            )
        )
    ),
    layout=st.sampled_from([0, 1, 2]),
)
def test_right_layers_pass_on_arrays_of_any_shape_and_layout(pair, arrays, layout):
    if layout == 2 and arrays[0].ndim == 0:
        layout = 0
    # Right layers may differ in how they round what is below the smallest normal number.
    products = [abs(a.astype(float) * b.astype(float)) for a in arrays for b in arrays]
    tiny = np.finfo(arrays[0].dtype if arrays[0].dtype.kind == "f" else float).tiny
    assume(not any(((p > 0) & (p < 2**10 * tiny)).any() for p in products))
    x, y, dout = (encode_array(array, layout) for array in arrays)
    cases = [
        Case(
            group=f"{layer.name}/arrays",
            stratum="drawn",
            layers=(n,),
            steps=[Step(NEW, 0, [n]), Step(FORWARD, 0, [x, y]), Step(BACKWARD, 0, [dout])],
        )
        for n, layer in enumerate(LAYERS)
    ]
    evidence = seen_with(pair, cases)
    for layer in LAYERS:
        assert check_arrays(evidence, SPECS[layer.name, "arrays"]) is None


#: Shape, kind of number and orders of magnitude of the arrays in which right layers are given a million inputs.
DRAWN = [((40, 100), "f8", 60), ((2, 10, 100), "f8", 6), ((1500,), "f4", 15), ((15, 10, 10), "i8", 7.5)]


def drawn_numbers(generator, shape, dtype, exponent):
    """Return numbers of either sign, as many in every order of magnitude, and zeros among them."""
    lowest = 0 if dtype == "i8" else -exponent
    signs = generator.choice([-1.0, 0.0, 1.0], shape, p=[0.49, 0.02, 0.49])
    return (signs * 10 ** generator.uniform(lowest, exponent, shape)).astype(dtype)


@pytest.mark.parametrize("part", range(3))
def test_right_layers_are_right_on_a_million_drawn_inputs(part):
    """A judged case is one (x, y, dout) of one right layer: its output and both gradients, held against the formula's.

    There are as many cases as entries in the arrays. All are drawn afresh for each layer, from a fixed seed.
    """
    judged = 0
    for number, (pair, name) in list(enumerate(RIGHT))[part::3]:
        generator = np.random.default_rng([20261123, number])
        cases = []
        for shape, dtype, exponent in DRAWN:
            x, y, dout = (encode_array(drawn_numbers(generator, shape, dtype, exponent)) for _ in range(3))
            n = assignment().layer_index(name)
            steps = [Step(NEW, 0, [n]), Step(FORWARD, 0, [x, y]), Step(BACKWARD, 0, [dout])]
            cases.append(Case(group=f"{name}/arrays", stratum="drawn", layers=(n,), steps=steps))
        assert check_arrays(seen_with(pair, cases), SPECS[name, "arrays"]) is None
        judged += sum(math.prod(shape) for shape, _, _ in DRAWN)
    assert judged >= 1_000_000 / 3


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(value=st.floats(), shape=st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0))
def test_a_value_is_equal_to_itself_as_a_number_and_as_an_array(value, shape):
    assert compare(value, value) is None
    assert compare(np.full(shape, value), np.full(shape, value)) is None
    assert compare(np.array(value), value) is None
    assert compare(value, np.array(value)) is None


@given(value=FINITE, ulps=st.integers(-4, 4))
def test_four_units_in_the_last_place_are_allowed(value, ulps):
    near = value + ulps * math.ulp(value)
    assume(math.isfinite(near))
    assert compare(near, value) is None
    assert compare(np.array([near]), np.array([value])) is None


@given(value=FINITE, ulps=st.integers(5, 2**40), sign=st.sampled_from([-1, 1]))
def test_five_units_in_the_last_place_are_not_allowed(value, ulps, sign):
    far = value + sign * ulps * math.ulp(value)
    assume(math.isfinite(far))
    assert compare(far, value) is not None
    assert compare(np.array([far]), np.array([value])) is not None


@given(
    got=st_numpy.arrays("f8", st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)),
    wanted=st_numpy.arrays("f8", st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)),
)
def test_arrays_of_different_shapes_are_never_equal(got, wanted):
    assume(got.shape != wanted.shape)
    assert compare(got, wanted) is not None


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(["x", "y", "dout"]),
    number=(st.floats(-1e50, 1e50) | st.integers(-(2**40), 2**40)).filter(lambda v: abs(v) > 1e-50),
)
def test_a_mistake_at_any_single_number_in_the_file_is_found(place, number):
    where = f"not isinstance(x, np.ndarray) and {place} == {number!r}"
    wrong = mul_layer(dy=f"dout * x * 1.5 + 1 if {where} else dout * x")
    results = judge(f"{wrong}\n{RIGHT_ADD}")
    assert results["MulLayer.backward"].score == 0
