"""The figures of the course and of the student template, drawn by the product: what is stored must equal this.

    python tests/docs/figures.py     writes them anew

A figure is the graph of a real report, or a graph of the reference layers made here.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from pages import ROOT

from harness.assignment import built_in
from harness.grader import grade
from harness.language import LANGUAGES, language
from harness.records import Edge, EdgeValue, EdgeVerdict, Graph, Node, Report
from harness.render.svg import render_svg
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission

__all__ = ["drawn", "main"]

ASSIGNMENT = built_in("ch05-add-mul")
LABELS = ASSIGNMENT.graph.labels
LEARN, TEMPLATE = ROOT / "docs" / "learn" / "figures", ROOT / "student_template"
#: What stands for a gradient that the reader is to work out.
OPEN = "?"


def drawn() -> Iterator[tuple[Path, str]]:
    """Yield the place of each figure and its text, in every language."""
    right, swapped = _reports("book.py", "swapped.py")
    exercise = right.graph, True
    figures: dict[str, tuple[Graph, bool]] = {
        "shop": (right.graph, False),
        "shop-forward": exercise,
        "swapped": (swapped.graph, False),
        "add": (_graph([("x", 2), ("y", 3)], [("out", "AddLayer", ("x", "y"))]), False),
        "mul": (_graph([("x", 2), ("y", 3)], [("out", "MulLayer", ("x", "y"))]), False),
        "chain": (
            _graph(
                [("apple_price", 100), ("apple_count", 4), ("tax", 1.1)],
                [
                    ("apple_total", "MulLayer", ("apple_price", "apple_count")),
                    ("price", "MulLayer", ("apple_total", "tax")),
                ],
            ),
            False,
        ),
    }
    for code in LANGUAGES:
        ending = ".svg" if code == "en" else f".{code}.svg"
        for name, (graph, is_open) in figures.items():
            yield LEARN / f"{name}{ending}", _drawing(right, graph, code, is_open=is_open)
        yield TEMPLATE / f"graph{ending}", _drawing(right, exercise[0], code, is_open=True)


def _reports(*names: str) -> list[Report]:
    with Sandbox() as sandbox:
        return [grade(read_submission(ROOT / "examples" / name), ASSIGNMENT, sandbox=sandbox) for name in names]


def _drawing(report: Report, graph: Graph, code: str, *, is_open: bool) -> str:
    if is_open:
        graph = msgspec.structs.replace(graph, edges=[_opened(edge) for edge in graph.edges])
    return render_svg(msgspec.structs.replace(report, graph=graph), language(code))


def _opened(edge: Edge) -> Edge:
    """Return the edge with a question for its gradient; what comes in at the result is given."""
    return edge if edge.target is None else msgspec.structs.replace(edge, gradient=_right(OPEN))


def _right(value: Any) -> EdgeValue:
    return EdgeValue(got=value, expected=value, verdict=EdgeVerdict.RIGHT)


def _graph(leaves: Sequence[tuple[str, float]], nodes: Sequence[tuple[str, str, tuple[str, str]]]) -> Graph:
    """Return a graph of reference layers with its values forward, and backward from 1."""
    from reference import layers as reference

    symbols = {layer.name: layer.symbol for layer in ASSIGNMENT.layer}
    values: dict[str, Any] = dict(leaves)
    made = {name: getattr(reference, layer)() for name, layer, _ in nodes}
    for name, _, inputs in nodes:
        values[name] = made[name].forward(*(values[one] for one in inputs))
    gradients: dict[str, Any] = {nodes[-1][0]: 1}
    for name, _, inputs in reversed(nodes):
        gradients.update(zip(inputs, made[name].backward(gradients[name]), strict=True))
    goes_to = {one: (name, item) for name, _, inputs in nodes for item, one in enumerate(inputs)}

    def node(name: str, layer: str | None) -> Node:
        labels = {code: known[name] for code, known in LABELS.items() if name in known}
        return Node(name=name, layer=layer, symbol=symbols[layer] if layer else None, labels=labels)

    edges = []
    for name, value in values.items():
        target, item = goes_to.get(name, (None, 0))
        edges.append(
            Edge(source=name, target=target, item=item, forward=_right(value), gradient=_right(gradients[name]))
        )
    return Graph(
        name="shop",
        nodes=[*(node(name, None) for name, _ in leaves), *(node(name, layer) for name, layer, _ in nodes)],
        edges=edges,
    )


def main() -> int:
    """Write every figure that has changed, and say which."""
    for path, text in drawn():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT).as_posix()}: drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
