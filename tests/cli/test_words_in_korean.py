"""Help and wrong use in the reader's language: the same commands and options, nothing left in English, 80 cells."""

import argparse
import gettext
import inspect
import os
import re

import pytest

from harness.cli import examples
from harness.cli.parser import ARGPARSE
from harness.cli.words import read_words
from harness.language import current, language
from harness.render.cells import width_of

COMMANDS = [
    [], ["grade"], ["watch"], ["init"], ["explain"], ["hint"], ["doctor"], ["report"],
    ["assignment"], ["assignment", "check"], ["bundle"], ["bundle", "gradescope"],
]  # fmt: skip
WRONG_USE = {
    "nothing": ([], "무엇을 할지 적어 주세요. 예: dout grade layers.py"),
    "no action": (["assignment"], "무엇을 할지 적어 주세요. 예: dout assignment check ch05-add-mul"),
    "an unknown command": (["grad"], "고를 수 없는 값: 'grad' (가능한 값: "),
    "no path": (["grade"], "꼭 필요한 인자가 빠졌습니다: PATH"),
    "an unknown option": (["grade", "x.py", "--fast"], "알 수 없는 인자: --fast"),
    "an option without its value": (["grade", "x.py", "--seed"], "인자 --seed: 값이 하나 필요합니다"),
    "a seed in words": (["grade", "x.py", "--seed", "seven"], "인자 --seed: 'seven': 0부터 2^53 - 1까지의 정수가"),
    "a value for a flag": (["watch", "--plain=yes"], "인자 --plain: 값을 받지 않는 옵션입니다: 'yes'"),
    "a short form of two options": (["grade", "x.py", "--f", "text"], "--f: 어느 옵션인지 알 수 없습니다 (가능한 옵"),
    "a hint in words": (["hint", "SIGN", "two"], "잘못된 int 값: 'two'"),
}


@pytest.fixture(autouse=True)
def _english_system(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("DOUT_LANG", raising=False)


@pytest.fixture
def said(capsys):
    """Return the exit status and both outputs of words that argparse answers itself."""

    def call(*words: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            read_words(words)
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def help_of(said, monkeypatch):
    def call(words: list[str], code: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("DOUT_LANG", code)
        status, out, err = said(*words, "--help")
        assert (status, err) == (0, "")
        return out

    return call


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_in_korean_has_no_english_sentence(help_of, words):
    english, korean = help_of(words, "en"), " ".join(help_of(words, "ko").split())
    left = [sentence for sentence in sentences_in(english) if re.search(pattern(sentence), korean)]
    assert left == []
    # Nor one within a longer text of examples.
    assert re.findall(r"(?<!\S)(?:the|a|an|of|to|is|and|it|in|for|you|not)(?!\S)", korean) == []


def sentences_in(english: str) -> list[str]:
    """The sentences of more than one word that are in the Korean catalogue and in ``english``."""
    known = [sentence for sentence in language("ko")._found._catalog if isinstance(sentence, str) and " " in sentence]
    found = [sentence for sentence in known if re.search(pattern(sentence), " ".join(english.split()))]
    assert "show this help message and exit" in found
    return found


def pattern(sentence: str) -> str:
    """Of ``sentence`` wherever its lines are broken and whatever the defaults in it."""
    return re.escape(" ".join(sentence.split())).replace(re.escape("%(default)s"), r"\S+")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_in_korean_fits_80_cells(help_of, words):
    assert [line for line in help_of(words, "ko").splitlines() if width_of(line) > 80] == []


def test_what_is_said_of_options_is_broken_by_cells_in_a_narrow_window_too(help_of):
    options = help_of(["watch"], "ko", columns=60).partition("옵션:")[2].partition("예:")[0]
    assert 50 < max(map(width_of, options.splitlines())) <= 60


def test_usage_is_aligned_below_its_first_line(help_of):
    first, second = help_of(["watch"], "ko").splitlines()[:2]
    assert width_of(first.partition("[-h]")[0]) == len(second) - len(second.lstrip())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_in_korean_names_the_same_options_and_commands(help_of, words):
    def names(text: str) -> list[str]:
        return sorted(set(re.findall(r"(?<![\w-])--?[a-z]+|\b[A-Z]{2,}\b|\{[\w,-]+\}", text)) - {"DOUT"})

    def usage(text: str) -> list[str]:
        return text.partition("\n\n")[0].split()[1:]

    english, korean = help_of(words, "en"), help_of(words, "ko")
    assert usage(korean) == usage(english)
    assert names(korean) == names(english)


@pytest.mark.parametrize("name", examples.__all__)
def test_examples_in_korean_have_the_same_commands(name):
    def commands(text: str) -> list[str]:
        lines = [line for line in text.splitlines() if line.startswith(("  dout", "  curl", "  cd"))]
        # The comment stands after the command, in the same column in both languages.
        return [re.split(r" {2,}", line.strip())[0] for line in lines]

    def statuses(text: str) -> list[str]:
        lines = [line for line in text.splitlines() if re.match(r"  \d ", line)]
        return [status for line in lines for status in re.findall(r"(?:^| )  ?(\d) ", line)]

    english = getattr(examples, name)
    korean = language("ko").text(english)
    assert commands(korean) == commands(english)
    assert len(commands(korean)) > 0
    assert statuses(korean) == statuses(english)
    assert korean.endswith("\n")


@pytest.mark.parametrize(("words", "told"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_told_in_korean_with_status_2(said, monkeypatch, words, told):
    monkeypatch.setenv("DOUT_LANG", "ko")
    status, out, err = said(*words)
    first, second = err.splitlines()
    assert (status, out) == (2, "")
    assert told in first
    assert re.fullmatch("도움말: dout( grade| watch| hint| assignment)? --help", second)


@pytest.mark.parametrize(
    ("words", "variable", "system", "code"),
    {
        "an option after help": (["grade", "--help", "--lang", "ko"], "", "C.UTF-8", "ko"),
        "an option with an equals sign": (["grade", "--lang=ko", "--help"], "", "C.UTF-8", "ko"),
        "the option before the variable": (["grade", "--lang", "en", "--help"], "ko", "ko_KR.UTF-8", "en"),
        "the last of two": (["grade", "--lang", "ko", "--lang=en", "--help"], "", "C.UTF-8", "en"),
        "the variable before the system": (["--help"], "en", "ko_KR.UTF-8", "en"),
        "the system": (["--help"], "", "ko_KR.UTF-8", "ko"),
        "none": (["--help"], "", "C.UTF-8", "en"),
        "no such language": (["grade", "--help", "--lang", "korean"], "", "C.UTF-8", "en"),
        "an option without its value": (["grade", "--help", "--lang"], "ko", "C.UTF-8", "ko"),
    }.values(),
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_the_language_of_help_is_known_before_there_is_a_parser(said, monkeypatch, words, variable, system, code):
    monkeypatch.setenv("DOUT_LANG", variable)
    monkeypatch.setenv("LC_ALL", system)
    assert said(*words)[1].startswith({"en": "usage: ", "ko": "사용법: "}[code])


def test_an_unknown_language_is_refused_in_the_language_of_the_system(said, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    status, _, err = said("grade", "x.py", "--lang", "xx")
    assert status == 2
    assert "인자 --lang: 고를 수 없는 값: 'xx'" in err


def test_a_variable_of_gettext_does_not_mix_the_languages(said, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "ko")
    assert said("grade", "--lang", "en")[2].splitlines()[0].endswith("the following arguments are required: PATH")


@pytest.mark.parametrize("before", [None, "fr"])
def test_the_environment_and_gettext_are_as_before(said, monkeypatch, before):
    monkeypatch.delenv("LANGUAGE", raising=False)
    if before:
        monkeypatch.setenv("LANGUAGE", before)
    environment, domain = dict(os.environ), gettext.textdomain()
    said("grade", "--help", "--lang", "ko")
    read_words(["grade", "x.py", "--lang", "ko"])
    assert (dict(os.environ), gettext.textdomain()) == (environment, domain)


@pytest.mark.parametrize("sentence", ARGPARSE)
def test_argparse_of_this_python_says_what_is_translated(sentence):
    source = inspect.getsource(argparse)
    assert repr(sentence) in source or f'"{sentence}"' in source


def test_a_sentence_that_only_argparse_has_stays_english():
    with current(language("ko")):
        assert gettext.gettext("not allowed with argument %s") == "not allowed with argument %s"
        assert gettext.ngettext("expected %s argument", "expected %s arguments", 2) == "expected %s arguments"


def test_help_reaches_a_console_in_korean(dout):
    done = dout("grade", "--help", "--lang", "ko", env={"LC_ALL": "C.UTF-8"})
    assert (done.returncode, done.stdout.decode().split()[0]) == (0, "사용법:")
