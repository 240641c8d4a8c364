import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.escape import plain

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

CASES = {
    "ordinary text": ("x = y * 2", "x = y * 2"),
    "Korean text": ("곱셈 계층", "곱셈 계층"),
    "a terminal escape": ("\x1b[31mred", r"\x1b[31mred"),
    "a line feed": ("a\nb", r"a\x0ab"),
    "a tab": ("\tx", r"\x09x"),
    "a C1 control": ("\x9b", r"\x9b"),
    "right-to-left override": ("\u202egpj.exe", r"\u202egpj.exe"),
    "zero-width space": ("a\u200bb", r"a\u200bb"),
    "line separator": ("a\u2028b", r"a\u2028b"),
    "a lone surrogate": ("\udc80", r"\udc80"),
    "private use": ("\ue000", r"\ue000"),
    "a tag character beyond the BMP": ("\U000e0041", r"\U000e0041"),
    "what XML may not hold": ("\ufffe\uffff", r"\ufffe\uffff"),
    "a GitHub command": ("::error::gone", r"\x3a:error::gone"),
    "a GitHub command after white space": ("\u3000 ::error::gone", "\u3000 \\x3a:error::gone"),
    "colons inside a line": ("a::b", "a::b"),
    "a slice": ("x[::2]", "x[::2]"),
    "an older GitHub command inside a line": ("see ##[error]gone", r"see \x23#[error]gone"),
    "an Azure command": ("##vso[task.complete]", r"\x23#vso[task.complete]"),
    "a heading": ("## Notes", "## Notes"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_unsafe_characters_and_ci_commands_are_escaped(text, expected):
    assert plain(text) == expected


def test_line_feeds_can_be_kept_and_each_line_is_guarded():
    assert plain("a\n::error::b\r\nc", keep_newlines=True) == "a\n\\x3a:error::b\\x0d\nc"


def test_text_as_long_as_the_limit_is_whole():
    assert plain("a" * 10, 10) == "a" * 10


def test_longer_text_ends_in_an_ellipsis_within_the_limit():
    assert plain("a" * 11, 10) == "a" * 9 + "…"


def test_text_that_grows_past_the_limit_by_escaping_is_cut():
    assert plain("\x1b" * 10, 10) == r"\x1b\x1b\…"


def test_the_default_limit_is_two_thousand_characters():
    assert len(plain("a" * 10**6)) == 2000


@given(st.text(st.characters()), st.integers(1, 40), st.booleans())
def test_nothing_unsafe_comes_out_and_the_limit_holds(text, limit, keep_newlines):
    shown = plain(text, limit, keep_newlines=keep_newlines)

    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown if not (keep_newlines and c == "\n")} & UNSAFE
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))


@given(st.text(st.characters()))
def test_escaping_twice_changes_nothing_more(text):
    assert plain(plain(text)) == plain(text)
