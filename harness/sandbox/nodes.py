"""Walks a syntax tree, at half the cost of ``ast.walk``."""

import ast

__all__ = ["children_of", "nodes_of"]

#: Fields that hold text, or a node that says how its parent is meant (``ast.Load``, ``ast.Add``).
_LEAVES = frozenset({"id", "attr", "arg", "name", "ctx", "op", "ops", "kind", "type_comment"})
_INNER: dict[type[ast.AST], tuple[str, ...]] = {}


def children_of(node: ast.AST) -> list[ast.AST]:
    """Return the nodes directly below ``node``, in order, without those that only say how it is meant."""
    kind = type(node)
    if kind not in _INNER:
        _INNER[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
    found: list[ast.AST] = []
    for name in _INNER[kind]:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def nodes_of(node: ast.AST) -> list[ast.AST]:
    """Return ``node`` and all nodes below it, as :func:`children_of` gives them; parents before their children."""
    found = [node]
    for one in found:
        found += children_of(one)
    return found
