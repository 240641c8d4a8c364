"""Each check on observations that are wrong on purpose in one place."""

import math

import msgspec
import numpy as np
import pytest
from inprocess import assignment, bank, judge, observe_text
from mutants.templates import RIGHT_ADD, RIGHT_MUL, mul_layer

from harness.answers import Lost, Returned
from harness.cases import Bank
from harness.checks import CHECKS
from harness.checks.evidence import Evidence, picked, returned
from harness.naming import Found
from harness.records import Verdict
from harness.sandbox.channel import Ending
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, Fault
from harness.sandbox.values import WHOLE, Other, unpack_array

SPECS = {check.id: check for check in assignment().check}
RIGHT = observe_text(RIGHT_ADD + RIGHT_MUL)
NUMBERS, ARRAYS, LATTICE, STATE = (f"MulLayer/{kind}" for kind in ("numbers", "arrays", "lattice", "state"))


def one(value):
    return Returned(several=False, values=[value], after=[])


def several(*values):
    return Returned(several=True, values=[*values], after=[])


def fault(kind="ValueError", message="", line=7):
    return Fault(0, 0, kind, message, line)


def places(group, op):
    """Yield (case, step) of every call of an operation in a group."""
    for index in bank().groups[group]:
        for number, step in enumerate(bank().cases[index].steps):
            if step.op == op:
                yield index, number


def with_calls(changes):
    """Return the right observations with the calls at (case, step) replaced."""
    calls = [*RIGHT.calls]
    for (index, step), call in changes.items():
        calls[index] = [*calls[index]]
        calls[index][step] = call
    return msgspec.structs.replace(RIGHT, calls=calls)


def with_found(layer, found):
    layers = [found if spec.name == layer else old for spec, old in zip(assignment().layer, RIGHT.layers, strict=True)]
    return msgspec.structs.replace(RIGHT, layers=layers)


def without(method, found):
    """Return the right observations but for a layer that was found without a method, which every call misses."""
    calls = {}
    for kind in ("numbers", "arrays", "lattice", "state"):
        for index, step in places(f"{found.name}/{kind}", {"forward": FORWARD, "backward": BACKWARD}[method]):
            message = f"'{found.name}' object has no attribute '{method}'"
            calls[index, step] = Fault(index, step, "AttributeError", message, None)
    return msgspec.structs.replace(with_calls(calls), layers=with_found(found.name, found).layers)


def find(check, seen, verdicts=None):
    """Return what one check finds when the checks before it had these verdicts."""
    evidence = Evidence(assignment(), bank(), seen)
    evidence.verdicts.update(verdicts or {})
    return CHECKS[SPECS[check].kind](evidence, SPECS[check])


@pytest.mark.parametrize("check", SPECS)
def test_every_check_passes_right_layers(check):
    assert find(check, RIGHT) is None


@pytest.mark.parametrize("check", SPECS)
def test_no_check_passes_without_cases(check):
    empty = Bank([], "")
    seen = msgspec.structs.replace(RIGHT, cases=[], calls=[])
    with pytest.raises(LookupError, match="no cases of the group"):
        CHECKS[SPECS[check].kind](Evidence(assignment(), empty, seen), SPECS[check])


MISSING = Found(name=None, line=None, reason="there is no class MulLayer in this file")
MISSPELT = Found(name="MulLayer", line=3, methods=("backword", "forward"), method_lines={"forward": 5, "backword": 9})


@pytest.mark.parametrize("kind", ["forward", "backward", "arrays", "gradient", "state"])
def test_a_missing_class_breaks_the_contract(kind):
    finding = find(f"MulLayer.{kind}", with_found("MulLayer", MISSING))
    assert (finding.verdict, finding.message) == (Verdict.CONTRACT, f"{MISSING.reason}.")


@pytest.mark.parametrize("check", ["graph.shop_forward", "graph.shop_backward", "graph.random"])
def test_a_graph_without_one_of_its_layers_breaks_the_contract(check):
    assert find(check, with_found("MulLayer", MISSING)).verdict is Verdict.CONTRACT


def test_a_missing_class_is_one_failure_and_the_rest_waits_for_it():
    failed = {"MulLayer.forward": Verdict.CONTRACT}
    assert find("MulLayer.backward", with_found("MulLayer", MISSING), failed).blocked_by == "MulLayer.forward"


def test_a_misspelt_method_is_named_with_its_line():
    finding = find("MulLayer.backward", without("backward", MISSPELT))
    assert (
        finding.message
        == "MulLayer has no method backward: found 'backword', expected 'backward': correct the spelling."
    )
    assert finding.line == 9


def test_a_missing_method_is_asked_for():
    finding = find("MulLayer.backward", without("backward", Found(name="MulLayer", line=3, methods=("forward",))))
    assert finding.message == "MulLayer has no method backward: add def backward(self, ...)."


def test_methods_that_a_class_does_not_name_are_missing_when_a_layer_has_none_either():
    finding = find("MulLayer.forward", without("forward", Found(name="MulLayer", line=3)))
    assert finding.message == "MulLayer has no method forward: add def forward(self, ...)."


@pytest.mark.parametrize("call", [several(3.0, 2.0), fault("AttributeError"), fault("ZeroDivisionError", line=None)])
def test_a_method_that_only_the_layers_have_is_not_missing(call):
    seen = with_calls({(bank().groups[NUMBERS][0], 2): call})
    found = Found(name="MulLayer", line=3, methods=("forward",))
    layers = with_found("MulLayer", found).layers
    assert not Evidence(assignment(), bank(), msgspec.structs.replace(seen, layers=layers)).lacks(
        "MulLayer", "backward"
    )


@pytest.mark.parametrize("kind", ["gradient", "state"])
def test_what_needs_a_missing_method_waits_for_its_check(kind):
    finding = find(f"MulLayer.{kind}", without("backward", MISSPELT), {"MulLayer.backward": Verdict.CONTRACT})
    assert (finding.verdict, finding.blocked_by) == (Verdict.BLOCKED, "MulLayer.backward")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("it is empty.", "ValueError on line 7: it is empty."),
        ("no 'float'.\n`np.float` was", "ValueError on line 7: no 'float'. `np.float` was."),
    ],
)
def test_an_error_of_several_lines_is_told_in_one_that_ends_once(message, told):
    finding = find("MulLayer.forward", with_calls({(bank().groups[NUMBERS][0], 1): fault(message=message)}))
    assert finding.message == f"MulLayer.forward raised {told}"


FORWARD_ANSWERS = {
    "another number": (one(7.0), Verdict.WRONG, "out = 7.0, but 6.0 was expected"),
    "NaN": (one(math.nan), Verdict.WRONG, "out = nan, but 6.0 was expected"),
    "None": (
        one(Other("None")),
        Verdict.CONTRACT,
        "out = None, but a number or an array was expected: is a return missing?",
    ),
    "text": (one(Other("str")), Verdict.CONTRACT, "out = str, but a number or an array was expected"),
    "an array of one": (one(np.array([6.0])), Verdict.CONTRACT, "out of shape (1,), but () was expected"),
    "a pair": (several(6.0, 6.0), Verdict.CONTRACT, "returned 2 values, but one was expected: x * y"),
    "a tuple of one": (several(6.0), Verdict.CONTRACT, "returned 1 values, but one was expected"),
    "an error": (fault("ValueError", "no"), Verdict.RAISED, "MulLayer.forward raised ValueError on line 7: no."),
    "an error without a line": (fault(line=None), Verdict.RAISED, "MulLayer.forward raised ValueError."),
    "not written": (fault("NotImplementedError"), Verdict.RAISED, "MulLayer.forward is not written yet."),
    "no memory": (fault("MemoryError"), Verdict.MEMORY_LIMIT, "used more memory than is allowed"),
    "a timeout": (Lost(Ending.TIMEOUT, "over 2 s"), Verdict.TIMEOUT, "MulLayer.forward gave no answer: over 2 s."),
    "a crash": (Lost(Ending.CRASHED, "signal 11"), Verdict.CRASHED, "gave no answer: signal 11"),
    "killed for memory": (Lost(Ending.MEMORY, "over 512 MiB"), Verdict.MEMORY_LIMIT, "gave no answer"),
    "never asked": (None, Verdict.GRADER_FAULT, "MulLayer.forward was never asked."),
}


@pytest.mark.parametrize(("answer", "verdict", "words"), FORWARD_ANSWERS.values(), ids=FORWARD_ANSWERS)
def test_forward_says_what_came_instead_of_the_product(answer, verdict, words):
    first = next(places(NUMBERS, FORWARD))
    finding = find("MulLayer.forward", with_calls({first: answer}))
    assert finding.verdict is verdict
    assert words in finding.message
    assert (finding.layer, finding.method) == ("MulLayer", "forward")


def test_a_constructor_that_raises_is_named():
    index, _ = next(places(NUMBERS, FORWARD))
    finding = find("MulLayer.forward", with_calls({(index, 0): fault("TypeError", "missing size"), (index, 1): None}))
    assert finding.message == (
        "MulLayer() raised TypeError on line 7: missing size. The grader makes a layer without arguments."
    )
    assert finding.counterexample is None


@pytest.mark.parametrize("number", [0, 20, -1], ids=["the first case", "a case in the middle", "the last case"])
def test_forward_looks_at_every_case(number):
    place = list(places(NUMBERS, FORWARD))[number]
    assert find("MulLayer.forward", with_calls({place: one(1234.5)})).verdict is Verdict.WRONG


def test_a_wrong_number_comes_with_its_counterexample():
    place = next(places(NUMBERS, BACKWARD))
    shown = find("MulLayer.backward", with_calls({place: several(2.0, 3.0)})).counterexample
    assert (shown.inputs, shown.dout) == ({"x": 2.0, "y": 3.0}, 1.0)
    assert (shown.got, shown.expected) == ({"dx": 2.0, "dy": 3.0}, {"dx": 3.0, "dy": 2.0})


BACKWARD_ANSWERS = {
    "swapped": (several(2.0, 3.0), Verdict.WRONG, "dx = 2.0, but 3.0 was expected; dy = 3.0, but 2.0 was expected"),
    "one wrong": (several(3.0, 2.5), Verdict.WRONG, "returned dy = 2.5, but 2.0 was expected"),
    "one value": (one(3.0), Verdict.CONTRACT, "returned one value, but 2 gradients were expected: return dx, dy"),
    "None": (one(Other("None")), Verdict.CONTRACT, "returned None, but 2 gradients were expected"),
    "three values": (several(3.0, 2.0, 1.0), Verdict.CONTRACT, "returned 3 values, but 2"),
    "a tuple of one": (several(3.0), Verdict.CONTRACT, "returned 1 value, but 2"),
    "nothing in a tuple": (several(), Verdict.CONTRACT, "returned 0 values, but 2"),
    "a pair with None": (several(3.0, Other("None")), Verdict.CONTRACT, "dy = None, but a number"),
    "an array of three": (one(np.array([3.0, 2.0, 1.0])), Verdict.CONTRACT, "returned one value"),
    "an error": (fault(), Verdict.RAISED, "MulLayer.backward raised ValueError on line 7."),
    "never asked": (None, Verdict.GRADER_FAULT, "was never asked"),
}


@pytest.mark.parametrize(("answer", "verdict", "words"), BACKWARD_ANSWERS.values(), ids=BACKWARD_ANSWERS)
def test_backward_says_what_came_instead_of_the_gradients(answer, verdict, words):
    first = next(places(NUMBERS, BACKWARD))
    finding = find("MulLayer.backward", with_calls({first: answer}))
    assert finding.verdict is verdict
    assert words in finding.message


@pytest.mark.parametrize("answer", [several(3.0, 2.0), one(np.array([3.0, 2.0])), one(np.array([3, 2]))], ids=str)
def test_backward_takes_a_pair_in_any_sequence(answer):
    assert find("MulLayer.backward", with_calls({next(places(NUMBERS, BACKWARD)): answer})) is None


def test_a_backward_that_was_not_reached_waits_for_forward():
    index, step = next(places(NUMBERS, BACKWARD))
    seen = with_calls({(index, step - 1): fault(), (index, step): None})
    finding = find("MulLayer.backward", seen, {"MulLayer.forward": Verdict.RAISED})
    assert (finding.verdict, finding.blocked_by) == (Verdict.BLOCKED, "MulLayer.forward")


@pytest.mark.parametrize("scale", [-1, 4, 0])
def test_backward_is_proportional_to_dout_to_the_last_bit(scale):
    cases = bank().cases
    index = next(n for n in bank().groups[NUMBERS] if cases[n].relation and cases[n].relation[1] == scale)
    dx, dy = RIGHT.calls[index][2].values
    # One unit in the last place is right by value, and wrong beside the answer to the dout that was scaled.
    seen = with_calls({(index, 2): several(math.nextafter(dx, math.inf), dy)})
    finding = find("MulLayer.backward", seen)
    assert finding.verdict is Verdict.WRONG
    assert "is not proportional to dout: dx = " in finding.message
    assert f"with dout times {scale} dx = " in finding.message


@pytest.mark.parametrize("op", [FORWARD, BACKWARD], ids=["forward", "backward"])
@pytest.mark.parametrize("number", [0, 8, -1])
def test_arrays_looks_at_every_answer(op, number):
    place = list(places(ARRAYS, op))[number]
    assert find("MulLayer.arrays", with_calls({place: one(Other("list"))})).verdict is Verdict.CONTRACT


def test_a_wrong_entry_of_an_array_is_named():
    index = next(n for n in bank().groups[ARRAYS] if bank().cases[n].stratum == "a square array")
    wrong = np.array(RIGHT.calls[index][1].values[0])
    wrong[1, 2] += 1
    finding = find("MulLayer.arrays", with_calls({(index, 1): one(wrong)}))
    assert f"out[1, 2] = {wrong[1, 2]}, but {wrong[1, 2] - 1:.15g}" in finding.message


def test_a_long_array_is_shown_by_its_wrong_entry():
    index = next(n for n in bank().groups[ARRAYS] if bank().cases[n].stratum == "special values in every pair")
    wrong = np.array(RIGHT.calls[index][1].values[0])
    wrong[3, 4] += 1
    got = find("MulLayer.arrays", with_calls({(index, 1): one(wrong)})).counterexample.got["out"]
    assert got == {"shape": [17, 17], "entry": [3, 4], "value": wrong[3, 4]}


def test_a_slope_beyond_all_floats_is_told_as_infinite():
    steep = observe_text(RIGHT_ADD + mul_layer(forward="1.7e308 * (1 if x > 2 else -1)"))
    assert find("MulLayer.gradient", steep).counterexample.measured == {"dx": "inf", "dy": 0.0}


def test_gradient_holds_backward_against_the_layers_own_forward():
    index, step = next(places(LATTICE, BACKWARD))
    finding = find("MulLayer.gradient", with_calls({(index, step): several(2.0, 3.0)}))
    assert finding.verdict is Verdict.WRONG
    assert finding.message == (
        "Your MulLayer.backward is not the derivative of your own forward: at x = 2, y = 3, "
        "backward(5) returned dx = 2.0, dy = 3.0; nudging your forward's inputs gives dx = 15, dy = 10."
    )
    assert finding.counterexample.measured == {"dx": 15.0, "dy": 10.0}


@pytest.mark.parametrize("number", [1, -1])
def test_gradient_sees_a_billionth_at_every_point_of_the_lattice(number):
    index, step = list(places(LATTICE, BACKWARD))[number]
    dx, dy = RIGHT.calls[index][step].values
    wrong = find("MulLayer.gradient", with_calls({(index, step): several(dx * (1 + 1e-9), dy)}))
    assert wrong.verdict is Verdict.WRONG


@pytest.mark.parametrize("number", [1, -1])
def test_gradient_allows_for_rounding_in_the_last_places(number):
    index, step = list(places(LATTICE, BACKWARD))[number]
    dx, dy = RIGHT.calls[index][step].values
    assert find("MulLayer.gradient", with_calls({(index, step): several(dx + 4 * math.ulp(dx), dy)})) is None


def test_gradient_does_not_look_at_the_reference():
    doubled = {place: one(RIGHT.calls[place[0]][place[1]].values[0] * 2) for place in places(LATTICE, FORWARD)} | {
        place: several(*[2 * v for v in RIGHT.calls[place[0]][place[1]].values]) for place in places(LATTICE, BACKWARD)
    }
    assert find("MulLayer.gradient", with_calls(doubled)) is None


def test_gradient_waits_when_a_wrong_forward_never_changes():
    constant = dict.fromkeys(places(LATTICE, FORWARD), one(0.0))
    constant |= dict.fromkeys(places(LATTICE, BACKWARD), several(0.0, 0.0))
    finding = find("MulLayer.gradient", with_calls(constant), {"MulLayer.forward": Verdict.WRONG})
    assert finding.blocked_by == "MulLayer.forward"


def test_a_constant_forward_that_is_right_has_the_derivative_0():
    constant = dict.fromkeys(places(LATTICE, FORWARD), one(0.0))
    constant |= dict.fromkeys(places(LATTICE, BACKWARD), several(0.0, 0.0))
    assert find("MulLayer.gradient", with_calls(constant)) is None


@pytest.mark.parametrize(("op", "method"), [(FORWARD, "forward"), (BACKWARD, "backward")], ids=["forward", "backward"])
def test_gradient_waits_for_a_method_that_raises(op, method):
    seen = with_calls({list(places(LATTICE, op))[1]: fault()})
    assert find("MulLayer.gradient", seen, {f"MulLayer.{method}": Verdict.RAISED}).blocked_by == f"MulLayer.{method}"
    assert find("MulLayer.gradient", seen).verdict is Verdict.RAISED


GRADIENTS = {
    "None": one(Other("None")),
    "one value": one(3.0),
    "a pair with text": several(3.0, Other("str")),
    "a complex pair": several(np.array(3 + 1j), np.array(2 + 1j)),
    "arrays of one": several(np.array([3.0]), np.array([2.0])),
    "NaN": several(math.nan, 2.0),
    "infinity": several(math.inf, 2.0),
}


@pytest.mark.parametrize("answer", GRADIENTS.values(), ids=GRADIENTS)
def test_gradient_is_wrong_for_what_is_no_pair_of_numbers(answer):
    assert find("MulLayer.gradient", with_calls({next(places(LATTICE, BACKWARD)): answer})).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    "answer", [one(Other("None")), several(6.0, 6.0), one(math.nan), one(np.array([6.0])), one(np.array(6j))], ids=str
)
def test_gradient_is_wrong_when_forward_gives_no_number(answer):
    place = list(places(LATTICE, FORWARD))[1]
    assert find("MulLayer.gradient", with_calls({place: answer})).verdict is Verdict.WRONG
    assert find("MulLayer.gradient", with_calls({place: answer}), {"MulLayer.forward": Verdict.WRONG}).blocked_by


@pytest.mark.parametrize(
    ("op", "argument", "name", "method"),
    [
        (FORWARD, 0, "x", "forward"),
        (FORWARD, 1, "y", "forward"),
        (BACKWARD, 0, "dout", "backward"),
        (BACKWARD, 1, "x", "backward"),
        (BACKWARD, 2, "y", "backward"),
    ],
)
def test_state_names_an_argument_that_was_changed(op, argument, name, method):
    place = next(
        (index, step)
        for index, step in places(STATE, op)
        if bank().cases[index].stratum == "alone (arrays)" and bank().cases[index].steps[step].watch
    )
    call = RIGHT.calls[place[0]][place[1]]
    sent = bank().cases[place[0]].steps[place[1]].args
    after = [None] * len(call.after)
    # Of the arguments of a backward, the first is dout; those of its forward follow.
    sent = [*sent, *bank().cases[place[0]].steps[1].args][-len(after) :]
    after[argument] = unpack_array(sent[argument])[0] + 1
    finding = find("MulLayer.state", with_calls({place: call._replace(after=after)}))
    assert finding.verdict is Verdict.CONTRACT
    assert finding.message.startswith(f"MulLayer.{method} changed its argument {name} in place.")


@pytest.mark.parametrize("op", [FORWARD, BACKWARD], ids=["forward", "backward"])
@pytest.mark.parametrize(
    "stratum",
    ["two layers at once (numbers)", "two layers at once (arrays)", "one layer used again and again"],
)
def test_state_sees_an_answer_that_differs_in_company(op, stratum):
    place = [place for place in places(STATE, op) if bank().cases[place[0]].stratum == stratum][-1]
    call = RIGHT.calls[place[0]][place[1]]
    changed = call._replace(values=[value * 2 for value in call.values])
    finding = find("MulLayer.state", with_calls({place: changed}))
    assert finding.verdict is Verdict.WRONG
    assert "gives another answer than the same calls on a fresh layer alone" in finding.message
    advice = "Keep what backward needs" if op == BACKWARD else "may depend on nothing but its inputs"
    assert advice in finding.message


def test_state_sees_one_bit():
    place = [
        place
        for place in places(STATE, FORWARD)
        if "forward twice, then backward (numbers)" in bank().cases[place[0]].stratum
    ][0]
    call = RIGHT.calls[place[0]][place[1]]
    changed = call._replace(values=[math.nextafter(call.values[0], math.inf)])
    assert find("MulLayer.state", with_calls({place: changed})).verdict is Verdict.WRONG


def test_state_lets_a_wrong_value_be_when_it_is_the_same_every_time():
    doubled = {
        place: RIGHT.calls[place[0]][place[1]]._replace(
            values=[value * 2 for value in RIGHT.calls[place[0]][place[1]].values]
        )
        for op in (FORWARD, BACKWARD, LOOK)
        for place in places(STATE, op)
    }
    assert find("MulLayer.state", with_calls(doubled)) is None


def test_state_sees_a_returned_value_that_changes_later():
    for place in places(STATE, LOOK):
        call = RIGHT.calls[place[0]][place[1]]
        changed = call._replace(values=[value + 1 for value in call.values])
        finding = find("MulLayer.state", with_calls({place: changed}))
        assert finding.verdict is Verdict.CONTRACT
        assert "had returned was changed by a later call" in finding.message


def test_state_reports_what_raises_only_in_company():
    place = next(p for p in places(STATE, BACKWARD) if bank().cases[p[0]].stratum == "two layers at once (numbers)")
    finding = find("MulLayer.state", with_calls({place: fault()}), {"MulLayer.backward": Verdict.WRONG})
    assert finding.verdict is Verdict.RAISED


@pytest.mark.parametrize(("op", "method"), [(FORWARD, "forward"), (BACKWARD, "backward")])
def test_state_waits_for_what_raises_alone(op, method):
    seen = with_calls({next(places(STATE, op)): fault()})
    finding = find("MulLayer.state", seen, {f"MulLayer.{method}": Verdict.RAISED})
    assert finding.blocked_by == f"MulLayer.{method}"
    assert find("MulLayer.state", seen).verdict is Verdict.RAISED


@pytest.mark.parametrize(
    ("check", "group", "op", "other"),
    [
        ("graph.shop_forward", "graph/shop", FORWARD, "graph.shop_backward"),
        ("graph.shop_backward", "graph/shop", BACKWARD, "graph.shop_forward"),
    ],
)
def test_the_shop_has_a_check_for_each_direction(check, group, op, other):
    for place in places(group, op):
        call = RIGHT.calls[place[0]][place[1]]
        # The last node's forward and the first nodes' backward feed nothing, so only they are wrong.
        seen = with_calls({place: call._replace(values=[value * 1.5 for value in call.values])})
        assert find(check, seen).verdict is Verdict.WRONG
        if op == BACKWARD:
            assert find(other, seen) is None


@pytest.mark.parametrize("op", [FORWARD, BACKWARD], ids=["forward", "backward"])
def test_random_graphs_are_judged_at_every_node(op):
    for place in places("graph/random", op):
        call = RIGHT.calls[place[0]][place[1]]
        seen = with_calls({place: call._replace(values=[value + 1 for value in call.values])})
        assert find("graph.random", seen).verdict is Verdict.WRONG


def test_a_graph_names_the_first_wrong_node_and_not_those_that_only_follow():
    index, first = next(places("graph/shop", FORWARD))
    wrong = observe_text(
        RIGHT_ADD + RIGHT_MUL.replace("return x * y", "return x * y + 1 if (x, y) == (100, 4) else x * y")
    )
    finding = find("graph.shop_forward", wrong)
    assert finding.counterexample.inputs == {"x": 100, "y": 4}
    assert finding.counterexample.got == {"out": 401}
    assert first == 4
    assert index == bank().groups["graph/shop"][0]


def test_rounding_does_not_add_up_along_a_graph():
    rounded = RIGHT_MUL.replace("return x * y", "return x * y * (1 + 2 * 2**-52)").replace(
        "return dout * self.y, dout * self.x", "return dout * self.y * (1 + 2**-51), dout * self.x * (1 + 2**-51)"
    )
    results = judge(observe_text(RIGHT_ADD + rounded))
    assert all(result.verdict is Verdict.PASSED for result in results.values())


def test_a_graph_that_raises_is_reported_at_the_node_that_raised():
    place = next(places("graph/shop", BACKWARD))
    finding = find("graph.shop_backward", with_calls({place: fault("KeyError", "'x'")}))
    assert finding.message == "MulLayer.backward raised KeyError on line 7: 'x'."


def test_a_graph_whose_node_returned_no_number_is_reported_there():
    index, step = next(places("graph/shop", FORWARD))
    finding = find("graph.shop_forward", with_calls({(index, step): one(Other("None"))}))
    assert finding.verdict is Verdict.CONTRACT
    assert "out = None" in finding.message


ADD, MUL = assignment().layer
PAIR = [[3.0, 2.0], [np.ones((2, 3)), np.zeros((2, 3))]]
RETURNED = {
    "a pair": (MUL, several(3.0, 2.0), [3.0, 2.0], [3.0, 2.0]),
    "rows": (MUL, one(np.array([3.0, 2.0])), [3.0, 2.0], [3.0, 2.0]),
    "one for all": (ADD, one(1.5), [1.5, 1.5], [1.5, 1.5]),
    "rows where one would do": (ADD, one(np.array([1.5, 1.5])), [1.5, 1.5], [1.5, 1.5]),
    "one where two are needed": (MUL, one(3.0), [3.0, 2.0], "one value"),
    "a description": (MUL, one(Other("dict")), [3.0, 2.0], "dict"),
    "a description where one would do": (ADD, one(Other("dict")), [3.0, 2.0], [Other("dict"), Other("dict")]),
    "too many": (ADD, several(1.0, 1.0, 1.0), [1.0, 1.0], "3 values"),
    "too few": (ADD, several(1.0), [1.0, 1.0], "1 value"),
}


@pytest.mark.parametrize(("layer", "answer", "expected", "values"), RETURNED.values(), ids=RETURNED)
def test_gradients_are_taken_from_every_kind_of_sequence(layer, answer, expected, values):
    assert returned(answer, layer, expected) == values


def test_an_array_of_the_gradients_own_shape_stands_for_both_and_is_not_taken_apart():
    whole = np.arange(6.0).reshape(2, 3)
    one_for_all = returned(one(whole), ADD, [whole, whole])
    assert all(value is whole for value in one_for_all)
    rows = returned(one(np.stack([whole, whole + 1])), ADD, [whole, whole])
    assert [row.tolist() for row in rows] == [whole.tolist(), (whole + 1).tolist()]


PICKED = {
    "the whole of a number": (one(6.0), WHOLE, 6.0),
    "an item of a pair": (several(3.0, 2.0), 1, 2.0),
    "an item that is not there": (several(3.0), 1, None),
    "an item of rows": (one(np.array([3.0, 2.0])), 1, 2.0),
    "an item of rows that is not there": (one(np.array([3.0])), 1, None),
    "an item of what stands for all": (one(1.5), 1, 1.5),
}


@pytest.mark.parametrize(("answer", "item", "value"), PICKED.values(), ids=PICKED)
def test_a_later_call_is_given_an_item_or_the_whole(answer, item, value):
    assert picked(answer, item) == value


@pytest.mark.parametrize(("argument", "who"), [(0, "backward"), (1, "forward or backward"), (2, "forward or backward")])
def test_state_names_what_was_changed_in_an_array_that_only_backward_is_watched_on(argument, who):
    place = next((index, step) for index, step in places(ARRAYS, BACKWARD) if bank().cases[index].steps[step].watch)
    _, forward, backward = bank().cases[place[0]].steps
    after = [None] * 3
    after[argument] = unpack_array([*backward.args, *forward.args][argument])[0] * 0
    finding = find("MulLayer.state", with_calls({place: RIGHT.calls[place[0]][2]._replace(after=after)}))
    assert finding.message.startswith(f"MulLayer.{who} changed its argument {['dout', 'x', 'y'][argument]} in place.")
