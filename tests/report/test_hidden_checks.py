"""Checks that count and are not shown: no screen tells what is in them, and none says that all is well for them."""

import msgspec
import pytest
from submissions import ADD, RIGHT, mul

from harness.grader import grade
from harness.render import render
from harness.submission import submission_from_bytes

SWAPPED = ADD + mul(backward="return dout * self.x, dout * self.y")
HIDDEN = {"MulLayer.backward", "MulLayer.gradient", "graph.random"}


@pytest.fixture(scope="module")
def hiding(assignment, sandbox):
    checks = tuple(
        msgspec.structs.replace(check, visibility="hidden" if check.id in HIDDEN else "visible")
        for check in assignment.check
    )
    given = msgspec.structs.replace(assignment, check=checks)

    def graded(source):
        return grade(submission_from_bytes("layers.py", source.encode()), given, sandbox=sandbox)

    return graded


@pytest.mark.parametrize("name", ["text", "html", "markdown"])
def test_a_screen_has_the_points_of_the_visible_checks_and_says_so(hiding, name):
    text = render(hiding(RIGHT), name)
    assert "65/65" in text
    assert "The points are those of the visible checks" in text
    assert "Hidden checks: 3" in text
    assert "Well done" not in text
    assert not [check for check in HIDDEN if check in text]


@pytest.mark.parametrize("name", ["text", "html", "markdown", "github"])
def test_a_failed_hidden_check_is_not_told(hiding, name):
    text = render(hiding(SWAPPED), name)
    assert "MUL-SWAP" not in text
    assert "MulLayer.gradient" not in text
    assert "waits for MulLayer.backward" not in text
    assert "Well done" not in text
    if name != "github":
        assert "a hidden check must pass first" in text


def test_the_record_has_every_check(hiding):
    report = hiding(SWAPPED)
    assert (report.score, report.max_score) == (45.0, 100.0)
    assert {check.id for check in report.checks if check.visibility == "hidden"} == HIDDEN
    assert '"hidden"' in render(report, "json")


def test_without_hidden_checks_nothing_is_said_of_them(graded):
    assert "hidden" not in render(graded(SWAPPED), "text").lower()
