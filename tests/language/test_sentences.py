"""What is wrong is said in the reader's language, also out of a stored report."""

import html
import json
import os
import subprocess
import sys

import msgspec
import pytest
from right_layers import SWAPPED

from harness.errors import SubmissionError
from harness.language import ENGLISH, language
from harness.notes import reason_note, shown_notes
from harness.records import Said, Warn
from harness.sentence import Sentence, listed, read_back

KOREAN = language("ko")


def dout(*arguments, folder, lang="ko"):
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        cwd=folder,
        env=os.environ | {"DOUT_LANG": lang, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_sentence_is_english_text_and_knows_its_parts():
    made = Sentence("{file} is empty", file="a.py")
    assert made == "a.py is empty"
    assert (made.pattern, made.values) == ("{file} is empty", {"file": "a.py"})


def test_a_sentence_in_a_sentence_is_translated_as_well():
    made = Sentence("{file} is not Python text: {reason}", file="a.py", reason=Sentence("it is a PDF document"))
    assert KOREAN.told(made) == "a.py: 파이썬 텍스트가 아닙니다. PDF 문서입니다"
    assert ENGLISH.told(made) == "a.py is not Python text: it is a PDF document"


def test_a_list_with_a_sentence_in_it_is_a_sentence():
    made = listed(["1.0", Sentence("an array of shape {shape}", shape=(2, 3)), "2.0"])
    assert made == "1.0, an array of shape (2, 3), 2.0"
    assert KOREAN.told(made) == "1.0, 모양이 (2, 3)인 배열, 2.0"
    assert not isinstance(listed(["1.0", "2.0"]), Sentence)


def test_english_that_was_stored_is_read_back_into_its_parts():
    made = read_back("3 values", ("one value", "{count} values"))
    assert (made.pattern, made.values) == ("{count} values", {"count": "3"})
    assert read_back("3 values more", ("one value", "{count} values")) is None


def test_text_that_is_no_sentence_stays_as_it_is():
    assert KOREAN.told("{file} is empty") == "{file} is empty"


def test_a_wrong_use_is_told_in_korean(tmp_path):
    done = dout("grade", "gone.py", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "dout: gone.py: 그런 파일이나 폴더가 없습니다\n도움말: 철자와 현재 폴더를 확인하세요\n"


def test_the_option_goes_before_the_environment(tmp_path):
    done = dout("grade", "gone.py", "--lang", "en", folder=tmp_path)
    assert done.stderr.startswith("dout: gone.py: there is no such file or folder\nhint: ")


def test_a_stored_report_of_a_file_that_cannot_be_graded_is_read_in_korean(tmp_path):
    (tmp_path / "layers.py").write_bytes(b"%PDF-1.4")
    made = dout("grade", "layers.py", "--format", "json", "--output", "report.json", "--lang", "en", folder=tmp_path)
    assert made.returncode == 1
    [reason] = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["warnings"]
    assert reason["message"].startswith("layers.py is not Python text: it is a PDF document. Next: save")
    for form in ("text", "html", "markdown", "github"):
        shown = dout("report", "report.json", "--format", form, folder=tmp_path).stdout
        assert "PDF 문서입니다" in shown
        assert "일반 텍스트(UTF-8)로" in shown
        assert "PDF document" not in shown


def test_a_note_is_read_in_korean(tmp_path):
    (tmp_path / "layers.py").write_text(
        "class Addlayer:\n def forward(self, x, y): return x + y\n def backward(self, d): return d, d\n"
    )
    shown = dout("grade", "layers.py", folder=tmp_path).stdout
    assert "책에서는 이렇게 씁니다: AddLayer" in " ".join(shown.split())


def test_our_own_words_on_an_import_are_read_in_korean_and_pythons_stay(tmp_path):
    (tmp_path / "layers.py").write_text("import keras_core_missing\nprint(nothing)\n" + WRONG)
    shown = dout("grade", "layers.py", folder=tmp_path).stdout
    assert "1번째 줄: 채점에서 쓸 수 없는 모듈입니다: 'keras_core_missing'" in shown
    assert "2번째 줄: NameError: name 'nothing' is not defined" in shown


def test_what_came_back_instead_of_a_number_is_described_in_korean(tmp_path):
    (tmp_path / "layers.py").write_text(WRONG.replace('raise ValueError("no idea")', "return dout, dout, dout"))
    assert "값 3개" in dout("grade", "layers.py", folder=tmp_path).stdout


@pytest.mark.parametrize(
    "said",
    [
        [Said("{file.__class__} is empty", {"file": "a.py"})],
        [Said("{file} is empty", {})],
        [Said("{file} is empty", {"file": Said("a sentence of another version", {})})],
        [Said("{file} is empty", {"file": "a.py"}), Said("a hint of another version", {})],
    ],
    ids=["a pattern of somebody else", "a value too few", "a newer sentence inside", "a newer hint"],
)
def test_what_a_forged_or_newer_report_says_is_shown_in_english(said):
    assert KOREAN.sentences(said) == []


def test_values_in_a_report_are_safe_to_show():
    [warn] = shown_notes([Warn("EMPTY", None, Sentence("{file} is empty", file="a\x1b[31m.py"))])
    assert warn.said == [Said("{file} is empty", {"file": "a\\x1b[31m.py"})]
    assert msgspec.json.decode(msgspec.json.encode(warn), type=Warn) == warn


def test_a_reason_of_pythons_own_has_no_parts():
    assert reason_note(SubmissionError("NOT-PARSABLE", "bad", "fix it"), "NOT-PARSABLE").said == []


WRONG = SWAPPED.replace("return dout, dout", 'raise ValueError("no idea")')


def test_a_stored_report_says_in_korean_what_each_check_found(tmp_path):
    (tmp_path / "layers.py").write_text(WRONG)
    made = dout("grade", "layers.py", "--format", "json", "--output", "report.json", "--lang", "en", folder=tmp_path)
    assert made.returncode == 1
    for form in ("text", "html", "markdown", "junit", "github"):
        shown = " ".join(html.unescape(dout("report", "report.json", "--format", form, folder=tmp_path).stdout).split())
        assert "오류 ValueError (6번째 줄): no idea" in shown, form
        assert " raised " not in shown
    annotations = dout("report", "report.json", "--format", "github", folder=tmp_path).stdout
    assert "MulLayer.backward(1.0)의 결과: dx = 2.0, 정답은 3.0; dy = 3.0, 정답은 2.0 (작은 정수)." in annotations


def test_a_check_in_a_notebook_names_its_cell_in_korean(tmp_path):
    cell = {"cell_type": "code", "source": WRONG, "metadata": {}, "outputs": [], "execution_count": None}
    book = {"cells": [cell, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "layers.ipynb").write_text(json.dumps(book), encoding="utf-8")
    shown = dout("grade", "layers.ipynb", "--format", "github", folder=tmp_path).stdout
    assert "위치: layers.ipynb 셀 2 15번째 줄." in shown
