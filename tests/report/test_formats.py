"""Markdown, HTML and annotations: one mistake is told once, and text from the learner's side stays text."""

import base64
import hashlib
import html.parser
import re

import pytest
from submissions import ADD, HOSTILE, NOT_GRADABLE, RIGHT, WRONG, mul

from harness.errors import SandboxError
from harness.grader import fault_report
from harness.render.annotations import MOST, render_annotations
from harness.render.causes import causes
from harness.render.html import STYLE, render_html
from harness.render.markdown import render_markdown

SWAPPED = ADD + mul(backward="return dout * self.x, dout * self.y")
ALL = {**WRONG, **HOSTILE, "right": RIGHT, **NOT_GRADABLE}
_VOID = {"meta", "br"}


class Page(html.parser.HTMLParser):
    """Reads a page as a browser does, and fails on what is never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


@pytest.mark.parametrize("source", ALL.values(), ids=ALL)
def test_every_report_is_a_whole_page_without_script_and_without_anything_from_elsewhere(graded, source):
    text = render_html(graded(source))
    page = Page(text)
    assert {tag for tag, _ in page.seen}.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    for _, attributes in page.seen:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "src", "style")]
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


def test_the_policy_allows_this_style_and_nothing_else(graded):
    text = render_html(graded(RIGHT))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


def test_a_page_shows_the_line_with_the_part_that_is_meant(graded):
    text = render_html(graded(SWAPPED))
    assert "<mark>dout * self.x</mark>, dout * self.y" in text
    only_second = render_html(graded(ADD + mul(backward="return dout * self.y, dout")))
    assert "dout * self.y, <mark>dout</mark>" in only_second


def test_what_a_mistake_stops_is_listed_with_it_and_not_told_again(graded):
    report = graded(SWAPPED)
    first = causes(report.checks)[0]
    assert first.first.id == "MulLayer.backward"
    assert {one.id for one in first.blocked} == {
        "MulLayer.arrays",
        "MulLayer.state",
        "graph.shop_backward",
        "graph.random",
    }
    text = render_markdown(report)
    assert text.count("### ") == len(causes(report.checks))


def test_two_mistakes_are_two_causes(graded):
    report = graded(ADD.replace("dout, dout", "dout, -dout") + mul(backward="return dout * self.x, dout * self.y"))
    assert [cause.first.layer for cause in causes(report.checks)][0] == "AddLayer"
    assert {cause.first.layer for cause in causes(report.checks)} == {"AddLayer", "MulLayer"}
    assert sum(cause.lost for cause in causes(report.checks)) == report.max_score - report.score


@pytest.mark.parametrize("source", ALL.values(), ids=ALL)
def test_no_text_from_the_learner_is_markdown(graded, source):
    text = render_markdown(graded(source))
    outside = re.sub(r"(?s)(`{3,})\w*\n.*?\n\1", "", text)
    prose = re.sub(r"(`+).+?\1", "", outside)
    assert not re.search(r"(?<!\\)[<>]", prose.replace("<br>", ""))
    assert not re.search(r"(?<!\\)\[", prose)
    assert not re.search(r"(?m)^(?!#{2,3} )#", outside)


@pytest.mark.parametrize("source", ALL.values(), ids=ALL)
def test_annotations_are_commands_of_one_line_each(graded, source):
    report = graded(source)
    lines = render_annotations(report).splitlines()
    assert len(lines) <= MOST
    assert len(lines) == (1 if report.outcome != "graded" else min(MOST, len(causes(report.checks))))
    for line in lines:
        assert re.fullmatch(r"::error file=[^:,]+(,line=\d+)?,title=[^:,]+::.+", line)


@pytest.mark.parametrize("source", ["", WRONG["swapped"]], ids=["not graded", "wrong"])
def test_an_annotation_tells_the_next_step_from_what_happened(graded, source):
    (line,) = render_annotations(graded(source)).splitlines()
    assert re.search(r"\.%0ANext: \w", line)


def test_a_right_submission_has_no_annotation(graded):
    assert render_annotations(graded(RIGHT)) == ""


@pytest.mark.parametrize("render", [render_html, render_markdown, render_annotations])
def test_a_grader_fault_says_what_to_do_in_every_format(assignment, render):
    text = render(fault_report(SandboxError("it broke", "mend it"), "layers.py", "", assignment, 1))
    assert "it broke" in text
    assert "mend it" in text
