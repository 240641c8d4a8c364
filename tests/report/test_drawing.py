"""The drawing of the graph: every node and value has its place, and text from anywhere stays text."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from submissions import ADD, RIGHT, mul

from harness.language import language
from harness.records import Edge, EdgeValue, EdgeVerdict, Graph, Node
from harness.render.cells import width_of
from harness.render.layout import places
from harness.render.markdown import mermaid
from harness.render.svg import render_graph, render_svg

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert(1)</script>&\"'`|\\]--> 가나다"


def texts(svg: str) -> list[str]:
    return [
        (element.text or "").strip() or "".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")
    ]


def test_a_right_graph_shows_values_and_gradients_and_nothing_wrong(graded):
    svg = render_svg(graded(RIGHT))
    words = " ".join("".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text"))
    assert "671" in words
    assert "110" in words
    assert "want" not in words
    assert ET.fromstring(svg).find(f"{SVG}title") is not None
    assert 'class="cross"' not in svg


def test_a_wrong_value_has_a_cross_a_dashed_line_and_what_was_wanted(graded):
    svg = render_svg(graded(ADD + mul(backward="return dout * self.x, dout * self.y")))
    words = ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]
    assert "want 4.4" in words
    assert "follows from it" in words
    assert "first wrong here" in words
    assert svg.count('class="cross"') == 8
    assert svg.count("line wrong") == 8


def test_the_description_says_in_words_what_the_picture_shows(graded):
    svg = render_svg(graded(ADD + mul(backward="return dout * self.x, dout * self.y")))
    description = ET.fromstring(svg).findtext(f"{SVG}desc")
    assert "tax: value 1.1." in description
    assert "tax: gradient 1.1 is wrong, wanted 610." in description


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    "source", [ADD + mul(backward="return dout * self.x, dout * self.y"), "x = 1"], ids=["swapped", "nothing written"]
)
def test_no_word_lies_on_a_node_or_on_another_word(graded, source, lang):
    drawn = ET.fromstring(render_svg(graded(source), language(lang)))
    boxes = [_box(one) for one in drawn.iter(f"{SVG}text") if "symbol" not in one.get("class", "")]
    for circle in drawn.iter(f"{SVG}circle"):
        x, y, r = (float(circle.get(name, "")) for name in ("cx", "cy", "r"))
        boxes.append(("node", x - r, y - r, x + r, y + r))
    assert [(one[0], other[0]) for one, other in combinations(boxes, 2) if _overlap(one, other)] == []


def _box(text: ET.Element) -> tuple[str, float, float, float, float]:
    words = "".join(part for part in text.itertext() if part not in {title.text for title in text})
    x, y, width = float(text.get("x", "")), float(text.get("y", "")), width_of(words) * 8.4
    left = x - width if "leaf" in text.get("class", "") else x - width / 2
    return words, left, y - 11, left + width, y + 3


def _overlap(one: tuple[str, float, float, float, float], other: tuple[str, float, float, float, float]) -> bool:
    return one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]


def test_labels_are_in_the_readers_language(graded):
    svg = render_svg(graded(RIGHT), language("ko"))
    assert "소비세" in svg
    assert "apple price" not in svg


def test_wide_characters_get_room(graded):
    graph = graded(RIGHT).graph
    wide = [msgspec.structs.replace(node, labels={"en": "가" * 30}) for node in graph.nodes]
    narrow = [msgspec.structs.replace(node, labels={"en": "a" * 30}) for node in graph.nodes]

    def width(nodes):
        return int(ET.fromstring(render_graph(msgspec.structs.replace(graph, nodes=nodes))).get("width"))

    assert width(wide) - width(narrow) == pytest.approx(30 * 8.4, abs=2)


def test_two_numbers_that_look_the_same_are_shown_to_the_last_digit(graded):
    svg = render_svg(graded(ADD + mul(forward="self.x = x; self.y = y; return x * y * (1 + 1e-9)")))
    assert "671.000" in svg


def value(got, expected, verdict=EdgeVerdict.WRONG):
    return EdgeValue(got=got, expected=expected, verdict=verdict)


def test_text_from_anywhere_is_never_markup():
    graph = Graph(
        name=NASTY,
        nodes=[
            Node(name=NASTY, layer=None, symbol=None, labels={}),
            Node(name="n", layer=NASTY, symbol=NASTY, labels={}),
        ],
        edges=[
            Edge(source=NASTY, target="n", item=0, forward=value(NASTY, 1), gradient=value(NASTY, NASTY)),
            Edge(
                source="n", target=None, item=0, forward=value([NASTY], 1), gradient=value(None, 1, EdgeVerdict.MISSING)
            ),
        ],
    )
    svg = render_graph(graph)
    assert {element.tag for element in ET.fromstring(svg).iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "text", "path", "circle")
    }
    drawn = mermaid(graph)
    assert "<script" not in drawn
    for line in drawn.splitlines():
        assert re.sub(r'"[^"]*"', "", line).isascii()
        assert line.count('"') in (0, 2)


@st.composite
def trees(draw):
    """A tree of layers with two inputs each."""
    nodes, open_values = [], []
    edges = []
    for number in range(draw(st.integers(1, 6))):
        name = f"layer{number}"
        for item in range(2):
            if open_values and draw(st.booleans()):
                source = open_values.pop(draw(st.integers(0, len(open_values) - 1)))
            else:
                source = f"leaf{number}{item}"
                nodes.append(Node(name=source, layer=None, symbol=None, labels={}))
            edges.append((source, name, item))
        nodes.append(Node(name=name, layer="L", symbol="+", labels={}))
        open_values.append(name)
    edges += [(name, None, 0) for name in open_values[:1]]
    one = value(1.0, 1.0, EdgeVerdict.RIGHT)
    made = [Edge(source=s, target=t, item=i, forward=one, gradient=one) for s, t, i in edges]
    return Graph(name="g", nodes=nodes, edges=made), len(open_values)


@settings(max_examples=100, deadline=None)
@given(trees())
def test_no_two_nodes_of_a_tree_share_a_place_and_lines_go_to_the_right(drawn):
    graph, roots = drawn
    where = places(graph)
    for edge in graph.edges:
        if edge.target is not None:
            assert where[edge.source].column < where[edge.target].column
    if roots == 1:
        assert len({(place.column, place.row) for place in where.values()}) == len(graph.nodes)
