"""Every mistake has its texts in every language, with no value in them that the diagnosis does not give."""

import re
import string

import pytest
from inprocess import assignment

from harness.catalogue import LANGUAGES, Entry, entries, entry
from harness.diagnosis import CODES, OF_A_FORMULA
from harness.diagnosis.shapes import VARIANTS
from harness.errors import AssignmentError, UsageError

#: Those of the built-in assignment as well.
VALUES = CODES | {mistake.code: OF_A_FORMULA for layer in assignment().layer for mistake in layer.mistakes}
ALL = [(language, code) for language in LANGUAGES for code in VALUES]


def names_in(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_an_entry_for_each_code_and_for_no_other(language):
    assert entries(language).keys() == VALUES.keys()


@pytest.mark.parametrize(("language", "code"), ALL)
def test_an_entry_needs_no_value_but_those_of_its_code(language, code):
    found = entry(code, language)
    texts = (found.message, found.explanation, *found.hints, *found.variants.values())
    assert set().union(*map(names_in, texts)) <= set(VALUES[code])


@pytest.mark.parametrize(("language", "code"), ALL)
def test_texts_are_there_and_a_message_is_one_short_line(language, code):
    found = entry(code, language)
    assert len(found.hints) == 3
    assert all(text.strip() == text != "" for text in (found.message, found.explanation, *found.hints))
    assert "\n" not in found.message
    assert len(found.message) < 130


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_mistake_has_a_short_title_of_its_own_without_values(language):
    titles = [found.title for found in entries(language).values()]
    assert len(set(titles)) == len(titles)
    assert all(0 < len(title) <= 50 and not set("{}.") & set(title) for title in titles)


@pytest.mark.parametrize("code", VALUES)
def test_the_first_hint_asks(code):
    assert all("?" in entry(code, language).hints[0] for language in LANGUAGES)


@pytest.mark.parametrize("code", VALUES)
def test_korean_is_korean(code):
    found = entry(code, "ko")
    assert all(re.search("[가-힣]", text) for text in (found.title, found.message, found.explanation, *found.hints))


@pytest.mark.parametrize("code", VALUES)
def test_no_korean_particle_follows_an_inserted_value(code):
    found = entry(code, "ko")
    for text in (found.message, found.explanation, *found.hints, *found.variants.values()):
        assert not re.search(r"\} ?(은|는|이|가|을|를|와|과|로|으로)\b", text)


@pytest.mark.parametrize("code", VALUES)
def test_no_text_blames_or_uses_words_of_mathematicians(code):
    found = entry(code)
    text = " ".join((found.message, found.explanation, *found.hints)).lower()
    assert not re.search("jacobian|you forgot|careless|stupid|obviously|simply|just ", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_variant_that_a_diagnosis_gives_has_a_message(language):
    assert entry("NO-RETURN", language).variants.keys() == {"silent", "printed"}
    assert entry("SHAPE", language).variants.keys() == VARIANTS


def test_a_message_is_filled_with_the_values():
    values = {"layer": "AddLayer", "method": "forward", "formula": "x - y", "wanted": "x + y"}
    assert entry("FORWARD-OTHER").message_for(values) == "AddLayer.forward computes x - y, and x + y was asked for."
    assert entry("FORWARD-OTHER").hint_for(3, values) == "forward returns x + y."


def test_a_variant_chooses_the_message():
    values = {"layer": "AddLayer", "method": "forward", "variant": "printed"}
    assert "it printed the value instead" in entry("NO-RETURN").message_for(values)


def test_a_value_with_braces_is_shown_and_not_filled_in():
    assert "{layer}" in entry("WRONG-TYPE").message_for({"layer": "A", "method": "f", "found": "{layer}"})


def test_an_unknown_code_is_refused():
    with pytest.raises(UsageError, match="NO-SUCH"):
        entry("NO-SUCH")


def test_an_assignment_replaces_a_text_and_leaves_the_others(tmp_path):
    (tmp_path / "catalogue.en.toml").write_text('[SIGN]\nmessage = "Ours: {layer}."\n', encoding="utf-8")
    own = entry("SIGN", "en", tmp_path)
    assert own.message_for({"layer": "MulLayer"}) == "Ours: MulLayer."
    assert own.hints == entry("SIGN").hints
    assert entry("SCALED", "en", tmp_path) == entry("SCALED")


def test_an_assignment_may_name_mistakes_of_its_own(tmp_path):
    text = '[EXP-SIGN]\nmessage = "m"\nexplanation = "e"\nhints = ["a?", "b", "c"]\n'
    (tmp_path / "catalogue.ko.toml").write_text(text, encoding="utf-8")
    assert entry("EXP-SIGN", "ko", tmp_path) == Entry("m", "e", ("a?", "b", "c"))


@pytest.mark.parametrize(
    "text",
    [
        '[SIGN]\nhints = ["one", "two"]\n',
        "[SIGN]\nhint = 3\n",
        '[NEW]\nmessage = "only this"\n',
        "[SIGN\n",
        "version = 1\n",
        '[SIGN]\nmessage = "{layer"\n',
        '[SIGN]\nmessage = "{layer.__class__}"\n',
        '[SIGN]\nmessage = "{}"\n',
    ],
)
def test_a_catalogue_that_makes_no_sense_is_refused_with_its_path(text, tmp_path):
    (tmp_path / "catalogue.en.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AssignmentError, match=r"catalogue\.en\.toml"):
        entries("en", tmp_path)
