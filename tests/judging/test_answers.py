"""The reference's own answers, which are looked up and not compared: they are right, and right layers send them."""

import pytest
from inprocess import assignment, bank, classes_in
from mutants.templates import RIGHT_ADD, RIGHT_MUL, mul_layer

from harness.answers import Returned, bank_answers, received
from harness.checks.evidence import returned
from harness.gradients.compare import compare
from harness.sandbox.evaluate import evaluate_cases
from harness.sandbox.protocol import BACKWARD, NEW, Answer, decode_from_worker, pack

ANSWERS = bank_answers(assignment(), bank())
ADD = RIGHT_ADD.replace("dout, dout", "dout * 1, dout * 1")
ADD_ALONE = RIGHT_ADD.replace("dout, dout", "dout * 1")


def sent_by(text):
    """Return every message of a worker with the classes in ``text``, by case and step."""
    sent = {}

    def note(message):
        sent[message.case, message.step] = message

    cases = [case.steps for case in bank().cases]
    evaluate_cases(range(len(cases)), cases, classes_in(text), note)
    return sent


def known(message):
    return pack(message) in ANSWERS.messages[message.case][message.step]


def test_every_known_message_is_right_by_comparison_too():
    count = 0
    for case, row, values in zip(bank().cases, ANSWERS.messages, ANSWERS.values, strict=True):
        for step, messages in enumerate(row):
            for body, call in messages.items():
                message = decode_from_worker(body)
                assert isinstance(message, Answer)
                plain = received(message, case)
                assert call.exact
                assert not plain.exact
                got = plain.values
                if case.steps[step].op == BACKWARD:
                    layer = next(new for new in case.steps if new.op == NEW and new.slot == case.steps[step].slot).args[
                        0
                    ]
                    got = returned(plain, assignment().layer[layer], values[step])
                    assert not isinstance(got, str)
                assert not any(map(compare, got, values[step]))
                count += 1
    assert count > 500


@pytest.mark.parametrize("text", [ADD + RIGHT_MUL, ADD_ALONE + RIGHT_MUL], ids=["a pair", "one gradient for all"])
def test_a_right_layers_messages_are_all_known(text):
    assert [place for place, message in sent_by(text).items() if not known(message)] == []


def test_a_right_layer_may_send_something_else():
    # A 0-d array that is handed on stays one; the reference's product of it is a number.
    unknown = [message for message in sent_by(RIGHT_ADD + RIGHT_MUL).values() if not known(message)]
    assert 0 < len(unknown) < 5


def test_a_wrong_layers_wrong_answers_are_not_known():
    sent = sent_by(ADD + mul_layer(dx="dout * x", dy="dout * y"))
    unknown = {place for place, message in sent.items() if not known(message)}
    assert unknown
    for index, step in unknown:
        assert 1 in bank().cases[index].layers
        assert bank().cases[index].steps[step].op != NEW


def test_an_answer_to_another_question_is_not_known():
    for message in sent_by(ADD + RIGHT_MUL).values():
        body = pack(Answer(message.case, message.step + 1, message.several, message.values, message.after))
        assert body not in ANSWERS.messages[message.case][message.step]


def test_what_is_looked_up_says_the_same_as_what_is_decoded():
    for message in sent_by(ADD + RIGHT_MUL).values():
        call = ANSWERS.messages[message.case][message.step][pack(message)]
        plain = received(message, bank().cases[message.case])
        assert isinstance(call, Returned)
        assert (call.several, repr(call.values), repr(call.after)) == (
            plain.several,
            repr(plain.values),
            repr(plain.after),
        )
