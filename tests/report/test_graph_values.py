"""The graph in a report: each value beside the right one, and whether it is wrong or only follows from a mistake."""

import pytest
from submissions import ADD, NOT_GRADABLE, RIGHT, mul

from harness.records import EdgeVerdict, Graph
from harness.render.walk import first_wrong

SWAPPED = ADD + mul(backward="return dout * self.x, dout * self.y")


def sides(graph: Graph, side: str):
    return {edge.source: getattr(edge, side) for edge in graph.edges}


def test_a_right_submission_has_the_books_values(graded):
    graph = graded(RIGHT).graph
    forward, gradient = sides(graph, "forward"), sides(graph, "gradient")
    assert {value.verdict for value in (*forward.values(), *gradient.values())} == {EdgeVerdict.RIGHT}
    assert forward["price"].got == 671.0
    assert {name: value.got for name, value in gradient.items()} == {
        "apple_price": 4.4,
        "apple_count": 110.00000000000001,
        "mandarin_price": 3.3000000000000003,
        "mandarin_count": 77.0,
        "apple_total": 1.1,
        "mandarin_total": 1.1,
        "sum": 1.1,
        "tax": 610,
        "price": 1,
    }
    assert first_wrong(graph) is None


def test_a_value_that_is_right_for_what_its_node_was_given_follows_from_the_mistake(graded):
    graph = graded(SWAPPED).graph
    gradient = sides(graph, "gradient")
    assert [gradient[name].got for name in ("sum", "apple_total", "apple_count", "apple_price")] == [
        610,
        610,
        2440,
        61000,
    ]
    assert gradient["tax"].verdict is EdgeVerdict.WRONG
    assert gradient["sum"].verdict is EdgeVerdict.WRONG
    # AddLayer is right: it hands on what it was given.
    assert gradient["apple_total"].verdict is EdgeVerdict.FOLLOWS
    assert {value.verdict for value in sides(graph, "forward").values()} == {EdgeVerdict.RIGHT}
    assert first_wrong(graph) == "price"


def test_a_mistake_forward_is_first_at_the_first_node_that_makes_it(graded):
    graph = graded(ADD.replace("x + y", "x - y") + mul()).graph
    forward = sides(graph, "forward")
    assert forward["apple_total"].verdict is EdgeVerdict.RIGHT
    assert (forward["sum"].got, forward["sum"].expected, forward["sum"].verdict) == (190, 610, EdgeVerdict.WRONG)
    assert forward["price"].verdict is EdgeVerdict.FOLLOWS
    assert first_wrong(graph) == "sum"


def test_what_never_came_back_is_missing(graded):
    graph = graded(ADD + mul(backward="raise NotImplementedError")).graph
    gradient = sides(graph, "gradient")
    assert {gradient[name].verdict for name in ("sum", "tax", "apple_price")} == {EdgeVerdict.MISSING}
    assert gradient["sum"].got is None
    assert gradient["sum"].expected == 1.1
    assert first_wrong(graph) == "price"


@pytest.mark.parametrize(
    "backward",
    ["return dout * self.y", "return dout * self.y, dout * self.x, 1", "return 'one', None", "pass", "return []"],
)
def test_any_number_of_gradients_makes_a_graph(graded, backward):
    verdicts = {value.verdict for value in sides(graded(ADD + mul(backward=backward)).graph, "gradient").values()}
    assert verdicts - {EdgeVerdict.RIGHT}


def test_a_missing_class_leaves_the_values_of_inputs_only(graded):
    graph = graded(ADD).graph
    assert sides(graph, "forward")["tax"].verdict is EdgeVerdict.RIGHT
    assert sides(graph, "forward")["price"].verdict is EdgeVerdict.MISSING


def test_a_report_that_was_not_graded_has_an_empty_graph(graded):
    assert graded(NOT_GRADABLE["EMPTY"]).graph == Graph()
