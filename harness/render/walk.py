"""Follows the values of a graph in the order in which they are computed: forward, then backward from the result."""

from collections.abc import Iterator

from harness.language import Language
from harness.records import Edge, EdgeValue, EdgeVerdict, Graph, Record
from harness.render.numbers import short_pair

__all__ = ["WrongValue", "first_wrong", "label", "wrong_values"]


class WrongValue(Record, frozen=True):
    """One wrong value in words."""

    what: str
    got: str
    expected: str
    why: str


def label(graph: Graph, name: str, language: Language) -> str:
    """Return what a reader calls a node."""
    node = next(node for node in graph.nodes if node.name == name)
    return node.labels.get(language.code, node.name)


def first_wrong(graph: Graph) -> str | None:
    """Return the name of the node at which a value first goes wrong, or None when none does."""
    for _, value, node in _in_order(graph):
        if value.verdict in {EdgeVerdict.WRONG, EdgeVerdict.MISSING}:
            return node
    return None


def wrong_values(graph: Graph, language: Language) -> list[WrongValue]:
    """Return every value that came back and is wrong, the first ones first; empty where nothing came back at all."""
    first, text = first_wrong(graph), language.text
    found = []
    for edge, value, node in _in_order(graph):
        if value.verdict in {EdgeVerdict.RIGHT, EdgeVerdict.MISSING}:
            continue
        kind = text("value") if value is edge.forward else text("gradient")
        got, expected = short_pair(value.got, value.expected)
        if value.verdict is EdgeVerdict.FOLLOWS:
            why = text("follows from it")
        else:
            why = text("first wrong, at {node}", node=label(graph, node, language)) if node == first else ""
        found.append(WrongValue(f"{label(graph, edge.source, language)}: {kind}", got, expected, why))
    return found


def _in_order(graph: Graph) -> Iterator[tuple[Edge, EdgeValue, str]]:
    """Yield each computed value with its edge and the node that computes it."""
    layers = [node.name for node in graph.nodes if node.layer is not None]
    for name in layers:
        yield from ((edge, edge.forward, name) for edge in graph.edges if edge.source == name)
    for name in reversed(layers):
        yield from ((edge, edge.gradient, name) for edge in graph.edges if edge.target == name)
