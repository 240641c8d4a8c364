"""What is shown, and what keys do to it, without a process, a file or a terminal."""

import msgspec
import pytest
from saved_files import NOTHING, ONLY_ADD, RIGHT, TWO_MISTAKES, WRONG

from harness.errors import SubmissionError
from harness.grader import grade, ungradable_report
from harness.language import ENGLISH, language
from harness.render.cells import width_of
from harness.submission import submission_from_bytes
from harness.watching.attention import mistakes, ranked
from harness.watching.keys import key_names
from harness.watching.screen import goodbye, hints_for, screen
from harness.watching.view import View, pressed


@pytest.fixture(scope="module")
def view(sandbox, assignment):
    """A view of a source, saved for the first time."""
    seen: dict[str, View] = {}

    def made(source: str) -> View:
        if source not in seen:
            report = grade(submission_from_bytes("layers.py", source.encode()), assignment, sandbox=sandbox)
            seen[source] = View(report=report, order=ranked(assignment), save=1)
        return seen[source]

    return made


def test_methods_come_first_then_what_asks_more_of_them_then_the_graph(assignment):
    order = ranked(assignment)
    assert order[:4] == ["AddLayer.forward", "AddLayer.backward", "MulLayer.forward", "MulLayer.backward"]
    assert {name.partition(".")[0] for name in order[4:10]} == {"AddLayer", "MulLayer"}
    assert {name.partition(".")[0] for name in order[10:]} == {"graph"}


def test_the_first_mistake_is_the_first_in_the_order_of_attention(view):
    found = mistakes(view(TWO_MISTAKES).report, view(TWO_MISTAKES).order)
    assert [cause.first.id for cause in found][:2] == ["AddLayer.forward", "MulLayer.backward"]


def test_the_screen_explains_one_mistake_and_ends_in_the_progress(view):
    text = screen(view(TWO_MISTAKES), ENGLISH)
    assert "Mistake 1 of 2:" in text
    assert "FAIL  AddLayer.forward" in text
    assert "FAIL  MulLayer.backward" not in text
    last = text.splitlines()[-1]
    assert last.startswith("Progress [###")
    assert last.endswith("/100")


@pytest.mark.parametrize("source", [RIGHT, WRONG, TWO_MISTAKES, ONLY_ADD, NOTHING])
@pytest.mark.parametrize("key", ["h", "l", "n", "c", " "])
def test_every_screen_fits_80_columns(view, source, key):
    assert max(map(len, screen(pressed(view(source), key), ENGLISH).splitlines())) <= 80


def test_n_goes_round_the_mistakes(view):
    first = view(TWO_MISTAKES)
    second = pressed(first, "n")
    assert "Mistake 2 of 2:" in screen(second, ENGLISH)
    assert pressed(second, "n").focus == 0


def test_h_shows_one_more_hint_and_n_takes_them_away(view):
    shown = pressed(view(WRONG), "h")
    assert "\nHint 1 of " in screen(shown, ENGLISH)
    assert "\nHint " not in screen(pressed(shown, "n"), ENGLISH)


def test_h_again_and_again_ends_in_no_more_hints(view):
    shown = view(WRONG)
    for _ in range(5):
        shown = pressed(shown, "h")
    assert "There are no more hints" in screen(shown, ENGLISH)


def test_hints_are_those_of_the_mistakes_code(view):
    assert view(WRONG).mistakes[0].first.code == "MUL-SWAP"
    assert len(hints_for(view(WRONG).mistakes[0], ENGLISH)) == 3
    text = screen(pressed(pressed(view(WRONG), "h"), "h"), ENGLISH)
    assert "\nHint 2 of 3: " in text
    assert "\nHint 3 of 3: " not in text


def test_a_mistake_without_hints_of_its_own_says_what_to_do(view):
    cause = view(WRONG).mistakes[0]
    unnamed = msgspec.structs.replace(cause, first=msgspec.structs.replace(cause.first, code=None))
    assert hints_for(unnamed, ENGLISH) == [
        "work the expected values out by hand, then see what your code does instead."
    ]


def test_l_lists_every_check_in_the_order_of_attention(view):
    shown = view(WRONG)
    text = screen(pressed(shown, "l"), ENGLISH)
    lines = [line.split() for line in text.splitlines() if line.startswith("  ")]
    assert [line[1] for line in lines] == shown.order
    assert lines[0] == ["PASS", "AddLayer.forward", "8/8"]


def test_c_shows_the_whole_report(view):
    assert "SCORE 45/100" in screen(pressed(view(WRONG), "c"), ENGLISH)


def test_another_key_leads_back_to_the_mistake(view):
    listed = pressed(view(WRONG), "l")
    assert screen(pressed(listed, "x"), ENGLISH) == screen(view(WRONG), ENGLISH)


def test_a_save_says_what_is_right_now(view):
    text = screen(
        View(report=view(WRONG).report, before=view(ONLY_ADD).report, order=view(WRONG).order, save=2), ENGLISH
    )
    assert "Now right: MulLayer.forward, graph.shop_forward\n" in text


def test_a_save_says_what_is_no_longer_right(view):
    text = screen(
        View(report=view(ONLY_ADD).report, before=view(WRONG).report, order=view(WRONG).order, save=2), ENGLISH
    )
    assert "Right before, but no longer: MulLayer.forward, graph.shop_forward\n" in text


def test_all_right_is_a_closing_message_and_a_full_bar(view):
    text = screen(view(RIGHT), ENGLISH)
    assert "All 13 checks passed. Well done.\n" in text
    assert "you have built backpropagation yourself." in text.replace("\n", " ")
    assert f"Progress [{'#' * 40}] 100/100\n" in text


def test_the_bar_is_not_full_before_the_end(view):
    assert "-] 45/100" in screen(view(WRONG), ENGLISH)


def test_what_cannot_be_graded_is_the_report_itself(assignment):
    error = SubmissionError("BINARY", "layers.py is not Python text", "save it as text")
    report = ungradable_report(error, "layers.py", "", assignment, 1)
    text = screen(View(report=report, order=ranked(assignment), save=1), ENGLISH)
    assert "NOT GRADABLE  layers.py is not Python text" in text
    assert "Progress" not in text


def test_the_last_words_say_how_to_go_on(view):
    assert goodbye("layers.py", view(WRONG).report, ENGLISH) == (
        "layers.py has 45/100 points. To go on later: dout watch layers.py\n"
    )
    assert goodbye("layers.py", None, ENGLISH) == "To go on later: dout watch layers.py\n"


def test_keys_are_the_same_in_capitals_and_under_a_korean_layout():
    assert key_names("hLnCq") == list("hlncq")
    assert key_names("ㅗㅣㅜㅊㅂ") == list("hlncq")


def test_ctrl_d_quits_and_an_arrow_is_no_key():
    assert key_names("\x04") == ["q"]
    assert key_names("\x1b[A") == []


def test_it_is_shown_in_the_readers_language(view):
    text = screen(pressed(view(WRONG), "h"), language("ko"))
    assert "\n힌트 1/3: " in text
    assert "진행 [####" in text
    assert max(map(width_of, text.splitlines())) <= 80


def test_hidden_checks_are_not_shown_and_not_counted(sandbox, assignment):
    hidden = {"MulLayer.backward", "MulLayer.gradient", "graph.random"}
    checks = tuple(
        msgspec.structs.replace(one, visibility="hidden" if one.id in hidden else "visible") for one in assignment.check
    )
    given = msgspec.structs.replace(assignment, check=checks)
    for source in (WRONG, RIGHT):
        report = grade(submission_from_bytes("layers.py", source.encode()), given, sandbox=sandbox)
        view = View(report=report, order=ranked(given), save=1)
        for page in ("mistake", "list", "all"):
            text = screen(msgspec.structs.replace(view, page=page), ENGLISH)
            assert "MulLayer.gradient" not in text
            assert "MUL-SWAP" not in text
            assert "Well done" not in text
            assert text.splitlines()[-1].endswith("/65")
        assert "/65 points" in goodbye("layers.py", report, ENGLISH)
