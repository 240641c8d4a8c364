"""Where the parts of a computational graph lie in a drawing: inputs to the left, the result to the right."""

from harness.records import Edge, Graph, Record

__all__ = ["Place", "places"]


class Place(Record, frozen=True):
    """Column from the left and row from the top; rows may be fractions."""

    column: int
    row: float


def places(graph: Graph) -> dict[str, Place]:
    """Return the place of each node of a tree by its name.

    Every value is used once, so the graph is a tree: each input gets a row of its own, each layer lies in the middle of
    its inputs, and an input stands one column before the layer that uses it, as in the book.
    """
    into: dict[str, list[Edge]] = {node.name: [] for node in graph.nodes}
    for edge in _in_order(graph):
        if edge.target is not None:
            into[edge.target].append(edge)
    columns: dict[str, int] = {}
    for node in graph.nodes:
        columns[node.name] = 1 + max((columns[edge.source] for edge in into[node.name]), default=-1)
    for node in graph.nodes:
        for edge in into[node.name]:
            if not into[edge.source]:
                columns[edge.source] = columns[node.name] - 1
    rows: dict[str, float] = {}

    def place(name: str) -> float:
        below = [place(edge.source) for edge in into[name]]
        rows[name] = sum(below) / len(below) if below else float(sum(1 for n in rows if not into[n]))
        return rows[name]

    for edge in graph.edges:
        if edge.target is None:
            place(edge.source)
    return {node.name: Place(columns[node.name], rows.get(node.name, 0.0)) for node in graph.nodes}


def _in_order(graph: Graph) -> list[Edge]:
    """Return the edges so that those into one node come in the order of its inputs."""
    return sorted(graph.edges, key=lambda edge: edge.item)
