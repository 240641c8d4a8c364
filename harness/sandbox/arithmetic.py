"""Works out numbers that are written as arithmetic (``2**20 + 0.5``), in a text that may be made to cost too much."""

import ast
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["folded"]

Number = int | float

#: Larger than any float. No operation below makes an int of more than twice as many bits from operands within it.
_MOST_BITS = 1100
#: Operators within operators that are looked into; deeper ones are read from the part that is not too deep.
_DEEPEST = 5

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


def folded(node: ast.AST) -> float | None:
    """Return the number that ``node`` is, or None when it is anything but arithmetic on numbers."""
    number = _number(node, _DEEPEST)
    try:
        return None if number is None else float(number)
    except OverflowError:
        return None


def _number(node: ast.AST, deepest: int) -> Number | None:
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) in (int, float) else None  # type: ignore[return-value]
    if not deepest:
        return None
    try:
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            operand = _number(node.operand, deepest - 1)
            return None if operand is None else _small(_UNARY[type(node.op)](operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            left, right = _number(node.left, deepest - 1), _number(node.right, deepest - 1)
            if left is None or right is None or not _cheap(node.op, left, right):
                return None
            return _small(_BINARY[type(node.op)](left, right))
    except (ArithmeticError, TypeError, ValueError):
        return None
    return None


def _cheap(operation: ast.operator, left: Number, right: Number) -> bool:
    """Tell whether the result cannot be much larger than a float: powers and shifts of ints are what grows."""
    if _small(left) is None or _small(right) is None:
        return False
    if isinstance(operation, ast.LShift):
        return isinstance(right, int) and 0 <= right <= _MOST_BITS
    if isinstance(operation, ast.Pow) and isinstance(left, int) and isinstance(right, int):
        return max(left.bit_length(), 1) * abs(right) <= 2 * _MOST_BITS
    return True


def _small(value: object) -> Number | None:
    """Return ``value`` if it is an int of moderate size or a float; a power may be complex."""
    if type(value) is int:
        return value if value.bit_length() <= _MOST_BITS else None
    return value if type(value) is float else None
