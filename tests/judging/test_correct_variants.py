"""Right layers get full marks, however they are written: there is no false fail."""

import itertools
import random

import pytest
from inprocess import assignment, bank, classes_in, failed, judge, observe_classes
from mutants.templates import RIGHT_ADD, RIGHT_MUL
from variants import ADD_VARIANTS, MUL_VARIANTS

from harness.answers import Returned
from harness.grader import grade
from harness.sandbox.protocol import BACKWARD, FORWARD
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission

#: Top-level statements that may stand around right layers, and must not change what they are worth.
SURROUNDINGS = {
    "numpy raises on overflow and NaN": "import numpy as np\nnp.seterr(all='raise')\n",
    "warnings are errors": "import warnings\nwarnings.simplefilter('error')\n",
    "printing is rounded": "import numpy as np\nnp.set_printoptions(precision=1, threshold=2)\n",
    "random numbers are seeded": "import random, numpy as np\nrandom.seed(0)\nnp.random.seed(0)\n",
    "the recursion limit is low": "import sys\nsys.setrecursionlimit(60)\n",
    "decimals are short": "import decimal\ndecimal.getcontext().prec = 2\n",
    "the classes' names are used again": "",
}
#: Seeds of the banks on which every pair of variants is judged.
SEEDS = [random.Random(20261123).getrandbits(62) for _ in range(20)]
BLOCKS = [SEEDS[:5], SEEDS[5:10], SEEDS[10:15], SEEDS[15:]]


@pytest.mark.parametrize("text", MUL_VARIANTS.values(), ids=MUL_VARIANTS)
def test_a_right_mul_layer_gets_full_marks(text):
    assert not failed(judge(f"{text}\n{RIGHT_ADD}"))


@pytest.mark.parametrize("text", ADD_VARIANTS.values(), ids=ADD_VARIANTS)
def test_a_right_add_layer_gets_full_marks(text):
    assert not failed(judge(f"{text}\n{RIGHT_MUL}"))


def test_every_kind_of_add_works_in_graphs_with_every_kind_of_mul():
    for mul, add in itertools.product(list(MUL_VARIANTS.values())[:12], list(ADD_VARIANTS.values())[:10]):
        assert not failed(judge(observe_classes(classes_in(f"{mul}\n{add}"))))


@pytest.mark.parametrize("seeds", BLOCKS, ids=["banks 1-5", "banks 6-10", "banks 11-15", "banks 16-20"])
def test_no_right_layer_fails_in_whole_gradings_with_a_million_answers(seeds):
    """An answer is what one call of forward or backward returned; a quarter million here, every one of them judged."""
    pairs = itertools.zip_longest(MUL_VARIANTS.values(), ADD_VARIANTS.values())
    classes = [classes_in(f"{mul}\n{add or RIGHT_ADD}") for mul, add in pairs]
    judged = 0
    for seed in seeds:
        cases = bank(seed)
        for pair in classes:
            seen = observe_classes(pair, cases)
            assert not failed(judge(seen, cases))
            judged += answers(seen)
    assert judged >= 1_000_000 / len(BLOCKS)


def answers(seen):
    """Return how many calls of forward and backward came back, but for those that no check looks at.

    Of a lattice point's own round trip only the gradients are compared, and the calls alone in the group ``state`` are
    what others are compared with.
    """
    return sum(
        step.op in {FORWARD, BACKWARD} and isinstance(call, Returned)
        for case, calls in zip(seen.cases, seen.calls, strict=True)
        if case.relation or not case.group.endswith(("/lattice", "/state"))
        for step, call in zip(case.steps, calls, strict=True)
    )


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.mark.parametrize("above", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_what_stands_around_right_layers_changes_nothing(above, sandbox, tmp_path):
    path = tmp_path / "layers.py"
    below = "MulLayer, AddLayer = MulLayer(), AddLayer()\nMulLayer.forward(2, 3)\n"
    path.write_text(f"{above}\n{RIGHT_MUL}\n{RIGHT_ADD}\n{below}", encoding="utf-8")
    report = grade(read_submission(path), assignment(), sandbox=sandbox)
    assert report.score == report.max_score == 100
