"""Gradescope's submission_metadata.yml: only who handed in what is read."""

import pytest

from harness.errors import UsageError
from harness.intake.gradescope import Submitter, submitters

ONE = """\
---
submission_11:
  :submitters:
  - :name: Kim Minsu
    :sid: '20231234'
    :email: minsu@example.org
  :created_at: 2026-11-24 10:00:00.000000000 Z
  :score: 3.0
  :results:
    tests:
    - name: '1'
      output: "line\\nsubmission_99:"
  :history:
  - :id: 9
    :submitters:
    - :name: Somebody Else
"""


def people(text):
    return submitters(text, "m.yml")


def test_name_id_and_email_of_a_submission_are_read():
    assert people(ONE) == {"submission_11": (Submitter("Kim Minsu", "20231234", "minsu@example.org"),)}


def test_a_group_has_several_submitters():
    text = "s_1:\n  :submitters:\n  - :name: A\n    :sid: '1'\n  - :name: B\n    :sid: '2'\n"

    assert [one.name for one in people(text)["s_1"]] == ["A", "B"]


@pytest.mark.parametrize(
    ("scalar", "value"),
    {
        "plain": ("Kim Minsu", "Kim Minsu"),
        "plain with an apostrophe": ("Anne O'Neil", "Anne O'Neil"),
        "single quotes": ("'O''Neil: A'", "O'Neil: A"),
        "double quotes": (r'"\uae40 \"M\" \x41\\"', '김 "M" A\\'),
        "digits": ("20231234", "20231234"),
        "null": ("", ""),
        "tilde": ("~", ""),
    }.values(),
)
def test_scalars_are_read_as_yaml_reads_them(scalar, value):
    line = f"  - :name: {scalar}".rstrip()

    assert people(f"s_1:\n  :submitters:\n{line}\n    :sid: '1'\n")["s_1"][0].name == value


@pytest.mark.parametrize(
    "line",
    {
        "tag": "  - :name: !ruby/object:Kernel {}",
        "alias": "  - :name: *1",
        "block": "  - :name: |-",
        "flow": "  - {:name: Kim}",
        "quote not closed": '  - :name: "Kim',
        "bad escape": r'  - :name: "\q"',
        "comment": "  - :name: Kim # not Lee",
        "continued": "      Minsu",
        "field of nobody": "    :sid: '1'",
    }.values(),
)
def test_a_line_of_another_shape_is_an_error_with_its_place(line):
    with pytest.raises(UsageError, match=r"^m\.yml:3: ") as caught:
        people(f"s_1:\n  :submitters:\n{line}\n")
    assert caught.value.hint


def test_a_line_at_the_left_that_is_no_submission_is_an_error():
    with pytest.raises(UsageError, match=r"^m\.yml:1: "):
        people("just words\n")


def test_a_submission_that_is_there_twice_is_an_error():
    with pytest.raises(UsageError, match=r"^m\.yml:3: s_1 is there twice"):
        people("s_1:\n  :score: 1\ns_1:\n")


def test_a_line_separator_in_a_learners_output_begins_no_submission():
    text = ONE + "  :output: 'x\u2028submission_66:\u2028  :submitters:\x85submission_67:'\n"

    assert list(people(text)) == ["submission_11"]


def test_windows_line_ends_make_no_difference():
    assert people(ONE.replace("\n", "\r\n")) == people(ONE)
