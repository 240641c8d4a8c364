"""The names of mistakes in whole reports: of the learner's real process, from the file to the JSON."""

import pytest
from submissions import ADD, HOSTILE, RIGHT, WRONG, mul

from harness.catalogue import LANGUAGES, entry
from harness.records import Outcome, Verdict

#: Submission -> the first failed check's code.
CODES = {
    "a missing class": "CLASS-MISSING",
    "a misspelt method": "METHOD-NAME",
    "swapped": "MUL-SWAP",
    "dout ignored": "MUL-NO-DOUT",
    "nothing returned": "NO-RETURN",
    "printed instead": "NO-RETURN",
    "text returned": "WRONG-TYPE",
    "infinity returned": "NON-FINITE",
    "an int beyond 64 bits": "FORWARD-WRONG",
    "a wrong shape": "SHAPE",
    "state on the class": "STATE-SHARED",
    "an argument changed": "INPLACE-INPUT",
    "a name error": "RAISED",
    "not written": "NOT-IMPLEMENTED",
    "a crash": "CRASH",
    "too much memory": "MEMORY",
    "a loop": "TIMEOUT",
    "a function instead of a class": "CLASS-MISSING",
}


def failures(report):
    return [check for check in report.checks if check.verdict not in (Verdict.PASSED, Verdict.BLOCKED)]


def test_every_wrong_submission_has_its_code_here():
    assert CODES.keys() == WRONG.keys()


@pytest.mark.parametrize("wrong", WRONG)
def test_a_report_names_the_mistake(graded, wrong):
    assert failures(graded(WRONG[wrong]))[0].code == CODES[wrong]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_values_of_a_report_are_enough_for_a_message_in_every_language(graded, wrong, language):
    for check in failures(graded(WRONG[wrong])):
        found = entry(check.code, language)
        assert "{" not in found.message_for(check.values)
        assert all(found.hint_for(number, check.values) for number in (1, 2, 3))


def test_a_method_that_prints_its_value_is_told_from_one_that_does_nothing(graded):
    assert failures(graded(WRONG["printed instead"]))[0].values["variant"] == "printed"
    assert failures(graded(WRONG["nothing returned"]))[0].values["variant"] == "silent"


def test_what_was_printed_is_shown(graded):
    failed = failures(graded(WRONG["printed instead"]))[0]
    assert failed.counterexample.got["dx"] == "None (it printed 3.0 2.0)"


def test_what_another_call_printed_is_not_shown(graded):
    noisy = mul(forward="self.x = x; self.y = y; print('forward'); return x * y", backward="pass")
    assert failures(graded(ADD + noisy))[0].counterexample.got["dx"] == "None"


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_text_from_the_learner_is_capped_and_escaped_in_values_and_counterexamples(graded, source):
    report = graded(source)
    assert report.outcome is Outcome.GRADED
    for check in report.checks:
        texts = [text for text in check.values.values() if isinstance(text, str)]
        if check.counterexample:
            texts += [text for text in check.counterexample.got.values() if isinstance(text, str)]
        assert all(text.isprintable() and len(text) <= 2000 for text in texts)


def test_a_right_report_has_no_code_and_no_values(graded):
    assert {(check.code, len(check.values)) for check in graded(RIGHT).checks} == {(None, 0)}


def test_a_class_that_cannot_be_read_is_told_with_its_line(graded):
    failed = failures(graded(ADD + mul(backward="return (dout * self.y, dout * self.x")))[0]
    assert failed.code == "NOT-PARSABLE"
    assert failed.message.startswith("the class MulLayer could not be read: line ")
