"""``dout explain`` and ``dout hint``: the catalogue on the screen, in the reader's language."""

import shutil

import pytest

import harness.language as language_module
from harness.assignment import path_of
from harness.catalogue import LANGUAGES, entries
from harness.cli import main


@pytest.fixture(autouse=True)
def no_language(monkeypatch):
    for name in ("DOUT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(language_module.locale, "getlocale", lambda: (None, None))


def said(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_a_code_is_explained_and_the_next_step_is_told(capsys):
    out = said(capsys, "explain", "MUL-SWAP")
    assert out.startswith("MUL-SWAP  LAYER.METHOD returns its gradients swapped")
    assert out.endswith("more help: dout hint MUL-SWAP\n")


@pytest.mark.parametrize("code", ["mul-swap", "MUL_SWAP", "Mul-Swap"])
def test_a_code_may_be_written_in_small_letters(capsys, code):
    assert said(capsys, "explain", code).startswith("MUL-SWAP")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_code_all_are_listed(capsys, language):
    out = said(capsys, "explain", "--lang", language)
    listed = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert listed == sorted(entries(language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(entries("en")))
def test_every_explanation_and_hint_fits_the_screen(capsys, code, language):
    from harness.render.cells import width_of

    out = said(capsys, "explain", code, "--lang", language)
    for number in "123":
        out += said(capsys, "hint", code, number, "--lang", language)
    assert max(map(width_of, out.splitlines())) <= 80
    assert "{" not in out


def test_the_first_hint_comes_first_and_names_the_next(capsys):
    assert said(capsys, "hint", "MUL-SWAP") == said(capsys, "hint", "MUL-SWAP", "1")
    assert said(capsys, "hint", "MUL-SWAP").endswith("more help: dout hint MUL-SWAP 2\n")


def test_the_last_hint_names_no_other(capsys):
    assert "more help" not in said(capsys, "hint", "MUL-SWAP", "3")


@pytest.mark.parametrize("command", ["explain", "hint"])
def test_an_unknown_code_is_wrong_use_and_close_ones_are_named(capsys, command):
    assert main([command, "MUL-SWPA"]) == 2
    error = capsys.readouterr().err
    assert "there is no code 'MUL-SWPA'" in error
    assert "MUL-SWAP" in error


def test_a_code_like_no_other_gets_no_guess(capsys):
    assert main(["explain", "XXXXXXXX"]) == 2
    assert "lists all codes" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["hint"], ["hint", "SIGN", "4"], ["explain", "SIGN", "--lang", "xx"]])
def test_wrong_words_are_wrong_use(capsys, arguments):
    assert main(arguments) == 2


@pytest.mark.parametrize(
    ("asked", "variables", "language"),
    [
        (None, {}, "en"),
        ("ko", {"DOUT_LANG": "en"}, "ko"),
        (None, {"DOUT_LANG": "ko", "LANG": "en_US.UTF-8"}, "ko"),
        (None, {"LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"LC_ALL": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"DOUT_LANG": "fr", "LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"LANG": "C"}, "en"),
    ],
)
def test_the_language_is_asked_for_or_dout_lang_or_the_systems(monkeypatch, asked, variables, language):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language_module.chosen_language(asked).code == language


def test_a_system_without_these_variables_says_it_itself(monkeypatch):
    monkeypatch.setattr(language_module.locale, "getlocale", lambda: ("Korean_Korea", "949"))
    assert language_module.chosen_language().code == "ko"


def test_an_assignment_brings_its_own_texts(capsys, tmp_path):
    shutil.copy(path_of("ch05-add-mul"), tmp_path)
    (tmp_path / "catalogue.en.toml").write_text('[SIGN]\nmessage = "Look at page 163."\n', "utf-8")
    assert "page 163" in said(capsys, "explain", "SIGN", "--assignment", str(tmp_path))
