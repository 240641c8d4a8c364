"""The report for a reader: whatever is in it, lines of at most 80 cells, no control character, and what to do next."""

import unicodedata

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from submissions import HOSTILE, NOT_GRADABLE, RIGHT, WRONG

from harness.errors import SandboxError
from harness.grader import fault_report
from harness.records import (
    AssignmentId,
    CheckResult,
    Counterexample,
    Graph,
    Isolation,
    LayerScore,
    Level,
    Outcome,
    Report,
    SubmissionId,
    Timing,
    Verdict,
    Versions,
    Warn,
)
from harness.render.cells import columns, width_of, wrapped
from harness.render.numbers import points
from harness.render.phrases import WORDS
from harness.render.text import render_text

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def assert_readable(text: str) -> None:
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        assert width_of(line) <= 80, line
        assert not {unicodedata.category(char) for char in line} & UNSAFE, ascii(line)
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line
        assert line == line.rstrip()


anything = st.text(max_size=120) | st.sampled_from(
    [
        "::error::x",
        "가" * 90,
        "a" * 300,
        "\x1b[31mred",
        "\u202eevil",
        "x " * 60 + "::warning::y",
        "##[error]",
        "❤\ufe0f" * 50,
    ]
)
line = st.none() | st.integers(1, 10**9)
number = st.floats() | st.integers(-(2**63), 2**63 - 1)
leaf = number.map(lambda n: n if n == n else "nan") | anything
value = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "shape": st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
                "entry": st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
                "value": st.none() | inner,
            }
        )
    ),
    max_leaves=6,
)
values = st.dictionaries(anything, value, max_size=3)
score = st.floats(0, 1e6)
reports = st.builds(
    Report,
    outcome=st.sampled_from(Outcome),
    assignment=st.builds(AssignmentId, anything, anything, anything),
    submission=st.builds(SubmissionId, anything, anything),
    seed=st.integers(0, 2**63 - 1),
    score=st.none() | score,
    max_score=score,
    isolation=st.none() | st.builds(Isolation, st.sampled_from(Level), st.just(())),
    cases=st.none(),
    layers=st.lists(st.builds(LayerScore, anything, st.none() | anything, line, score, score), max_size=4),
    checks=st.lists(
        st.builds(
            CheckResult,
            id=anything,
            layer=anything,
            title=anything,
            verdict=st.sampled_from(Verdict),
            score=score,
            max_score=score,
            message=st.none() | anything,
            line=line,
            blocked_by=st.none() | anything,
            counterexample=st.none()
            | st.builds(
                Counterexample, inputs=values, dout=value, got=values, expected=values, measured=st.none() | values
            ),
        ),
        max_size=3,
    ),
    warnings=st.lists(st.builds(Warn, anything, line, anything), max_size=3),
    graph=st.just(Graph()),
    versions=st.just(Versions("1", "3", "2")),
    timing=st.just(Timing(0.0, 0.0)),
)


@settings(deadline=None, max_examples=300, database=None)
@given(reports)
def test_any_report_becomes_readable_text(report):
    assert_readable(render_text(report))


@pytest.mark.parametrize("source", [*WRONG.values(), *HOSTILE.values(), RIGHT], ids=[*WRONG, *HOSTILE, "right"])
def test_the_text_of_a_graded_submission_is_readable_and_says_how_to_go_on(graded, source):
    text = render_text(graded(source))
    assert_readable(text)
    assert "SCORE " in text
    last = text.splitlines()[-1] if "Next: " not in text else text[text.rindex("Next: ") :]
    assert last.startswith(("Next: fix ", "All 13 checks passed."))


def test_a_wrong_value_is_shown_with_inputs_both_answers_the_line_and_the_next_step(graded):
    text = render_text(graded(WRONG["swapped"]))
    start = text.index("FAIL  MulLayer.backward")
    part = text[start : text.index("\n\n", start)]
    assert "  inputs:   x = 2.0, y = 3.0, dout = " in part
    assert "yours   expected" in part
    assert "  where:    layers.py:13" in part
    assert "  next:     work the expected values out by hand" in part


def test_a_call_without_an_answer_is_shown_with_what_was_expected(graded):
    text = render_text(graded(WRONG["a loop"]))
    assert "TIMEOUT  MulLayer.backward" in text
    assert "  expected: dx = " in text
    assert "look for a loop that does not end" in text


def test_a_misspelt_method_is_named_with_its_right_spelling(graded):
    text = " ".join(render_text(graded(WRONG["a misspelt method"])).split())
    assert "found 'backword', expected 'backward'" in text
    assert "next: write it, or correct its name." in text


def test_a_file_without_a_point_gets_kind_words(graded):
    text = render_text(graded("class AddLayer:\n    def forward(self, x, y):\n        raise NotImplementedError\n"))
    assert "SCORE 0/100\nEvery point is still there to be won.\nNext: begin with AddLayer.forward" in text


def test_a_file_that_is_not_gradable_has_the_points_that_its_report_has(graded):
    report = graded("")
    assert report.score == 0
    assert "It has 0 points, and it costs no attempt." in render_text(report)


@pytest.mark.parametrize("code", NOT_GRADABLE)
def test_a_file_that_is_not_gradable_is_told_why_and_what_to_do(graded, code):
    text = render_text(graded(NOT_GRADABLE[code]))
    assert_readable(text)
    assert "NOT GRADABLE  " in text
    assert "costs no attempt" in text
    assert "\nNext: " in text
    assert "SCORE" not in text


def test_a_grader_fault_blames_nobody_and_shows_no_score(assignment):
    text = render_text(fault_report(SandboxError("it broke", "grade again"), "layers.py", "", assignment, 1))
    assert_readable(text)
    assert "GRADER FAULT  it broke." in text
    assert "not your file's fault" in text
    assert "SCORE" not in text
    assert text.endswith("Next: grade again.\n")


def test_notes_come_in_the_order_of_the_file(graded):
    text = render_text(graded("import no_such_module\nraise ValueError\n" + RIGHT + "def (\n"))
    assert text.index("line 1: ") < text.index("line 2: ") < text.index("[NOT-PARSABLE]")


def test_a_level_below_b_is_explained_in_one_line(graded):
    report = graded(RIGHT)
    low = msgspec.structs.replace(report, isolation=Isolation(Level.D, ()))
    assert "Isolation D: " in render_text(low)
    assert "Isolation A: " not in render_text(report)


@pytest.mark.usefixtures("patience")
def test_an_argument_changed_in_place_is_shown_after_and_before_the_call(graded):
    text = render_text(graded(WRONG["an argument changed"]))
    assert "changes its argument in place: x" in " ".join(text.split())
    shown = " ".join(text[text.index("changes its argument") :].split())
    assert "inputs: x = [2.0, 5.0], y = [3.0, 6.0] yours expected x [0.0, 0.0] [2.0, 5.0]" in shown


def test_every_verdict_has_a_word():
    assert set(WORDS) == set(Verdict)


@pytest.mark.parametrize(
    ("text", "cells"),
    {"abc": 3, "사과 개수": 9, "りんご": 6, "e\u0301": 1, "❤\ufe0f": 2, "": 0}.items(),
    ids=["latin", "korean", "japanese", "combining accent", "emoji", "nothing"],
)
def test_width_counts_cells(text, cells):
    assert width_of(text) == cells


def test_a_word_longer_than_a_line_is_broken_and_nothing_of_it_is_lost():
    lines = wrapped("가" * 100, "  found: ", "         ")
    assert "".join(part.split()[-1] for part in lines) == "가" * 100
    assert all(width_of(part) <= 80 for part in lines)


def test_a_ci_command_that_wrapping_brings_to_the_start_of_a_line_is_escaped():
    assert wrapped("x" * 78 + " ::error::pwned", "", "  ")[1] == r"  \x3a:error::pwned"


def test_columns_that_do_not_fit_are_refused():
    assert columns([["", "yours"], ["dx", "1" * 80]], "    ") is None
    assert columns([["", "yours"], ["dx", "가"]], "  ") == ["       yours", "  dx      가"]


@pytest.mark.parametrize(("value", "shown"), [(20.0, "20"), (0.1 + 0.2, "0.3"), (33.25, "33.25"), (0.0, "0")])
def test_points_are_short(value, shown):
    assert points(value) == shown
