"""What two classes look like without names, comments and layout, so that the same code is known again."""

import ast
import hashlib
from collections.abc import Sequence

from harness.records import LayerScore
from harness.submission import Submission

__all__ = ["shape_of"]

#: Characters and lines of one class: real layers have tenths of this. Parsing more could cost more than grading.
_MOST_CHARACTERS, _MOST_LINES = 20_000, 1000
#: Open brackets, and blanks before a statement: what makes a parser go deep. Longer chains of operators it refuses.
_DEEPEST, _WIDEST_INDENT = 50, 80
#: Written by everybody, and called by the grader: not the learner's choice.
_KEPT = frozenset({"__init__", "forward", "backward", "self"})


def shape_of(submission: Submission, layers: Sequence[LayerScore]) -> str:
    """Return a name for the shape of the classes that were graded; empty where one of them cannot be read.

    Nothing is run. The text is parsed only within limits, because a parser can be made to go deep.
    """
    parts = []
    for layer in layers:
        if layer.line is None:
            continue
        text = _text_of_class(submission, layer.line)
        shape = None if text is None else _shape(text)
        if shape is None:
            return ""
        parts.append(shape)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else ""


def _text_of_class(submission: Submission, line: int) -> str | None:
    first = submission.text_of(line)
    if first is None:
        return None
    margin = len(first) - len(first.lstrip())
    lines, depth = [first[margin:]], _depth(first)
    for number in range(line + 1, line + _MOST_LINES):
        text = submission.text_of(number)
        # The last line of a block, or the first one that is not inside the class any more.
        if text is None or (text.strip() and depth <= 0 and len(text) - len(text.lstrip()) <= margin):
            break
        lines.append(text[margin:] if not text[:margin].strip() else text)
        depth += _depth(text)
        if not 0 <= depth <= _DEEPEST or len(text) - len(text.lstrip()) > _WIDEST_INDENT:
            return None
    else:
        return None
    whole = "\n".join(lines)
    return whole if len(whole) <= _MOST_CHARACTERS else None


def _depth(text: str) -> int:
    return sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))


def _shape(text: str) -> str | None:
    try:
        (made,) = ast.parse(text).body
        return ast.dump(_Nameless(made).visit(made))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


#: Where a syntax tree has names, and which numbers are put there.
_FIELDS = (("id", "_names"), ("arg", "_names"), ("name", "_names"), ("attr", "_attributes"))


def _number(numbers: dict[str, str], name: str) -> None:
    if name not in _KEPT:
        numbers.setdefault(name, f"_{len(numbers)}")


class _Nameless(ast.NodeTransformer):
    """Numbers the names that the class makes itself, in the order in which they come, and drops what does nothing."""

    def __init__(self, made: ast.AST) -> None:
        # What a variable is called and what an attribute is called need have nothing to do with one another.
        self._names: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        for node in ast.walk(made):
            if isinstance(node, ast.arg):
                _number(self._names, node.arg)
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                _number(self._names, node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                _number(self._names, node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                _number(self._attributes, node.attr)

    def visit(self, node: ast.AST) -> ast.AST:
        """Return ``node`` with numbers for names."""
        for field, numbers in _FIELDS:
            name = getattr(node, field, None)
            if isinstance(name, str):
                setattr(node, field, getattr(self, numbers).get(name, name))
        for field in ("annotation", "returns", "type_comment"):
            if getattr(node, field, None) is not None:
                setattr(node, field, None)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A docstring, and whatever else is only written down.
            node.body = [one for one in body if not _says_nothing(one)]  # type: ignore[attr-defined]
        return self.generic_visit(node)


def _says_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
