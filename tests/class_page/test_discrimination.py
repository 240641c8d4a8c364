"""The point-biserial correlation of a check with the rest score: computed by hand, and where there is none."""

import math
import random

import pytest
from sample_class import B, P, W, head_of, row_of

from harness.class_records import ClassCheck
from harness.render.class_page.discrimination import Discrimination, chance_bound
from harness.render.class_page.figures import figures


def of(pairs):
    found = Discrimination()
    for passed, rest in pairs:
        found.add(rest, passed=passed)
    return found


def test_it_is_what_comes_out_by_hand():
    # Means 7 and 4, all of them 5.8 with squared deviations 0.04 + 4.84 + 1.44 + 7.84 + 0.64 = 14.8, so s = 1.72047;
    # (7 - 4) / 1.72047 * sqrt(3 * 2) / 5 = 0.85424.
    pairs = [(True, 6), (True, 8), (True, 7), (False, 3), (False, 5)]
    assert of(pairs).value == pytest.approx(0.85424, abs=5e-6)


def test_it_is_pearsons_correlation_with_ties_and_fractions():
    drawn = random.Random(3)
    pairs = [(drawn.random() < 0.3, drawn.choice([0.0, 0.1, 0.1, 7.3, 50.0])) for _ in range(200)]
    xs, ys = [float(passed) for passed, _ in pairs], [rest for _, rest in pairs]
    mean_x, mean_y = math.fsum(xs) / 200, math.fsum(ys) / 200
    both = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    squares = math.fsum((x - mean_x) ** 2 for x in xs) * math.fsum((y - mean_y) ** 2 for y in ys)
    assert of(pairs).value == pytest.approx(both / math.sqrt(squares), abs=1e-12)


@pytest.mark.parametrize(
    ("pairs", "value"), [([(True, 9), (False, 1)], 1.0), ([(True, 1), (False, 9)], -1.0), ([(True, 2), (False, 2), (True, 3), (False, 3)], 0.0)]
)  # fmt: skip
def test_it_ends_at_one_and_is_zero_where_the_means_are_equal(pairs, value):
    assert of(pairs).value == value


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([], "one learner only"),
        ([(True, 3)], "one learner only"),
        ([(True, 3), (True, 5)], "all passed"),
        ([(False, 3), (False, 5)], "none passed"),
        ([(True, 0.1), (False, 0.1), (False, 0.1)], "all other points are the same"),
    ],
)
def test_it_says_why_there_is_none(pairs, why):
    found = of(pairs)
    assert found.value is None
    assert found.why_none == why


def test_what_bounds_chance_gets_narrower_and_is_never_above_one():
    assert chance_bound(1) == chance_bound(3) == 1.0
    assert chance_bound(101) == 0.2


def checks(*points):
    return head_of(
        checks=[ClassCheck(id=f"c{n}", layer="L", title="t", max_score=most) for n, most in enumerate(points)],
        max_score=sum(points),
    )


def test_the_rest_score_leaves_the_check_itself_out():
    # With its own points in the total, the first check would correlate with itself.
    head = checks(90, 5, 5)
    rows = [
        row_of("a", [P, W, W], head),
        row_of("b", [P, P, W], head),
        row_of("c", [W, W, P], head),
        row_of("d", [W, P, P], head),
    ]
    # Rests 0, 5 and 5, 10: means 2.5 and 7.5, s = 3.53553, so -5 / 3.53553 * sqrt(4) / 4.
    assert figures(head, rows).checks[0].discrimination == pytest.approx(-0.70711, abs=5e-6)


def test_sums_of_fractions_that_differ_in_their_last_digit_are_the_same_points():
    head = checks(0.1, 0.2, 0.3, 0.6)
    # The rest of the last check is 0.3 twice, once as 0.1 + 0.2.
    rows = [row_of("a", [P, P, W, P], head), row_of("b", [W, W, P, W], head)]
    assert figures(head, rows).checks[3].why_none == "all other points are the same"


def test_a_check_that_waits_is_not_passed():
    head = checks(1, 2)
    found = figures(head, [row_of("a", [P, P], head), row_of("b", [W, B], head)]).checks[1]
    assert (found.passed, found.failed, found.blocked, found.discrimination) == (1, 0, 1, 1.0)
