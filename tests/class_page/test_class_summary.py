"""The summary of a class as Markdown: short, and nothing in it is markup that somebody else wrote."""

import re

import pytest
from sample_class import HEAD, LEFT_OUT, W, class_of, head_of, row_of

from harness.class_records import LeftOut
from harness.language import language
from harness.records import Outcome, Warn
from harness.render.class_summary import summary_md

NONE = head_of(checks=[])


def made(rows, head=HEAD, left_out=(), lang="en", *, anonymous=False):
    return summary_md(head, lambda: iter(rows), left_out, language(lang), anonymous=anonymous)


def test_the_figures_stand_first():
    rows = [row_of("a", score=50.0), row_of("b"), row_of("c", [], NONE, outcome=Outcome.GRADER_FAULT, score=None)]
    assert made(rows).splitlines()[:8] == [
        "## Chapter 5: addition and multiplication layers",
        "",
        "- graded: 2 of 3",
        "- no score: 1",
        "- median: 75/100",
        "- mean: 75/100",
        "- full marks: 1 (50%)",
        "",
    ]


def test_it_is_short_for_a_large_class():
    text = made(class_of(2000)(), left_out=LEFT_OUT * 500)
    assert len(text.splitlines()) < 70
    # Each twenty-fifth was not graded: 80, of whom 20 are named.
    assert "And 60 more; grades.csv has all of them." in text
    assert "- Nothing was handed in: 500" in text


def test_the_commonest_mistake_has_its_title_count_and_share():
    rows = [row_of("a", codes=["MUL-SWAP"]), row_of("b"), row_of("c"), row_of("d")]
    assert "| The two gradients are swapped | 1 | 25 | `MUL-SWAP` |" in made(rows)


def test_the_hardest_check_stands_first_and_those_that_all_passed_are_not_there():
    text = made([row_of("a", [W, *[W.PASSED] * 12]), row_of("b")])
    assert "| `AddLayer.forward` | 50% | \N{EM DASH} |" in text
    assert "AddLayer.backward" not in text


@pytest.mark.parametrize("rows", [[], [row_of("a")]], ids=["nobody", "full marks"])
def test_nothing_to_tell_makes_no_empty_table(rows):
    text = made(rows)
    assert "|" not in text
    assert "###" not in text


def test_those_who_could_not_be_graded_are_named_with_the_reason():
    row = row_of("k1", [], NONE, name="Kim", outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn("EMPTY", None, "It is empty. Next: write it"))  # fmt: skip
    assert "- Kim (k1): It is empty. `EMPTY`" in made([row])
    assert "- `EMPTY`: 1" in made([row], anonymous=True)
    assert "Kim" not in made([row], anonymous=True)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "[x](http://evil.example)", "@team |a| `b` **c**", "a\n# b\n- c", "\u202egnp"])  # fmt: skip
def test_text_from_outside_is_no_markup(text):
    row = row_of("k", [], NONE, name=text, outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn("EMPTY", None, text))
    written = made([row], head_of(title=text), [LeftOut(reason=text, entry=text, learners=[], message=text)])
    assert not re.search(r"(?<!\\)[<\[@|*]", written)
    assert "\u202e" not in written
    assert len(re.findall("^#", written, re.MULTILINE)) == 3


def test_it_is_in_the_readers_language():
    assert "### 흔한 실수" in made([row_of("a", codes=["SIGN"])], lang="ko")
