"""Every sentence that a reader sees has a translation, and the compiled catalogues are those of today."""

import re
import string

import pytest

pytest.importorskip("babel", reason="Babel is not installed")

from catalogues import LOCALE, catalogue, compiled, sentences

from harness.language import ENGLISH, LANGUAGES, chosen_language, language

TRANSLATED = [code for code in LANGUAGES if code != "en"]


def places(sentence: str) -> set[str]:
    """The {names} of ours and the %(names)s of argparse."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name} | set(
        re.findall(r"%(?:\(\w+\))?[rs]", sentence)
    )


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(code):
    found = {message.id: message for message in catalogue(code) if message.id}
    assert set(found) == set(sentences())
    assert [sentence for sentence, message in found.items() if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_the_sentence(code):
    for message in catalogue(code):
        if message.id:
            assert places(message.string) == places(message.id), message.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_compiled_catalogue_is_of_today(code):
    assert (LOCALE / code / "LC_MESSAGES" / "dout.mo").read_bytes() == compiled(catalogue(code))


def test_a_sentence_is_its_own_key():
    assert ENGLISH.text("line {line}", line=3) == "line 3"
    assert language("ko").text("line {line}", line=3) == "3번째 줄"


def test_there_is_no_other_language():
    with pytest.raises(KeyError):
        language("xx")


@pytest.mark.parametrize(
    ("option", "variable", "assignment", "system", "code"),
    [
        ("en", "ko", "ko", "ko_KR.UTF-8", "en"),
        (None, "ko", "en", "en_US.UTF-8", "ko"),
        (None, "", "ko", "C", "ko"),
        (None, "", "", "ko_KR.UTF-8", "ko"),
        (None, "", "", "ko", "ko"),
        (None, "", "", "C", "en"),
        (None, "", "", "fr_FR.UTF-8", "en"),
        (None, "fr", "", "ko_KR.UTF-8", "ko"),
    ],
)
def test_the_language_is_chosen_by_option_variable_assignment_and_system(
    option, variable, assignment, system, code, monkeypatch
):
    monkeypatch.setenv("DOUT_LANG", variable)
    monkeypatch.setenv("LC_ALL", system)
    assert chosen_language(option, assignment).code == code
