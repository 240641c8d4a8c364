"""Mistakes made by a program: each operator, name and statement of the right layers changed, one at a time."""

import ast
import copy
from collections.abc import Iterator

from mutants.templates import Mutant

__all__ = ["GENERATED"]

#: The two layers as the book writes them (section 5.4), one operation on a line.
_BOOK = {
    "MulLayer": """\
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        out = x * y
        return out

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
""",
    "AddLayer": """\
class AddLayer:
    def forward(self, x, y):
        out = x + y
        return out

    def backward(self, dout):
        dx = dout * 1.0
        dy = dout * 1.0
        return dx, dy
""",
}
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
#: Operators that compute the same as the right one there: dout / 1.0 is dout * 1.0, and so is dout ** 1.0.
_EQUIVALENT = {("AddLayer", "backward"): (ast.Div, ast.Pow)}


def _binary_operators(tree: ast.AST, layer: str, method: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            right = node.op
            for operator in _OPERATORS:
                if not isinstance(
                    right, (operator, *_EQUIVALENT.get((layer, method), ()))
                ) and operator not in _EQUIVALENT.get((layer, method), ()):
                    node.op = operator()
                    yield ast.unparse(node)
            node.op = right


def _names(tree: ast.AST, layer: str, method: str) -> Iterator[str]:
    """Put another variable of the method in the place of each one that is read."""
    del layer
    others = {"forward": ("x", "y", "out"), "backward": ("dout", "dx", "dy")}[method]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id != "self":
            right = node.id
            for other in others:
                if other != right:
                    node.id = other
                    yield f"{right} becomes {other}, character {node.col_offset}"
            node.id = right


def _attributes(tree: ast.AST, layer: str, method: str) -> Iterator[str]:
    del layer, method
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            right = node.attr
            for other in sorted({"x", "y", "z"} - {right}):
                node.attr = other
                yield f"self.{right} becomes self.{other}, {type(node.ctx).__name__.lower()}ed"
            node.attr = right


def _signs(tree: ast.AST, layer: str, method: str) -> Iterator[str]:
    del layer, method
    for parent in ast.walk(tree):
        if isinstance(parent, ast.BinOp):
            right = parent.left
            parent.left = ast.UnaryOp(ast.USub(), right)
            yield f"{ast.unparse(right)} with a minus in {ast.unparse(parent)}"
            parent.left = right


def _constants(tree: ast.AST, layer: str, method: str) -> Iterator[str]:
    del layer, method
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            right = node.value
            for other in (0.0, -1.0, 2.0, right + 1e-9):
                node.value = other
                yield f"{right} becomes {other}"
            node.value = right


def _caught_by(method: str, right: str, wrong: str) -> frozenset[str]:
    # What forward keeps shows in backward, unless keeping it raises.
    keeps = method == "forward" and right.startswith("self.") and "out" not in wrong
    return frozenset({"backward" if keeps else method})


def _mutants() -> Iterator[tuple[str, Mutant]]:
    for layer, text in _BOOK.items():
        for method in ("forward", "backward"):
            tree = ast.parse(text)
            body = next(
                node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == method
            ).body
            for number, statement in enumerate(list(body)):
                line = ast.unparse(statement)
                for change in (_binary_operators, _names, _attributes, _signs, _constants):
                    for description in change(statement, layer, method):
                        # What is returned by a variable of the same value is the same.
                        if ast.unparse(statement) in _SAME.get((layer, line), ()):
                            continue
                        yield (
                            f"{layer}.{method}: {line}: {description}",
                            Mutant(layer, ast.unparse(tree), _caught_by(method, line, ast.unparse(statement))),
                        )
                body[number] = ast.Pass()
                yield (
                    f"{layer}.{method}: without {line}",
                    Mutant(layer, ast.unparse(tree), _caught_by(method, line, "pass")),
                )
                body[number] = copy.deepcopy(statement)


#: Changes after which the layer still computes the same.
_SAME = {
    ("AddLayer", "dx = dout * 1.0"): (),
    ("AddLayer", "dy = dout * 1.0"): ("dy = dx * 1.0",),
    ("AddLayer", "return (dx, dy)"): ("return (dy, dy)", "return (dx, dx)", "return (dout, dy)", "return (dx, dout)"),
}

GENERATED = dict(_mutants())
