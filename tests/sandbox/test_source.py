"""A learner's text is read statement by statement, and whatever parses is kept."""

import ast
import inspect
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox import source
from harness.sandbox.nodes import nodes_of
from harness.sandbox.protocol import (
    ARGUMENT,
    CHANGED,
    KEPT,
    MAX_FRAME,
    SHARED,
    BoundClass,
    ClassSeen,
    Parsed,
    Problem,
    Source,
    decode_from_worker,
    frame,
)
from harness.sandbox.source import Program, is_definition, read_program, within_frame

GOOD = """\
class MulLayer:
    def forward(self, x, y):
        return x * y

    def backward(self, dout):
        return dout, dout
"""


def read(text: str, first_line: int = 1) -> Program:
    return read_program([Source(textwrap.dedent(text), first_line)])


def seen(text: str) -> Parsed:
    return read(text).seen()


def names(program: Program) -> list[str]:
    return [node.name for node in program.statements if isinstance(node, ast.ClassDef)]


def test_a_whole_file_is_read_with_its_lines() -> None:
    parsed = seen("import math\n\n" + GOOD)
    made = [("forward", 5, 15, 20), ("backward", 8, 15, 19), ("backward", 8, 21, 25)]
    assert parsed == Parsed([ClassSeen("MulLayer", 3, [("forward", 4), ("backward", 7)], [], made)], [], [], 2)


RETURNS = {
    "a name leads to where it is assigned": ("a = 1\nreturn a", [(3, 12, 13)]),
    "an element may be a name or an expression": ("a = x\nreturn a, y + 1", [(3, 12, 13), (4, 18, 23)]),
    "a name that is assigned twice is itself meant": ("a = 1\na = 2\nreturn a", [(5, 15, 16)]),
    "a name that is added to is itself meant": ("a = 1\na += 2\nreturn a", [(5, 15, 16)]),
    "two returns lead nowhere": ("if x:\n    return 1\nreturn 2", []),
    "no return leads nowhere": ("a = 1", []),
    "a value over several lines leads nowhere": ("return (1 +\n        2)", []),
}


@pytest.mark.parametrize(("body", "places"), RETURNS.values(), ids=RETURNS)
def test_where_a_returned_value_is_made_is_known(body: str, places: list[tuple[int, int, int]]) -> None:
    method = textwrap.indent(body, "        ")
    (found,) = seen(f"class L:\n    def f(self, x, y):\n{method}\n").classes
    assert [place for _, *place in found.returns] == [list(place) for place in places]


WRITES = {
    "its own attribute": ("self.x = x", [(KEPT, 0)]),
    "two at once": ("self.x, self.y = x, y", [(KEPT, 0), (KEPT, 0)]),
    "an attribute with a type": ("self.x: float = x", [(KEPT, 0)]),
    "what is in an attribute": ("self.out[...] = x", [(CHANGED, 0)]),
    "an attribute that is added to": ("self.n += 1", [(CHANGED, 0)]),
    "a list that grows": ("self.kept.append(x)", [(CHANGED, 0)]),
    "another name for an attribute": ("out = self.out\nout[...] = x", [(CHANGED, 0)]),
    "the class by its name": ("L.x = x", [(SHARED, 0)]),
    "the class by type": ("type(self).x = x", [(SHARED, 0)]),
    "a name of the module": ("global n\nn = x", [(SHARED, 0)]),
    "a dictionary of the module": ("KEPT['x'] = x", [(SHARED, 0)]),
    "the first argument": ("x += y", [(ARGUMENT, 0)]),
    "an entry of the second argument": ("y[0] = 1", [(ARGUMENT, 1)]),
    "another name for an argument": ("out = y\nout *= x", [(ARGUMENT, 1)]),
    "an argument called out": ("np.add(x, y, out=y)", [(ARGUMENT, 1)]),
    "a name of its own": ("out = x * y\nout += 1", []),
    "an argument's name for a new value": ("x = x * y", []),
}


@pytest.mark.parametrize(("body", "kinds"), WRITES.values(), ids=WRITES)
def test_what_a_method_stores_beyond_its_call_is_known(body: str, kinds: list[tuple[int, int]]) -> None:
    method = textwrap.indent(body, "        ")
    (found,) = seen(f"class L:\n    def f(self, x, y):\n{method}\n").classes
    assert [(write.kind, write.argument) for write in found.writes] == kinds
    lines = method.splitlines()
    assert all(body.splitlines()[-1] == lines[write.line - 3][write.start : write.end] for write in found.writes)


def test_lines_of_a_later_cell_count_from_its_first_line() -> None:
    program = read_program([Source("x = 1\n", 1), Source(GOOD, 10), Source("def f(:\n", 30)])
    assert [node.lineno for node in program.statements] == [1, 10]
    assert program.seen().classes[0].methods == [("forward", 11), ("backward", 14)]
    assert [problem.line for problem in program.problems] == [30]


def test_a_cell_that_does_not_parse_costs_only_itself() -> None:
    program = read_program([Source("x = = 1\n", 1), Source(GOOD, 3)])
    assert names(program) == ["MulLayer"]
    assert [(problem.code, problem.line) for problem in program.problems] == [("NOT-PARSABLE", 1)]


SALVAGED = {
    "a broken statement before": "x = = 1\n" + GOOD,
    "a broken statement behind": GOOD + "x = = 1\n",
    "a broken class before": "class AddLayer:\n    def forward(self, x, y:\n        return x\n\n" + GOOD,
    "a broken class behind": GOOD + "class AddLayer:\n    def forward(self, x, y:\n        return x\n",
    "a bracket that stays open": "x = [1, 2\n\n" + GOOD,
    "a bracket too many": "x = 1)\n\n" + GOOD,
    "wrong indentation": "if True:\nx = 1\n\n" + GOOD,
    "an indented start": "    x = 1\n" + GOOD,
    "a comment before the class": "x = = 1\n# about the class\n" + GOOD,
    "a colon missing": "def f()\n    return 1\n" + GOOD,
}


@pytest.mark.parametrize("text", SALVAGED.values(), ids=list(SALVAGED))
def test_a_good_class_survives(text: str) -> None:
    program = read(text)
    kept = [node for node in program.statements if isinstance(node, ast.ClassDef)]
    assert [node.name for node in kept] == ["MulLayer"]
    assert text.split("\n")[kept[0].lineno - 1] == "class MulLayer:"
    assert program.problems


def test_a_problem_is_on_its_line() -> None:
    problems = read("a = 1\nb = 2\nc = = 3\nd = 4\n").problems
    assert problems == [Problem("NOT-PARSABLE", 3, "invalid syntax")]


def test_a_decorator_stays_with_its_class() -> None:
    program = read("x = = 1\n@decorate\n@again\nclass MulLayer:\n    pass\n")
    kept = program.statements[0]
    assert isinstance(kept, ast.ClassDef)
    assert len(kept.decorator_list) == 2


@pytest.mark.parametrize("quotes", ["'''", '"""'])
def test_text_in_triple_quotes_is_not_taken_for_statements(quotes: str) -> None:
    program = read(f"x = = 1\ntext = {quotes}first\nclass Fake:\n    pass\n{quotes}\n{GOOD}")
    assert names(program) == ["MulLayer"]
    assert len(program.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n",
        "try:\n    x = 1\nexcept ValueError:\n    x = 2\nfinally:\n    x = 3\n",
        "x = [\n    1,\n    2,\n]\n",
        "x = f(\n    1,\n)\n",
        "x = {\n    1: 2,\n}\n",
    ],
    ids=["if", "try", "list", "call", "dict"],
)
def test_a_statement_of_several_clauses_stays_whole(text: str) -> None:
    program = read("broken = = 1\n" + text)
    assert (len(program.statements), len(program.problems)) == (1, 1)


PYTHON_2 = {
    "print": 'print "hello"\n',
    "exec": 'exec "x = 1"\n',
    "except": "try:\n    x = 1\nexcept A, e:\n    pass\n",
    "octal": "x = 0777\n",
}


@pytest.mark.parametrize("text", PYTHON_2.values(), ids=list(PYTHON_2))
def test_python_2_is_recognised(text: str) -> None:
    program = read(text)
    assert [problem.code for problem in program.problems] == ["PYTHON2"]
    assert not program.statements


def test_python_2_inside_a_class_costs_that_class() -> None:
    program = read("class AddLayer:\n    def forward(self, x, y):\n        print x\n        return x + y\n\n" + GOOD)
    assert names(program) == ["MulLayer"]
    assert program.problems[0].code == "PYTHON2"
    assert program.problems[0].line == 3


TOO_DEEP = {
    "parentheses": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "minus signs": "x = " + "-" * 100_000 + "1",
    "sums": "x = " + "1 + " * 100_000 + "1",
}


@pytest.mark.parametrize("text", TOO_DEEP.values(), ids=list(TOO_DEEP))
def test_a_statement_that_is_too_deep_costs_only_itself(text: str) -> None:
    program = read(text + "\n" + GOOD)
    assert "MulLayer" in names(program)


def test_classes_behind_conditions_are_seen() -> None:
    parsed = seen(
        """\
        if True:
            class A:
                def forward(self): pass
                if True:
                    def backward(self): pass
        else:
            class B: pass
        try:
            class C: pass
        finally:
            class D: pass
        with open("x") as file:
            async def f(): pass
        for x in y:
            class E: pass
        """
    )
    assert [item.name for item in parsed.classes] == ["A", "B", "C", "D"]
    assert parsed.classes[0].methods == [("forward", 3), ("backward", 5)]
    assert parsed.functions == [("f", 13)]


def test_classes_that_cannot_be_used_from_outside_are_seen_with_what_they_stand_in() -> None:
    parsed = seen(
        """\
        def main():
            class A: pass
            if True:
                class B: pass
        class Layers:
            class C:
                def forward(self):
                    class D: pass
        if __name__ == "__main__":
            class E: pass
            def main():
                class F: pass
        else:
            class G: pass
        """
    )
    assert parsed.inner == [
        ("A", 2, "def main"),
        ("B", 4, "def main"),
        ("C", 6, "class Layers"),
        ("D", 8, "def forward"),
        ("E", 10, 'if __name__ == "__main__"'),
        ("F", 12, "def main"),
    ]
    assert [item.name for item in parsed.classes] == ["Layers", "G"]


@pytest.mark.parametrize("test", ["__name__ != '__main__'", "__name__", "name == '__main__'", "__name__ == 'layers'"])
def test_another_condition_is_no_main_guard(test: str) -> None:
    assert seen(f"if {test}:\n    class A: pass\n").inner == []


def test_a_thousand_branches_of_one_statement_are_walked_through() -> None:
    branches = "".join(f"elif x == {number}: pass\n" for number in range(2000))
    assert [item.name for item in seen(f"if x: pass\n{branches}class A: pass\n").classes] == ["A"]


def literals(text: str) -> list[float]:
    return seen(text).classes[0].literals


def test_the_numbers_in_a_class_are_seen_in_order_and_once() -> None:
    assert literals("class A:\n    x = 7\n    y = [3.5, 7.0, -2, True, 'text', 1j]\n") == [7.0, 3.5, -2.0]


def test_a_number_too_large_for_a_float_is_left_out() -> None:
    assert literals(f"class A:\n    x = [1{'0' * 400}, 5]\n") == [5.0]


def test_numbers_behind_names_are_seen() -> None:
    text = "LIMIT = 12345\n\ndef helper():\n    return LIMIT + 7\n\nclass A:\n    def forward(self):\n        return helper()\n"
    assert literals(text) == [7.0, 12345.0]


def test_names_that_use_each_other_end() -> None:
    assert literals("a = lambda: b\nb = lambda: a\nclass A:\n    x = a\n") == []


def test_a_table_of_numbers_is_cut_off() -> None:
    assert literals(f"class A:\n    x = {list(range(100, 1000))}\n") == [float(n) for n in range(100, 164)]


CALLS_NOTHING = {
    "import": ("import math", True),
    "from": ("from math import *", True),
    "class": ("class A: pass", True),
    "function": ("def f(): g()", True),
    "async function": ("async def f(): pass", True),
    "assignment": ("x = 1", True),
    "annotated": ("x: int = 1", True),
    "call in an assignment": ("x = f()", False),
    "list comprehension": ("x = [y for y in z]", False),
    "dict comprehension": ("x = {y: y for y in z}", False),
    "set comprehension": ("x = {y for y in z}", False),
    "call": ("f()", False),
    "loop": ("while True: pass", False),
    "condition": ("if True: pass", False),
    "augmented": ("x += 1", False),
    "delete": ("del x", False),
}


@pytest.mark.parametrize(("text", "expected"), CALLS_NOTHING.values(), ids=list(CALLS_NOTHING))
def test_only_what_defines_names_is_a_definition(text: str, expected: bool) -> None:
    assert is_definition(ast.parse(text).body[0]) is expected


def test_many_large_classes_fit_into_a_frame_and_layers_come_first() -> None:
    methods = [("m" * 199 + str(number % 10), 1) for number in range(200)]
    classes = [ClassSeen("Layer", 1, [("forward", 2)], []), *[ClassSeen(f"C{n}", 1, methods, []) for n in range(400)]]
    kept = within_frame(classes)
    assert kept[0].name == "Layer"
    assert kept[-1].name == "C399"
    assert len(frame(Parsed(kept, [], [], 0))) < MAX_FRAME


def test_the_last_of_many_small_classes_are_kept() -> None:
    kept = within_frame([BoundClass(f"C{n}", []) for n in range(1000)])
    assert [item.name for item in kept] == [f"C{n}" for n in range(500, 1000)]


@given(st.text(st.sampled_from("abc:()[]{}\n\t '\"\\=#@.1\x0c\u00e9class def "), max_size=120))
def test_any_text_is_read_and_fits_into_a_frame(text: str) -> None:
    program = read_program([Source(text + "\n" + GOOD, 1)])
    parsed = decode_from_worker(frame(program.seen())[4:])
    assert parsed == program.seen()


@pytest.mark.parametrize("module", [ast, source, textwrap])
def test_every_node_is_walked_but_those_that_only_say_how_another_is_meant(module):
    tree = ast.parse(inspect.getsource(module))
    leaves = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    wanted = [node for node in ast.walk(tree) if not isinstance(node, leaves)]
    assert nodes_of(tree) == wanted
