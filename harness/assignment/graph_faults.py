"""What cannot work in an assignment's graph."""

from collections.abc import Iterator, Mapping, Sequence

from harness.assignment.records import GraphSpec, LayerSpec, NodeSpec
from harness.assignment.shape import Fault
from harness.sentence import Sentence
from harness.toml_lines import Keys

__all__ = ["cycle", "graph_faults"]

_LARGEST = 1 << 53


def cycle(needs: Mapping[str, Sequence[str]], start: str, first: str) -> list[str]:
    """Return a way from ``start`` by ``first`` back to ``start``; empty where there is none."""
    ways, seen = [[start, first]], {first}
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        for need in needs.get(way[-1], ()):
            if need == start or need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []


def graph_faults(graph: GraphSpec, layers: Mapping[str, LayerSpec]) -> list[Fault]:
    """Return each thing that cannot work: names, numbers of inputs, cycles, values that nothing or too much uses."""
    # A value that nothing uses is most often one that another fault left alone.
    return list(_part_faults(graph, layers)) or list(_unused(graph))


def _part_faults(graph: GraphSpec, layers: Mapping[str, LayerSpec]) -> Iterator[Fault]:
    known: list[str] = []
    for number, source in enumerate(graph.inputs):
        here: Keys = ("graph", "inputs", number)
        if source.name in known:
            yield Fault((*here, "name"), Sentence("the name {name} is taken", name=repr(source.name)))
        if not abs(source.value) <= _LARGEST:
            yield Fault((*here, "value"), Sentence("{key} has to be between -2^53 and 2^53", key="value"))
        known.append(source.name)
    used: list[str] = []
    below = {node.name: node.inputs for node in graph.nodes}
    for number, node in enumerate(graph.nodes):
        here = ("graph", "nodes", number)
        yield from _layer_faults(node, layers, here)
        for item, name in enumerate(node.inputs):
            if name not in known or name in used:
                yield Fault((*here, "inputs", item), _unusable(node, name, below))
            used.append(name)
        if node.name in known:
            yield Fault((*here, "name"), Sentence("the name {name} is taken", name=repr(node.name)))
        known.append(node.name)
    for code, labels in graph.labels.items():
        for name in labels:
            if name not in known:
                yield Fault(
                    ("graph", "labels", code, name),
                    Sentence("the label of {name} belongs to no input or node", name=repr(name)),
                )
    if not graph.nodes:
        yield Fault(("graph", "nodes"), Sentence("a graph needs at least one node"))


def _unused(graph: GraphSpec) -> Iterator[Fault]:
    used = {name for node in graph.nodes for name in node.inputs}
    values = [("inputs", number, leaf.name) for number, leaf in enumerate(graph.inputs)]
    values += [("nodes", number, node.name) for number, node in enumerate(graph.nodes[:-1])]
    for part, number, name in values:
        if name not in used:
            yield Fault(
                ("graph", part, number),
                Sentence(
                    "nothing uses {name}; every value but the last node's must be used exactly once", name=repr(name)
                ),
            )


def _layer_faults(node: NodeSpec, layers: Mapping[str, LayerSpec], here: Keys) -> Iterator[Fault]:
    if node.layer not in layers:
        yield Fault(
            (*here, "layer"),
            Sentence(
                "the node {name} uses a layer that is not defined: {layer}",
                name=repr(node.name),
                layer=repr(node.layer),
            ),
            Sentence("choose of {known}", known=", ".join(layers)),
        )
    elif len(node.inputs) != len(layers[node.layer].inputs):
        yield Fault(
            (*here, "inputs"),
            Sentence(
                "the node {name} needs {count} inputs", name=repr(node.name), count=len(layers[node.layer].inputs)
            ),
        )


def _unusable(node: NodeSpec, source: str, below: Mapping[str, Sequence[str]]) -> Sentence:
    circle = cycle(below, node.name, source)
    if circle:
        return Sentence("these nodes feed each other: {circle}", circle=" -> ".join(reversed(circle)))
    return Sentence(
        "the node {name} needs {source}, which is not defined above it or already used",
        name=repr(node.name),
        source=repr(source),
    )
