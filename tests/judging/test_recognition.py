"""Answers that are known to be right are recognised by their bytes, and by all of their bytes."""

import pytest
from inprocess import assignment, bank, classes_in
from mutants.templates import RIGHT_ADD, RIGHT_MUL

from harness.answers import bank_answers, reference_answers
from harness.recognition import Known, Recogniser, stream_of
from harness.sandbox.evaluate import evaluate_cases
from harness.sandbox.protocol import pack

PAIR = RIGHT_ADD.replace("dout, dout", "dout * 1, dout * 1") + RIGHT_MUL
ALONE = RIGHT_ADD.replace("dout, dout", "dout * 1") + RIGHT_MUL
#: Hands a 0-d array on, where the reference makes a number of it.
HANDED_ON = RIGHT_ADD + RIGHT_MUL


@pytest.fixture
def known():
    return Known(bank_answers(assignment(), bank()))


def said(text, cases=None, first=0):
    """Return the messages of a worker with the classes in ``text``, in order."""
    told = []
    cases = [case.steps for case in cases or bank().cases]
    numbers = range(first, first + len(cases))
    evaluate_cases(numbers, dict(zip(numbers, cases, strict=True)), classes_in(text), told.append)
    return [*map(pack, told)]


def in_pieces(bodies, size):
    return [b"".join(bodies[at : at + size]) for at in range(0, len(bodies), size)]


@pytest.mark.parametrize("size", [1, 7, 192, 1000])
@pytest.mark.parametrize("text", [PAIR, ALONE], ids=["a pair", "one gradient for all"])
def test_the_references_answers_are_recognised_in_pieces_of_any_size(known, text, size):
    bodies = said(text)
    recogniser = Recogniser(known.streams())
    assert all(recogniser.takes(piece) for piece in in_pieces(bodies, size))
    assert recogniser.is_over
    assert [*recogniser.bodies()] == bodies


@pytest.mark.parametrize("at", [0, 1, 2000, -1])
def test_one_other_byte_is_not_recognised(known, at):
    data = bytearray(b"".join(said(PAIR)))
    data[at] ^= 1
    recogniser = Recogniser(known.streams())
    assert not recogniser.takes(bytes(data))
    assert not recogniser.is_over
    assert [*recogniser.bodies()] == []


def test_what_came_before_another_answer_is_still_there(known):
    bodies = said(PAIR)
    recogniser = Recogniser(known.streams())
    assert recogniser.takes(b"".join(bodies[:5]))
    assert not recogniser.takes(bodies[6])
    assert [*recogniser.bodies()] == bodies[:5]


def test_half_a_message_is_not_taken(known):
    recogniser = Recogniser(known.streams())
    assert not recogniser.takes(said(PAIR)[0][:-1])


def test_nothing_is_not_taken_for_an_answer(known):
    recogniser = Recogniser(known.streams())
    assert not recogniser.takes(b"")
    assert recogniser.takes(said(PAIR)[0])
    assert not recogniser.takes(b"")


def test_answers_after_the_last_one_are_not_taken(known):
    recogniser = Recogniser(known.streams())
    assert recogniser.takes(b"".join(said(PAIR)))
    assert not recogniser.takes(said(PAIR)[0])


def test_without_anything_known_nothing_is_recognised():
    recogniser = Recogniser([])
    assert not recogniser.takes(said(PAIR)[0])
    assert not recogniser.is_over
    assert [*recogniser.bodies()] == []


def test_answers_that_were_learned_are_recognised(known):
    bodies = said(HANDED_ON)
    assert not Recogniser(known.streams()).takes(b"".join(bodies))
    calls = [[None] for _ in bank().cases]
    known.learn(stream_of(bodies, calls))
    recogniser = Recogniser(known.streams())
    assert recogniser.takes(b"".join(bodies))
    assert recogniser.is_over
    assert recogniser.calls is calls


def test_of_many_that_were_learned_the_last_ones_are_kept(known):
    at_first = len(known.streams())
    for number in range(20):
        known.learn(stream_of([b"%d" % number], []))
    learned = known.streams()[at_first:]
    assert [stream.data for stream in learned] == [b"%d" % number for number in range(12, 20)]


def test_answers_to_cases_of_a_files_own_follow_those_of_the_bank(known):
    more = bank().cases[:3]
    streams = known.streams_with(reference_answers(assignment(), more, len(bank().cases)))
    for text in (PAIR, ALONE):
        recogniser = Recogniser(streams)
        assert recogniser.takes(b"".join(said(text)))
        assert not recogniser.is_over
        assert recogniser.takes(b"".join(said(text, more, len(bank().cases))))
        assert recogniser.is_over
        assert len(recogniser.calls) == len(bank().cases) + 3
