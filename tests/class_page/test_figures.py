"""The figures of a class: whom they count, and what is the middle of them."""

import pytest
from sample_class import HEAD, P, W, class_of, head_of, row_of

from harness.records import Outcome, Warn
from harness.render.class_page.bands import bands
from harness.render.class_page.distribution import bins
from harness.render.class_page.figures import figures, percent

COUNT = len(HEAD.checks)


def scored(*scores):
    return figures(HEAD, [row_of(str(n), score=score) for n, score in enumerate(scores)])


@pytest.mark.parametrize(("scores", "median", "mean"), [((7,), 7, 7), ((9, 1, 2), 2, 4), ((1, 8, 2, 9), 5, 5), ((0, 0, 0, 4), 0, 1)])  # fmt: skip
def test_median_and_mean(scores, median, mean):
    found = scored(*scores)
    assert (found.median, found.mean) == (median, mean)


def test_only_those_who_were_graded_are_in_the_figures():
    rows = [
        row_of("a", score=40.0),
        row_of("b", [], head_of(checks=[]), outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn("EMPTY", None, "empty")),
        row_of("c", [], head_of(checks=[]), outcome=Outcome.GRADER_FAULT, score=None),
    ]  # fmt: skip
    found = figures(HEAD, rows)
    assert (found.graded, found.not_gradable, found.faults, found.learners) == (1, {"EMPTY": 1}, 1, 3)
    assert (found.mean, found.checks[0].count) == (40.0, 1)


def test_a_class_of_nobody_has_no_mean():
    found = figures(HEAD, [])
    assert (found.mean, found.median, found.full, found.mistakes, found.learners) == (None, None, 0, [], 0)


def test_more_different_rows_of_verdicts_than_are_counted_at_once_make_the_same_figures(monkeypatch):
    rows = list(class_of(300)())
    found = figures(HEAD, rows).checks
    monkeypatch.setattr("harness.render.class_page.figures._PATTERNS", 3)
    for one, other in zip(found, figures(HEAD, rows).checks, strict=True):
        assert (one.passed, one.failed, one.blocked) == (other.passed, other.failed, other.blocked)
        assert one.discrimination == pytest.approx(other.discrimination, abs=1e-12)


def test_a_mistake_made_twice_is_one_learner_and_the_example_has_the_fewest_others():
    rows = [
        row_of("a", codes=["MUL-SWAP", "SIGN", "MUL-SWAP"]),
        row_of("b", codes=["MUL-SWAP"]),
        row_of("c", codes=["MUL-SWAP"]),
    ]
    found = figures(HEAD, rows).mistakes
    assert [(one.code, one.count, one.example.learner) for one in found] == [("MUL-SWAP", 3, "b"), ("SIGN", 1, "a")]


def test_mistakes_that_are_as_common_are_in_the_order_of_the_alphabet():
    found = figures(HEAD, [row_of("a", codes=["ZERO-INPUT", "ARITY"])])
    assert [one.code for one in found.mistakes] == ["ARITY", "ZERO-INPUT"]


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(0, 0, 0), (0, 5, 0), (5, 5, 100), (1, 1000, 1), (999, 1000, 99), (1, 3, 33)]
)
def test_none_and_all_are_the_only_0_and_100_percent(part, whole, share):
    assert percent(part, whole) == share


def test_bins_hold_their_lower_edge_and_full_marks_stand_alone():
    found = bins({0.0: 1, 9.9: 2, 10.0: 4, 99.0: 8, 100.0: 16, 101.0: 32}, 100)
    assert [one.count for one in found] == [3, 4, 0, 0, 0, 0, 0, 0, 0, 8, 48]
    assert (found[-1].low, found[-1].high) == (100, 100)


def test_an_edge_that_is_no_round_number_in_binary_is_in_the_bin_that_it_begins():
    # 0.3 * 10 / 0.5 is 6 exactly; 0.35 is the edge of the eighth bin.
    found = bins({0.3: 1, 0.35: 1}, 0.5)
    assert [place for place, one in enumerate(found) if one.count] == [6, 7]


def banded(scores):
    rows = [row_of(str(n), [P] * (n % 2) + [W] * (COUNT - n % 2), score=float(score)) for n, score in enumerate(scores)]
    return bands(rows, figures(HEAD, rows))


def test_equal_scores_are_in_one_band_and_a_large_one_stays_alone():
    found = banded([3, 50, 50, 50, 50, 51, *range(60, 90), 97, 100, 100, 100, 100, 100])
    assert [(one.low, one.high, one.count) for one in found][:3] == [(3, 3, 1), (50, 50, 4), (51, 61, 3)]
    assert (found[-1].low, found[-1].high, found[-1].count) == (100, 100, 5)
    assert found[-2].high == 97


def test_every_learner_is_in_one_band_and_there_are_few_of_them():
    rows = class_of(3000)
    found = figures(HEAD, rows())
    drawn = bands(rows(), found)
    assert sum(one.count for one in drawn) == found.graded
    assert [sum(one.passed[n] for one in drawn) for n in range(COUNT)] == [one.passed for one in found.checks]
    assert len(banded([n / 7 for n in range(700)])) <= 40
