"""Reads a learner's text as Python, statement by statement, keeping whatever parses.

Runs in the worker: parsing hostile text can exhaust memory or the stack, and must not do so in the grader.
Of 278 public files with these two layers 92 cannot be imported as a whole; 66 of those hold two right classes.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from harness.sandbox.arithmetic import folded
from harness.sandbox.evaluate import FILE_NAME
from harness.sandbox.nodes import children_of, nodes_of
from harness.sandbox.places import made_at, written_at
from harness.sandbox.protocol import BoundClass, ClassSeen, Parsed, Problem, Source, Write

__all__ = ["Program", "is_definition", "read_program", "within_frame"]

#: Complaints of the Python 3 parser that Python 2 text causes.
_CLASS = re.compile(r"class (\w+)")
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer|invalid decimal literal|Did you mean print\("
)
#: What does not run in grading.
_MAIN_GUARD = 'if __name__ == "__main__"'
#: A line that begins here continues the statement above it.
_CONTINUES = re.compile(r"(else|elif|except|finally)\b|[)\]}]")
_TRIPLE_QUOTE = re.compile(r"'''|\"\"\"")
_MOST = 50
_MOST_LITERALS = 64
#: Of names in one message, each with its share of numbers: well under the size of a frame.
_MOST_CHARACTERS = 100_000

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
AnyClass = TypeVar("AnyClass", ClassSeen, BoundClass)


class Program:
    """The statements that parsed, and what was seen on the way."""

    def __init__(self) -> None:
        self.statements: list[ast.stmt] = []
        self.problems: list[Problem] = []

    def seen(self) -> Parsed:
        """Return the classes, functions and problems, capped for the wire."""
        classes, functions, inner, named = [], [], [], _named(self.statements)
        for node, outer in _defined(self.statements, deep=True):
            if outer:
                if isinstance(node, ast.ClassDef):
                    inner.append((node.name[:200], node.lineno, outer[:200]))
            elif isinstance(node, ast.ClassDef):
                classes.append(_class_seen(node, named))
            else:
                functions.append((node.name[:200], node.lineno))
        problems, count = self.problems[:_MOST], len(self.statements)
        return Parsed(within_frame(classes), functions[-200:], problems, count, inner[-_MOST:])


def within_frame(classes: Sequence[AnyClass]) -> list[AnyClass]:
    """Return those classes whose description fits into one frame: those like layers first, then the last ones."""
    budget: int = _MOST_CHARACTERS
    kept: list[int] = []

    def order(index: int) -> tuple[bool, int]:
        return "forward" not in _names(classes[index]), -index

    for place in sorted(range(len(classes)), key=order)[:500]:
        budget -= _size(classes[place])
        if budget > 0:
            kept.append(place)
    return [classes[place] for place in sorted(kept)]


def _size(seen: ClassSeen | BoundClass) -> int:
    return sum([len(name) + 12 for name in (seen.name, *_names(seen))])


def _names(seen: ClassSeen | BoundClass) -> list[str]:
    return [method if isinstance(method, str) else method[0] for method in seen.methods]


def read_program(sources: Sequence[Source]) -> Program:
    """Return the statements of all blocks, with line numbers of the whole submission."""
    program = Program()
    for source in sources:
        _read(program, source.text, source.first_line, salvage=True)
    return program


def is_definition(node: ast.stmt) -> bool:
    """Tell whether ``node`` only defines names: an import, a class, a function, or an assignment without a call."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    return isinstance(node, (ast.Assign, ast.AnnAssign)) and not any(
        isinstance(part, (ast.Call, ast.Await, ast.ListComp, ast.SetComp, ast.DictComp)) for part in nodes_of(node)
    )


def _read(program: Program, text: str, first_line: int, *, salvage: bool) -> None:
    try:
        body = ast.parse(text, FILE_NAME).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        chunks = list(_chunks(text)) if salvage else []
        if len(chunks) > 1:
            for start, chunk in chunks:
                _read(program, chunk, first_line + start, salvage=False)
        else:
            program.problems.append(_problem(error, first_line, text))
        return
    if first_line > 1:
        for node in body:
            ast.increment_lineno(node, first_line - 1)
    program.statements += body


def _problem(error: Exception, first_line: int, text: str) -> Problem:
    message = str(getattr(error, "msg", None) or error or type(error).__name__)
    line = first_line - 1 + (getattr(error, "lineno", None) or 1)
    code = "PYTHON2" if _PYTHON_2.search(message) else "NOT-PARSABLE"
    begins = _CLASS.match(text)
    # Without it the learner would be told that there is no such class.
    place = f" (in class {begins[1][:100]})" if begins else ""
    return Problem(code, line, message[:500] + place)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Yield (0-based first line, text) of the pieces that look like top-level statements."""
    start, piece, in_string = 0, list[str](), False
    for number, line in enumerate(text.split("\n")):
        begins = bool(line.strip()) and not line[0].isspace() and not line.startswith("#")
        after_decorator = bool(piece) and piece[-1].startswith("@")
        if begins and piece and not in_string and not after_decorator and not _CONTINUES.match(line):
            yield start, "\n".join(piece)
            start, piece = number, []
        piece.append(line)
        if len(_TRIPLE_QUOTE.findall(line)) % 2:
            in_string = not in_string
    yield start, "\n".join(piece)


def _definitions(body: Sequence[ast.stmt]) -> Iterator[Definition]:
    """Yield the classes and functions that a run of ``body`` gives a name in it."""
    return (node for node, outer in _defined(body, deep=False) if not outer)


def _defined(body: Sequence[ast.stmt], *, deep: bool) -> Iterator[tuple[Definition, str]]:
    """Yield classes and functions, each with the beginning of what it stands in and is not to be reached from outside.

    Without ``deep`` no look is taken into those.
    """
    waiting = [(node, "") for node in reversed(body)]
    while waiting:
        node, outer = waiting.pop()
        inside = outer
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, outer
            if not deep:
                continue
            inside = f"{'class' if isinstance(node, ast.ClassDef) else 'def'} {node.name}"
        elif isinstance(node, ast.If) and _is_main_guard(node.test):
            inside = _MAIN_GUARD
        elif not isinstance(node, (ast.If, ast.Try, ast.With)):
            continue
        for name, place in (("finalbody", outer), ("orelse", outer), ("body", inside)):
            waiting += [(child, place) for child in reversed(getattr(node, name, ()))]


def _is_main_guard(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )


def _named(statements: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return which top-level statements give a name its value."""
    named: dict[str, list[ast.stmt]] = {}
    for node in statements:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            named.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for part in nodes_of(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    named.setdefault(part.id, []).append(node)
    return named


def _class_seen(node: ast.ClassDef, named: dict[str, list[ast.stmt]]) -> ClassSeen:
    methods = [(item.name[:200], item.lineno) for item in _definitions(node.body)]
    returns, writes = [], []
    for item in _definitions(node.body):
        parts, name = nodes_of(item), item.name[:200]
        returns += [(name, *place) for place in made_at(item, parts)]
        writes += [Write(name, kind, argument, *place) for kind, argument, place in written_at(item, parts)]
    literals = _literals(node, named)
    return ClassSeen(node.name[:200], node.lineno, methods[:200], literals, returns[:200], writes[:200])


def _literals(node: ast.ClassDef, named: dict[str, list[ast.stmt]]) -> list[float]:
    """Return the numbers in a class and in the top-level statements whose names it uses, near or far.

    Arithmetic on numbers alone counts as the one number that it makes.
    """
    literals: dict[float, None] = {}
    waiting: list[ast.stmt] = [node]
    met = {node.name}
    while waiting and len(literals) < _MOST_LITERALS:
        parts: list[ast.AST] = [waiting.pop(0)]
        for part in parts:
            number = folded(part)
            if number is not None:
                literals.setdefault(number)
                continue
            parts += children_of(part)
            if isinstance(part, ast.Name) and part.id not in met:
                met.add(part.id)
                waiting += named.get(part.id, [])
    return list(literals)[:_MOST_LITERALS]
