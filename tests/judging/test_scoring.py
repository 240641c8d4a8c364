"""Points: only a passed check earns them, and the maximum never depends on what ran."""

import pytest
from inprocess import assignment, judge
from mutants.templates import RIGHT_ADD, RIGHT_MUL, add_layer, mul_layer

from harness.checks.evidence import Finding
from harness.naming import Found
from harness.records import Counterexample, Verdict
from harness.scoring import layer_scores, result_of

SPECS = {check.id: check for check in assignment().check}
BACKWARD = SPECS["MulLayer.backward"]
FOUND = {
    "AddLayer": Found(name="AddLayer", line=2, method_lines={"backward": 5}),
    "MulLayer": Found(name="mul_layer", line=11, method_lines={"backward": 17}),
}


def finding(verdict=Verdict.WRONG, message="wrong", **fields):
    return Finding(verdict=verdict, message=message, **fields)


def test_a_check_without_a_finding_earns_its_points():
    result = result_of(BACKWARD, None, FOUND)
    assert (result.verdict, result.score, result.max_score) == (Verdict.PASSED, 20, 20)
    assert (result.message, result.line, result.counterexample) == (None, None, None)


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
def test_a_check_with_a_finding_earns_nothing(verdict):
    result = result_of(BACKWARD, finding(verdict), FOUND)
    assert (result.verdict, result.score, result.max_score) == (verdict, 0, 20)


def test_the_line_of_an_error_is_the_learners_own():
    assert result_of(BACKWARD, finding(line=19, layer="MulLayer", method="backward"), FOUND).line == 19


@pytest.mark.parametrize(
    ("method", "line"), [("backward", 17), ("forward", 11), (None, 11)], ids=["a method", "an inherited one", "none"]
)
def test_the_line_of_a_wrong_value_is_that_of_its_method_or_else_its_class(method, line):
    assert result_of(BACKWARD, finding(layer="MulLayer", method=method), FOUND).line == line


def test_text_from_the_learners_side_is_escaped_and_capped():
    result = result_of(BACKWARD, finding(message="\x1b[31m" + "x" * 5000), FOUND)
    assert result.message.startswith(r"\x1b[31mxxx")
    assert len(result.message) == 2000


def test_a_counterexample_and_what_a_check_waits_for_are_passed_on():
    example = Counterexample(inputs={"x": 2}, got={}, expected={})
    result = result_of(BACKWARD, finding(Verdict.BLOCKED, blocked_by="MulLayer.forward", counterexample=example), FOUND)
    assert (result.blocked_by, result.counterexample) == ("MulLayer.forward", example)


def test_every_layer_and_the_graph_have_a_score_even_when_nothing_was_found():
    results = [result_of(spec, finding(Verdict.CONTRACT), {}) for spec in SPECS.values()]
    scores = layer_scores(assignment(), results, {})
    assert [(score.name, score.score, score.max_score) for score in scores] == [
        ("AddLayer", 0, 30),
        ("MulLayer", 0, 45),
        ("graph", 0, 25),
    ]
    assert [(score.found_as, score.line) for score in scores] == [(None, None)] * 3


def test_a_layers_score_says_what_it_was_found_as():
    results = [result_of(spec, None, FOUND) for spec in SPECS.values()]
    scores = {score.name: score for score in layer_scores(assignment(), results, FOUND)}
    assert (scores["MulLayer"].found_as, scores["MulLayer"].line, scores["MulLayer"].score) == ("mul_layer", 11, 45)


#: What is wrong -> the checks that wait, and the one that each waits for.
BLOCKED = {
    "nothing": (RIGHT_ADD + RIGHT_MUL, {}, 100),
    "AddLayer.forward": (
        add_layer("x - y") + RIGHT_MUL,
        {
            "AddLayer.arrays": "AddLayer.forward",
            "AddLayer.state": "AddLayer.forward",
            "graph.shop_forward": "AddLayer.forward",
            "graph.shop_backward": "AddLayer.forward",
            "graph.random": "AddLayer.forward",
        },
        10 + 45,
    ),
    "MulLayer.backward": (
        RIGHT_ADD + mul_layer(dx="dout * x", dy="dout * y"),
        {
            "MulLayer.arrays": "MulLayer.backward",
            "MulLayer.state": "MulLayer.backward",
            "graph.shop_backward": "MulLayer.backward",
            "graph.random": "MulLayer.backward",
        },
        30 + 10 + 5,
    ),
    "MulLayer.state": (
        RIGHT_ADD
        + mul_layer(
            dx="dout * KEPT[-1][1]", dy="dout * KEPT[-1][0]", above="KEPT = []", before_forward="KEPT.append((x, y))"
        ),
        {"graph.random": "MulLayer.state"},
        30 + 41 + 5,
    ),
    "MulLayer.arrays": (RIGHT_ADD + mul_layer("np.sum(x * y)"), {}, 94),
    "MulLayer is not there": (
        RIGHT_ADD,
        {
            "MulLayer.backward": "MulLayer.forward",
            "MulLayer.arrays": "MulLayer.forward",
            "MulLayer.gradient": "MulLayer.backward",
            "MulLayer.state": "MulLayer.forward",
            "graph.shop_forward": "MulLayer.forward",
            "graph.shop_backward": "MulLayer.forward",
            "graph.random": "MulLayer.forward",
        },
        30,
    ),
}


@pytest.mark.parametrize(("text", "waiting", "score"), BLOCKED.values(), ids=BLOCKED)
def test_a_failed_check_blocks_what_depends_on_it_and_costs_no_other(text, waiting, score):
    results = judge(text)
    blocked = {name: result.blocked_by for name, result in results.items() if result.verdict is Verdict.BLOCKED}
    assert blocked == waiting
    assert sum(result.score for result in results.values()) == score
    assert sum(result.max_score for result in results.values()) == 100


def test_a_blocked_check_says_what_must_pass_first():
    assert judge(RIGHT_ADD)["graph.random"].message == "MulLayer.forward must pass first."


@pytest.mark.parametrize(
    "body",
    ["pass", "return None", "return 0", "return 0.0, 0.0", "raise NotImplementedError", "return dout"],
    ids=str,
)
def test_an_unfinished_layer_earns_nothing(body):
    """The template's own methods, or the least that runs, in both layers."""
    forward = body if "dout" not in body and "," not in body else "return 0.0"
    methods = f"    def forward(self, x, y):\n        {forward}\n    def backward(self, dout):\n        {body}\n"
    results = judge(f"class AddLayer:\n{methods}\nclass MulLayer:\n{methods}")
    # AddLayer's backward is to return dout: that one answer is right by itself.
    earned = {name for name, result in results.items() if result.score}
    assert earned == ({"AddLayer.backward"} if body == "return dout" else set())
