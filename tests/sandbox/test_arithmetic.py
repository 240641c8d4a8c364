"""Numbers written as arithmetic, in a text that may be made to cost too much."""

import ast
import time

import pytest

from harness.sandbox.arithmetic import folded


def fold(text):
    return folded(ast.parse(text, mode="eval").body)


NUMBERS = {
    "12345": 12345.0,
    "-7": -7.0,
    "+7.5": 7.5,
    "~99": -100.0,
    "2**20 + 0.5": 1048576.5,
    "1e3 * 3": 3000.0,
    "10 ** 6": 1e6,
    "10 ** -2": 0.01,
    "1 << 20": 1048576.0,
    "7 // 2 % 2": 1.0,
    "0xFF & 0x3C | 1 ^ 2": 63.0,
    "256 >> 2": 64.0,
    "2 ** 1023": 2.0**1023,
    "1e200 * 1e200": float("inf"),
}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items(), ids=NUMBERS)
def test_arithmetic_on_numbers_is_the_number_it_makes(text, number):
    assert fold(text) == number


NOT_NUMBERS = [
    "x",
    "x + 1",
    "True",
    "not 1",
    "'5' * 3",
    "[0] * 3",
    "2j * 2j",
    "(-8) ** 0.5",
    "1 / 0",
    "1 % 0",
    "0 ** -1",
    "1 << -1",
    "~1.5",
    "1.5 << 2",
    "1e300 ** 2",
    "10 ** 400",
    "-(10 ** 330)",
    "1 < 2",
    "int(5)",
]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_anything_else_is_no_number(text):
    assert fold(text) is None


BOMBS = {
    "a power": "9 ** 9 ** 9",
    "powers of powers": "((9**99)**99)**99",
    "a power of minus one": "(-1) ** 10**18",
    "a shift": "1 << 10**15",
    "text repeated": "'a' * 10**12",
    "a list repeated": "[0] * 10**12",
    "a long product": " * ".join(["9" * 300] * 500),
    "a long sum": " + ".join(["1"] * 900),
    "many signs": "-" * 80 + "1",
    "a tree of products": "(" * 60 + "9**300" + " * 9**300)" * 60,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_arithmetic_that_would_cost_much_costs_little(text):
    tree = ast.parse(text, mode="eval")
    start = time.process_time()
    assert [folded(node) for node in ast.walk(tree)]
    assert time.process_time() - start < 0.5
