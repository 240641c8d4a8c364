"""Where in a method its values are made, and where it stores something that outlives the call.

Runs in the worker. It says only where a report points to: what is wrong is told by values alone.
"""

import ast
from collections.abc import Iterator, Sequence

from harness.sandbox.protocol import ARGUMENT, CHANGED, KEPT, SHARED

__all__ = ["made_at", "written_at"]

#: Methods of lists, dictionaries and arrays that change what they are called on.
_CHANGING = frozenset({"append", "extend", "insert", "pop", "clear", "update", "setdefault", "fill", "sort", "put"})

#: Line, first and last column (in bytes of UTF-8, as the parser counts).
Span = tuple[int, int, int]


def made_at(method: ast.stmt, parts: Sequence[ast.AST]) -> list[Span]:
    """Return where each value that a method returns is made.

    A returned name leads to the one place where it is assigned. Empty where there is not exactly one ``return``.

    Args:
        method: The method.
        parts: All nodes of it, as ``nodes_of`` gives them.
    """
    found = [part for part in parts if isinstance(part, ast.Return) and part.value is not None]
    if not isinstance(method, ast.FunctionDef) or len(found) != 1 or found[0].value is None:
        return []
    assigned: dict[str, list[ast.expr]] = {}
    for part in parts:
        if isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name):
                    assigned.setdefault(target.id, []).append(part.value)
        elif isinstance(part, (ast.AugAssign, ast.For)) and isinstance(part.target, ast.Name):
            assigned.setdefault(part.target.id, []).extend((part.target, part.target))
    whole = found[0].value
    places = []
    for value in whole.elts if isinstance(whole, (ast.Tuple, ast.List)) else [whole]:
        sources = assigned.get(value.id, []) if isinstance(value, ast.Name) else []
        span = _span(sources[0] if len(sources) == 1 else value)
        if span is None:
            return []
        places.append(span)
    return places


def written_at(method: ast.stmt, parts: Sequence[ast.AST]) -> Iterator[tuple[int, int, Span]]:
    """Yield what a method stores beyond its own call: the kind, for an argument its number, and where.

    Args:
        method: The method.
        parts: All nodes of it, as ``nodes_of`` gives them.
    """
    if not isinstance(method, ast.FunctionDef):
        return
    own, *given = [one.arg for one in (*method.args.posonlyargs, *method.args.args)] or [""]
    scope = _Scope(own, given, parts)
    for part in parts:
        for target, in_place in _targets(part):
            kind = scope.kind_of(target, in_place=in_place)
            span = _span(part) if isinstance(part, (ast.expr, ast.stmt)) else None
            if kind is not None and span is not None:
                yield (*kind, span)


def _span(node: ast.expr | ast.stmt) -> Span | None:
    if node.end_col_offset is None or node.lineno != node.end_lineno:
        return None
    return node.lineno, node.col_offset, node.end_col_offset


def _targets(part: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what a node stores into, and whether what is there already is changed rather than replaced."""
    if isinstance(part, ast.Assign):
        for target in part.targets:
            for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                yield one, False
    elif isinstance(part, ast.AnnAssign):
        yield part.target, False
    elif isinstance(part, ast.AugAssign):
        yield part.target, True
    elif isinstance(part, ast.Call):
        yield from ((keyword.value, True) for keyword in part.keywords if keyword.arg == "out")
        if isinstance(part.func, ast.Attribute) and part.func.attr in _CHANGING:
            yield part.func.value, True


class _Scope:
    """What the names in one method stand for."""

    def __init__(self, own: str, given: Sequence[str], parts: Sequence[ast.AST]) -> None:
        self._own, self._given = own, given
        self._shared = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
        self._local = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        #: ``out = x`` makes another name for the same array.
        self._same: dict[str, ast.expr] = {}
        for part in parts:
            if isinstance(part, ast.Assign) and isinstance(part.value, (ast.Name, ast.Attribute)):
                names = [target.id for target in part.targets if isinstance(target, ast.Name)]
                self._same |= dict.fromkeys(names, part.value)

    def kind_of(self, target: ast.expr, *, in_place: bool) -> tuple[int, int] | None:
        """Return the kind of a target and, for an argument, its number; None for a name of the method's own."""
        while isinstance(target, (ast.Subscript, ast.Starred)):
            target, in_place = target.value, True
        if isinstance(target, ast.Name) and target.id not in self._given and in_place:
            target = self._same.get(target.id, target)
        if isinstance(target, ast.Name):
            if target.id in self._given:
                return (ARGUMENT, self._given.index(target.id)) if in_place else None
            return (SHARED, 0) if target.id in self._shared or (in_place and target.id not in self._local) else None
        if isinstance(target, ast.Attribute):
            mine = isinstance(target.value, ast.Name) and target.value.id == self._own
            return (CHANGED if in_place else KEPT) if mine else SHARED, 0
        return None
