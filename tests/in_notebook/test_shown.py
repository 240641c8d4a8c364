"""What a notebook shows: HTML that keeps to itself, Markdown, and text."""

import html.parser
import re

import pytest

import harness
from harness.render.html import STYLE
from harness.selfcheck.shown import scoped


class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.x, dout * self.y


@pytest.fixture(scope="module")
def shown():
    return harness.check(AddLayer, MulLayer)


def selectors(style: str) -> list[str]:
    heads = re.findall(r"([^{}]+)\{", style)
    return [one.strip() for head in heads if not head.strip().startswith("@") for one in head.split(",")]


class Elements(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if not self.open:
            self.outside.append(tag)
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "line", "path", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def test_every_rule_of_the_style_holds_inside_of_the_report_only(shown):
    (style,) = re.findall(r"<style>(.*?)</style>", shown._repr_html_(), re.DOTALL)
    assert len(selectors(style)) >= len(selectors(STYLE)) > 20
    assert [one for one in selectors(style) if not re.match(r"\.dout-report\b", one)] == []


def test_everything_is_inside_of_one_element(shown):
    assert Elements(shown._repr_html_()).outside == ["div"]


def test_the_page_keeps_its_own_main_part_and_head(shown):
    tags = {tag for tag, _ in Elements(shown._repr_html_()).found}
    assert tags.isdisjoint({"html", "head", "body", "main", "meta", "title"} - {"title"})


def test_nothing_in_it_needs_javascript(shown):
    for tag, attributes in Elements(shown._repr_html_()).found:
        assert tag != "script"
        assert [name for name in attributes if name.startswith("on")] == []


def test_two_reports_on_a_page_have_different_ids(shown):
    def ids(text: str) -> list[str]:
        return [attributes["id"] for _, attributes in Elements(text).found if attributes.get("id")]

    mine, other = ids(shown._repr_html_()), ids(harness.check(AddLayer, MulLayer, lang="ko")._repr_html_())
    assert mine
    assert set(mine).isdisjoint(other)


def test_references_lead_to_the_ids_that_are_there(shown):
    found = Elements(shown._repr_html_()).found
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    named = [name for _, attributes in found for name in (attributes.get("aria-labelledby") or "").split()]
    assert named
    assert set(named) <= ids


def test_the_html_is_the_same_each_time(shown):
    assert shown._repr_html_() == shown._repr_html_()


def test_the_learners_names_cannot_inject_anything():
    hostile = type("MulLayer", (), {"forward": lambda self, x, y: x, '<img src=x onerror="alert(1)">': None})
    text = harness.check(hostile)._repr_html_()
    assert "<img" not in text


def test_markdown_and_text_tell_the_same(shown):
    assert shown._repr_markdown_().startswith("## AddLayer, MulLayer: 45/100")
    assert "SCORE 45/100" in repr(shown)
    assert not repr(shown).endswith("\n")


def test_rules_inside_of_a_media_query_are_scoped_too():
    style = "@media print {\n  :root { color: red }\n  a, b:hover { color: blue }\n}\np { margin: 0 }\n"
    assert scoped(style, ".x") == (
        "@media print {\n.x { color: red }\n.x a, .x b:hover { color: blue }\n}\n.x p { margin: 0 }\n"
    )


def test_the_page_itself_becomes_the_report():
    assert scoped("body.wide > p, :root { color: red }", ".x") == ".x.wide > p, .x { color: red }\n"
    assert scoped(".body { color: red }", ".x") == ".x .body { color: red }\n"
