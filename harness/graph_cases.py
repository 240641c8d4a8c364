"""Turns a graph of layers into calls: the assignment's own graph, and those that a bank draws."""

from collections.abc import Iterator, Sequence

from harness.assignment import Assignment
from harness.cases import Case
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, Step
from harness.sandbox.values import Value, result_reference
from harness.sentence import marked

__all__ = ["GRAPH_STRATUM", "graph_case", "shop_cases"]

GRAPH_STRATUM = marked("the {graph} with an upstream gradient of {dout}")


def graph_case(
    group: str,
    stratum: str,
    leaves: Sequence[float],
    nodes: Sequence[tuple[int, tuple[tuple[str, int], ...]]],
    dout: float,
) -> Case:
    """Return one graph as calls: every layer made, forward in order, then backward in reverse.

    Args:
        group: The group of the case.
        stratum: Why it is in the bank.
        leaves: The values of the graph's inputs.
        nodes: Layer index and sources of each node; a source is ``("leaf", n)`` or ``("node", n)``.
        dout: The upstream gradient of the last node.
    """
    count = len(nodes)
    steps = [Step(NEW, slot, [layer]) for slot, (layer, _) in enumerate(nodes)]
    consumer: dict[int, tuple[int, int]] = {}
    for slot, (_, sources) in enumerate(nodes):
        args = [leaves[n] if kind == "leaf" else result_reference(count + n) for kind, n in sources]
        steps.append(Step(FORWARD, slot, [*args]))
        for item, (kind, n) in enumerate(sources):
            if kind == "node":
                consumer[n] = (slot, item)
    # Node s runs backward at step 2*count + (count - 1 - s).
    for slot in reversed(range(count)):
        upstream: Value = dout
        if slot in consumer:
            to, item = consumer[slot]
            upstream = result_reference(3 * count - 1 - to, item)
        steps.append(Step(BACKWARD, slot, [upstream]))
    layers = tuple(sorted({layer for layer, _ in nodes}))
    return Case(group=group, stratum=stratum, layers=layers, steps=steps)


def shop_cases(assignment: Assignment) -> Iterator[Case]:
    """Yield the assignment's own graph at its own values, with upstream gradient 1 and others."""
    graph = assignment.graph
    if graph is None:
        return
    places: dict[str, tuple[str, int]] = {source.name: ("leaf", n) for n, source in enumerate(graph.inputs)}
    places |= {node.name: ("node", n) for n, node in enumerate(graph.nodes)}
    nodes = [(assignment.layer_index(node.layer), tuple(places[name] for name in node.inputs)) for node in graph.nodes]
    for dout in (1, -2.5, 0.125):
        values = [source.value for source in graph.inputs]
        yield graph_case("graph/shop", GRAPH_STRATUM.format(graph=graph.name, dout=dout), values, nodes, dout)
