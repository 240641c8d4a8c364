"""The parts of the search for the smallest case: simple points, Hypothesis, and the worker that is asked again."""

import pytest
from submissions import RIGHT

from harness.cases import bank_for
from harness.observe import Observations
from harness.sandbox.channel import Exit, Worker, WorkerGone
from harness.sandbox.protocol import Answer, Done, Fault, Loaded, Parsed, frame
from harness.sandbox.runner import Sandbox
from harness.shrink.points import Point, simple_numbers, telling
from harness.shrink.replay import Replays
from harness.shrink.search import Arrays, Numbers, OutOfReplays, smallest
from harness.submission import submission_from_bytes


class Scripted(Sandbox):
    """A sandbox, and the channel of its one worker, which says what it was told to say."""

    def __init__(self, *messages):
        self._messages = [Parsed([], [], [], 1), Loaded([], []), *messages]

    def spawn(self, limits, modules):
        return Worker(self, ())

    def write(self, data, deadline):
        pass

    def read(self, deadline):
        return frame(self._messages.pop(0))

    def close(self):
        return Exit(0, 0.0)


PAIR = Answer(0, 2, several=True, values=[1.0, 1.0])
BROKEN = {
    "another step": [PAIR],
    "another case": [Answer(1, 1, several=False, values=[1.0])],
    "an end in the middle": [Done()],
    "one answer more": [Answer(0, 1, several=False, values=[1.0]), PAIR, PAIR],
    "no value": [Answer(0, 1, several=False, values=[])],
    "an error of a step before": [Answer(0, 1, several=False, values=[1.0]), Fault(0, 1, "E", "", None)],
}


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN)
def test_a_worker_that_breaks_the_protocol_is_not_asked_again(assignment, messages):
    submission = submission_from_bytes("layers.py", RIGHT.encode())
    seen = Observations(layers=[], cases=[], calls=[], warnings=[], isolation=None, cpu_seconds=0.0)
    case = bank_for(assignment, assignment.default_seed).cases[0]
    with Replays(Scripted(*messages), submission, assignment, seen) as replays:
        for _ in range(2):
            with pytest.raises(WorkerGone):
                replays.ask([case])
        assert replays.is_over


def test_simple_numbers_begin_with_telling_ones_and_hold_every_pattern_of_signs():
    points = simple_numbers(2, backward=True)
    assert points[:2] == [(2, 3, 1), (2, 3, 5)]
    assert len(set(points)) == len(points)
    signs = {(x > 0, y > 0, dout > 0) for x, y, dout in points if x and y and dout}
    assert len(signs) == 8
    assert all(len(point) == 3 for point in simple_numbers(3, backward=False))


@pytest.mark.parametrize(
    ("values", "tells"),
    [
        ((2, 3, 1), True),
        ((2, 2, 1), False),
        ((2, -2, 5), False),
        ((0, 3, 5), False),
        ((1, 3, 5), False),
        ((2, 3, 3), False),
    ],
)
def test_a_point_tells_when_no_two_values_could_stand_for_each_other(values, tells):
    assert telling(values, 2) is tells


def test_a_search_ends_with_the_best_point_when_the_replays_are_used_up():
    left = iter(range(12))

    def fails(point: Point) -> bool:
        if next(left, None) is None:
            raise OutOfReplays
        return point.values[0] > 1000

    found = smallest(Numbers((123457.0, 5678.0), 2), fails)
    assert 1000 < found.values[0] <= 123457


def test_what_the_replays_raise_comes_out_of_the_search():
    def fails(point: Point) -> bool:
        if point.values != (5678.0,):
            raise KeyError("gone")
        return True

    with pytest.raises(KeyError, match="gone"):
        smallest(Numbers((5678.0,), 1), fails)


@pytest.mark.parametrize("value", [2.0, 7, -3, 0.1, 1234.5, -1e300, 3e-60, float("inf"), 2.0**60, -4.0])
def test_a_search_begins_at_the_number_that_was_seen(value):
    space = Numbers((value,), 1)
    (found,) = space.point(space.start).values
    assert found == value
    assert type(found) is type(value)


def test_a_search_in_arrays_shortens_every_axis():
    found = smallest(Arrays(Point((), (17, 20)), 2), lambda point: point.shape[0] > 2 and point.shape[1] > 4)
    assert found.shape == (3, 5)
