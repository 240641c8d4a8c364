"""The learner's own lines in a report: of the same cell, escaped, with the part that is meant."""

import json

from harness.excerpt import excerpt_at
from harness.naming import Found
from harness.sandbox.protocol import CHANGED, Write
from harness.submission import submission_from_bytes


def found(line, start, end):
    return [Found(name="MulLayer", line=1, returns={"backward": [(line, start, end)]})]


def of(text, line, layers=(), name="layers.py"):
    return excerpt_at(submission_from_bytes(name, text.encode()), line, layers)


def test_the_lines_before_and_after_are_shown_unless_they_are_blank():
    assert of("a\nb\nc\n", 2).lines == ["a", "b", "c"]
    assert (of("a\n\nc\nd\n", 3).first_line, of("a\n\nc\nd\n", 3).lines) == (3, ["c", "d"])
    assert of("a\nb", 1).lines == ["a", "b"]


def test_there_is_none_without_a_line_or_past_the_end():
    assert of("a\n", None) is None
    assert of("a\n", 99) is None


def test_columns_of_bytes_become_columns_of_what_is_shown():
    text = "\treturn '값' * x  # 가\n"
    start, end = text.encode().index(b"'"), text.encode().index(b" *")
    excerpt = of(text, 1, found(1, start, end))
    assert excerpt.lines == ["    return '값' * x  # 가"]
    assert excerpt.lines[0][slice(*excerpt.span)] == "'값'"


def test_an_escaped_character_counts_as_it_is_shown():
    text = "x = '\u202e'; y\n"
    start = text.encode().index(b"y")
    excerpt = of(text, 1, found(1, start, start + 1))
    assert excerpt.lines == ["x = '\\u202e'; y"]
    assert excerpt.lines[0][slice(*excerpt.span)] == "y"


def test_what_lies_behind_the_cut_is_not_pointed_at():
    text = "x" * 300 + " + y\n"
    excerpt = of(text, 1, found(1, 303, 304))
    assert len(excerpt.lines[0]) == 200
    assert excerpt.span is None


def test_a_neighbour_in_another_cell_is_not_shown():
    cells = [{"cell_type": "code", "source": source} for source in ("a = 1", "b = 2\nc = 3")]
    notebook = json.dumps({"cells": cells})
    excerpt = of(notebook, 3, name="n.ipynb")
    assert excerpt.lines == ["b = 2", "c = 3"]


def test_what_is_stored_on_the_line_is_meant_where_no_returned_value_is():
    layer = Found(name="MulLayer", line=1, writes=(Write("forward", CHANGED, 0, 1, 4, 15),))
    assert of("    self.n += 1\n", 1, [layer]).span == (4, 15)
