"""The assignment's own graph with the values that the learner's layers put on it, for a drawing."""

from typing import Any

from harness.answers import Returned
from harness.checks.evidence import Evidence, Exhibit, returned
from harness.checks.wording import shown
from harness.gradients.compare import compare
from harness.records import Edge, EdgeValue, EdgeVerdict, Graph, Node

__all__ = ["graph_values"]


def graph_values(evidence: Evidence) -> Graph:
    """Return the graph's nodes and edges, each edge with its value forward and its gradient backward.

    Empty where the assignment has none. The first case of the group is drawn: the graph's own inputs, with an
    upstream gradient of 1.
    """
    spec = evidence.assignment.graph
    if spec is None:
        return Graph()
    exhibit = evidence.group("graph/shop")[0]
    count = len(spec.nodes)
    symbols = {layer.name: layer.symbol or layer.name for layer in evidence.assignment.layer}
    leaves = {source.name: source.value for source in spec.inputs}
    #: Where each value goes to: the number of the node, and which of its inputs it is.
    goes_to = {name: (slot, item) for slot, node in enumerate(spec.nodes) for item, name in enumerate(node.inputs)}
    made_by = {node.name: slot for slot, node in enumerate(spec.nodes)}

    def labels(name: str) -> dict[str, str]:
        return {code: known[name] for code, known in spec.labels.items() if name in known}

    edges = []
    for name in [*leaves, *made_by]:
        if name in leaves:
            forward = EdgeValue(got=leaves[name], expected=leaves[name], verdict=EdgeVerdict.RIGHT)
        else:
            forward = _value(evidence, exhibit, count + made_by[name], 0)
        if name in goes_to:
            slot, item = goes_to[name]
            # Backward runs through the nodes in reverse, after all of them were made and ran forward.
            gradient = _value(evidence, exhibit, 3 * count - 1 - slot, item)
            target: str | None = spec.nodes[slot].name
        else:
            dout: Any = exhibit.case.steps[2 * count].args[0]
            gradient = EdgeValue(got=dout, expected=dout, verdict=EdgeVerdict.RIGHT)
            target, item = None, 0
        edges.append(Edge(source=name, target=target, item=item, forward=forward, gradient=gradient))
    return Graph(
        name=spec.name,
        nodes=[
            *[Node(name=name, layer=None, symbol=None, labels=labels(name)) for name in leaves],
            *[
                Node(name=node.name, layer=node.layer, symbol=symbols[node.layer], labels=labels(node.name))
                for node in spec.nodes
            ],
        ],
        edges=edges,
    )


def _value(evidence: Evidence, exhibit: Exhibit, step: int, item: int) -> EdgeValue:
    """Return one item of what a step returned, beside what the reference returns in a graph that is right throughout.

    A value that differs, and is right for what its node was really given, follows from a mistake before it.
    """
    call, wanted = exhibit.calls[step], exhibit.expected[step]
    expected = shown(wanted[item])
    if not isinstance(call, Returned):
        return EdgeValue(got=None, expected=expected, verdict=EdgeVerdict.MISSING)
    if call.exact:
        return EdgeValue(got=expected, expected=expected, verdict=EdgeVerdict.RIGHT)
    got = _item(evidence, exhibit, step, item)
    if got is None:
        return EdgeValue(got=None, expected=expected, verdict=EdgeVerdict.MISSING)
    if compare(got, wanted[item]) is None:
        verdict = EdgeVerdict.RIGHT
    else:
        own = evidence.localised(exhibit, step).expected[step]
        follows = own is not wanted and compare(got, own[item]) is None
        verdict = EdgeVerdict.FOLLOWS if follows else EdgeVerdict.WRONG
    return EdgeValue(got=shown(got), expected=expected, verdict=verdict)


def _item(evidence: Evidence, exhibit: Exhibit, step: int, item: int) -> Any:
    """Return one gradient, or what a forward returned; None where there is no such thing."""
    call = exhibit.calls[step]
    assert isinstance(call, Returned)
    wanted = exhibit.expected[step]
    if len(wanted) == 1:
        return None if call.several else call.values[0]
    values = returned(call, evidence.layer_of(exhibit, step), wanted)
    return None if isinstance(values, str) else values[item]
