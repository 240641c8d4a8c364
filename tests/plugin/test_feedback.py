import msgspec
import pytest
from sample_reports import EXAMPLE, SECRET, report, result

from harness.feedback import Feedback, with_feedback
from harness.records import Counterexample, Outcome, Verdict, Warn

EVERY_VERDICT = [
    result(verdict, message=f"{verdict}: {SECRET} was expected", code="MUL-SWAP", line=3, counterexample=EXAMPLE)
    for verdict in (Verdict.WRONG, Verdict.CONTRACT)
]


def test_full_changes_nothing():
    one = report(*EVERY_VERDICT, warnings=[Warn("A", 1, "b")])
    assert with_feedback(one, Feedback.FULL) is one


@pytest.mark.parametrize("feedback", [Feedback.ACTUAL_ONLY, Feedback.NONE])
def test_no_expected_value_is_left_anywhere(feedback):
    assert SECRET not in msgspec.json.encode(with_feedback(report(*EVERY_VERDICT), feedback)).decode()


@pytest.mark.parametrize("feedback", list(Feedback))
def test_verdicts_and_points_stay(feedback):
    one = report(*EVERY_VERDICT, result(Verdict.PASSED, score=5.0), result(Verdict.BLOCKED, blocked_by="A.a"))
    other = with_feedback(one, feedback)
    assert [(c.verdict, c.score, c.max_score, c.blocked_by) for c in other.checks] == [
        (c.verdict, c.score, c.max_score, c.blocked_by) for c in one.checks
    ]
    assert (other.score, other.max_score, other.layers) == (one.score, one.max_score, one.layers)


def test_actual_only_keeps_the_inputs_what_was_returned_and_the_line():
    (one,) = with_feedback(report(EVERY_VERDICT[0]), Feedback.ACTUAL_ONLY).checks
    assert one.counterexample == Counterexample(inputs={"x": 2}, dout=1, got={"dx": 4.25}, expected={})
    assert (one.line, one.code) == (3, None)
    assert one.message


@pytest.mark.parametrize("verdict", [Verdict.RAISED, Verdict.TIMEOUT, Verdict.CRASHED, Verdict.MEMORY_LIMIT])
def test_actual_only_keeps_what_the_learners_code_did(verdict):
    (one,) = with_feedback(
        report(result(verdict, message="A.b raised ValueError", counterexample=EXAMPLE)), Feedback.ACTUAL_ONLY
    ).checks
    assert one.message == "A.b raised ValueError"


def test_actual_only_keeps_that_a_method_is_missing():
    (one,) = with_feedback(report(result(Verdict.CONTRACT, message="A has no method b")), Feedback.ACTUAL_ONLY).checks
    assert one.message == "A has no method b"


def test_none_keeps_nothing_but_verdict_and_points():
    (one,) = with_feedback(report(EVERY_VERDICT[0]), Feedback.NONE).checks
    # The contract asks for a message and a counterexample of a wrong value; these two tell nothing.
    assert one.message == "What it returned for these inputs is not right."
    assert one.counterexample == Counterexample(inputs={}, got={}, expected={})
    assert one.line is None


def test_none_drops_notes_but_not_what_a_report_is_worth():
    notes = [Warn("SELF-CHECK", None, "SELF-CHECK"), Warn("IMPORT-FAILED", 3, "no such module")]
    assert [note.code for note in with_feedback(report(warnings=notes), Feedback.NONE).warnings] == ["SELF-CHECK"]
    assert len(with_feedback(report(warnings=notes), Feedback.ACTUAL_ONLY).warnings) == 2


@pytest.mark.parametrize("outcome", [Outcome.NOT_GRADABLE, Outcome.GRADER_FAULT])
def test_why_there_is_no_grade_is_always_told(outcome):
    one = report(warnings=[Warn("EMPTY", None, "a.py is empty")], outcome=outcome)
    assert with_feedback(one, Feedback.NONE) == one


def test_a_check_may_tell_less_than_the_whole_report():
    one, other = EVERY_VERDICT[0], msgspec.structs.replace(EVERY_VERDICT[0], id="A.c", feedback="none")
    shown = with_feedback(report(one, other), Feedback.FULL)
    assert shown.checks[0] == one
    assert SECRET not in msgspec.json.encode(shown.checks[1]).decode()
    assert shown.checks[1].line is None
    assert shown.graph == report(one).graph


def test_a_check_tells_no_more_than_the_whole_report():
    one = msgspec.structs.replace(EVERY_VERDICT[0], feedback="actual-only")
    assert with_feedback(report(one), Feedback.NONE).checks[0].line is None


def test_the_graphs_values_go_when_one_of_its_checks_tells_less():
    one = msgspec.structs.replace(EVERY_VERDICT[0], layer="graph", feedback="actual-only")
    assert with_feedback(report(EVERY_VERDICT[1], one), Feedback.FULL).graph.edges == []
