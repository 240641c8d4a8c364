"""Draws the computational graph in the book's style: values above lines, gradients below, operations in nodes."""

import html
from collections.abc import Iterator
from typing import Any

from harness.language import ENGLISH, Language
from harness.records import Edge, EdgeValue, EdgeVerdict, Graph, Node, Report
from harness.render.cells import width_of
from harness.render.layout import Place, places
from harness.render.numbers import short_pair
from harness.render.walk import first_wrong, label

__all__ = ["GRAPH_STYLE", "described", "render_graph", "render_svg"]

# Pixels. A cell is the width of a digit; Korean and Japanese characters take two.
_CELL = 8.4
_COLUMN, _ROW = 216, 108
_MARGIN, _RADIUS = 16, 22
#: The last part of a line, which slants to its node; the values stand on the level part before it.
_SLANT = 56
#: From the middle of a node to the values of its line.
_FREE = 40
#: From one line of text to the next.
_LEADING = 17

#: Blue and vermillion of Okabe and Ito, told apart by everyone; each is also told by a word or a mark.
GRAPH_STYLE = """\
.graph { --ink: #1a1a1a; --paper: #ffffff; --line: #767676; --back: #005a93; --bad: #b34700;
  max-width: 100%; height: auto }
.graph text { font: 14px ui-monospace, "D2Coding", "Noto Sans Mono CJK KR", monospace; fill: var(--ink);
  paint-order: stroke; stroke: var(--paper); stroke-width: 4px }
.graph .line { stroke: var(--line); stroke-width: 1.5; fill: none }
.graph .node { stroke: var(--ink); stroke-width: 1.5; fill: var(--paper) }
.graph .symbol { font-size: 22px; text-anchor: middle; stroke: none }
.graph .value { text-anchor: middle }
.graph .leaf { text-anchor: end }
.graph .gradient { fill: var(--back) }
.graph .wrong { fill: var(--bad) }
.graph .line.wrong { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 7 5; fill: none }
.graph .cross { stroke: var(--bad); stroke-width: 2.5; fill: none }
.graph .first { stroke: var(--bad); stroke-width: 4 }
@media (prefers-color-scheme: dark) {
  .graph { --ink: #eeeeee; --paper: #16181d; --line: #9a9a9a; --back: #7cc4f5; --bad: #ffa36b }
}
@media print {
  .graph { --ink: #000000; --paper: #ffffff; --line: #666666; --back: #003f66; --bad: #8a3600 }
}
"""


def render_svg(report: Report, language: Language = ENGLISH) -> str:
    """Return the graph of ``report`` as an SVG file that brings its own style."""
    drawing = render_graph(report.graph, language)
    head, mark, rest = drawing.partition(">")
    return f"{head}{mark}\n<style>\n{GRAPH_STYLE}</style>{rest}\n"


def render_graph(graph: Graph, language: Language = ENGLISH) -> str:
    """Return ``graph`` as an ``<svg>`` element without a style (:data:`GRAPH_STYLE`), for use inside of a page."""
    where = places(graph)
    nodes = {node.name: node for node in graph.nodes}
    first = first_wrong(graph)
    left = _MARGIN + max(
        (width_of(label(graph, n.name, language)) * _CELL for n in graph.nodes if n.layer is None), default=0
    )
    width = left + (1 + max((place.column for place in where.values()), default=0)) * _COLUMN + _MARGIN
    height = (1 + max((place.row for place in where.values()), default=0)) * _ROW + 2 * _MARGIN

    def at(place: Place) -> tuple[float, float]:
        return left + place.column * _COLUMN, _ROW / 2 + 8 + place.row * _ROW

    parts = [*_head(graph, language, round(width), round(height))]
    for edge in graph.edges:
        start = at(where[edge.source])
        end = at(where[edge.target]) if edge.target is not None else (start[0] + _COLUMN, start[1])
        parts += _edge(edge, nodes[edge.source], start, end, language)
    for node in graph.nodes:
        parts += _node(
            node, label(graph, node.name, language), at(where[node.name]), language, first=node.name == first
        )
    parts.append("</svg>")
    return "\n".join(parts)


def _head(graph: Graph, language: Language, width: int, height: int) -> Iterator[str]:
    title = language.text("The computational graph, forward and backward")
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" aria-labelledby="graph-title graph-text" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )
    yield f'<title id="graph-title">{html.escape(title)}</title>'
    yield f'<desc id="graph-text">{html.escape(" ".join(described(graph, language)))}</desc>'


def described(graph: Graph, language: Language) -> Iterator[str]:
    """Yield the graph in sentences, for readers who do not see it."""
    for edge in graph.edges:
        name = label(graph, edge.source, language)
        for kind, value in ((language.text("value"), edge.forward), (language.text("gradient"), edge.gradient)):
            got, wanted = short_pair(value.got, value.expected)
            if value.verdict is EdgeVerdict.RIGHT:
                yield f"{name}: {kind} {got}."
            elif value.verdict is EdgeVerdict.MISSING:
                yield language.text("{name}: {kind} missing, wanted {wanted}.", name=name, kind=kind, wanted=wanted)
            else:
                yield language.text(
                    "{name}: {kind} {got} is wrong, wanted {wanted}.", name=name, kind=kind, got=got, wanted=wanted
                )


def _edge(
    edge: Edge,
    source: Node,
    start: tuple[float, float],
    end: tuple[float, float],
    language: Language,
) -> Iterator[str]:
    (x1, y1), (x2, y2) = start, end
    bad = not edge.is_right
    x1 += _RADIUS if source.layer is not None else 8
    x2 -= _RADIUS if edge.target is not None else 0
    turn = x2 - (_SLANT if edge.target is not None else 0)
    yield f'<path class="line{" wrong" * bad}" d="M {x1:.0f} {y1:.0f} L {turn:.0f} {y1:.0f} L {x2:.0f} {y2:.0f}"/>'
    middle = (x1 + turn) / 2
    yield from _value(edge.forward, "forward", middle, y1 - 8, language, step=-_LEADING)
    yield from _value(edge.gradient, "gradient", middle, y1 + 18, language, step=_LEADING)


def _value(value: EdgeValue, kind: str, x: float, y: float, language: Language, *, step: int) -> Iterator[str]:
    """Yield what the layer returned next to the line, then what was wanted and why, away from it."""
    got, wanted = short_pair(value.got, value.expected)
    full = f"<title>{html.escape(_whole(value.got))}</title>"
    if value.verdict is EdgeVerdict.RIGHT:
        yield f'<text class="value {kind}" x="{x:.0f}" y="{y:.0f}">{full}{html.escape(got)}</text>'
        return
    words = language.text("nothing") if value.verdict is EdgeVerdict.MISSING else got
    yield f'<text class="value {kind} wrong" x="{x:.0f}" y="{y:.0f}">{full}{html.escape(words)}</text>'
    left, top = x - width_of(words) * _CELL / 2 - 16, y - 9
    yield f'<path class="cross" d="M {left:.0f} {top:.0f} l 8 8 m -8 0 l 8 -8"/>'
    notes = [language.text("want {wanted}", wanted=wanted)]
    if value.verdict is EdgeVerdict.FOLLOWS:
        notes.append(language.text("follows from it"))
    for number, note in enumerate(notes, 1):
        yield f'<text class="value {kind}" x="{x:.0f}" y="{y + number * step:.0f}">{html.escape(note)}</text>'


def _whole(value: Any) -> str:
    return "" if value is None else str(value)


def _node(node: Node, called: str, place: tuple[float, float], language: Language, *, first: bool) -> Iterator[str]:
    x, y = place
    name = html.escape(called)
    if node.layer is None:
        yield f'<text class="leaf" x="{x:.0f}" y="{y + 5:.0f}">{name}</text>'
        return
    ring = " first" if first else ""
    layer = f"<title>{html.escape(node.layer)}</title>"
    yield f'<circle class="node{ring}" cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}">{layer}</circle>'
    yield f'<text class="symbol" x="{x:.0f}" y="{y + 8:.0f}">{html.escape(node.symbol or "")}</text>'
    yield f'<text class="value" x="{_beside(called, x):.0f}" y="{y - _RADIUS - 8:.0f}">{name}</text>'
    if ring:
        words = language.text("first wrong here")
        at = f'x="{_beside(words, x):.0f}" y="{y + _RADIUS + 20:.0f}"'
        yield f'<text class="value wrong" {at}>{html.escape(words)}</text>'


def _beside(words: str, x: float) -> float:
    """Return the middle of ``words`` at a node: above or below it, and clear of the values to its right."""
    return min(x, x + _FREE - width_of(words) * _CELL / 2)
