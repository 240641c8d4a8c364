import msgspec
import pytest
from sample_reports import EXAMPLE, report, result

from harness.grading_session.screen import failure_text, grading_lines
from harness.records import Outcome, SubmissionId, Verdict, Warn

WRONG = result(Verdict.WRONG, message="A.b(2) returned 4.25, but 5 was expected.", line=3, counterexample=EXAMPLE)
BLOCKED = result(Verdict.BLOCKED, message="A.a must pass first.", blocked_by="A.a")


def text(one, check, **options):
    return failure_text(one, check, options.pop("path", "hw/a.py"), **options).split("\n")


def test_a_wrong_check_says_what_where_and_what_next():
    lines = text(report(WRONG), WRONG)
    assert lines[0] == "FAIL  A.b  0/5 points"
    assert "  where:    hw/a.py:3" in lines
    assert lines[-1] == "Next: fix A.b (hw/a.py:3), save, and grade again."


def test_a_next_step_without_a_line_names_the_check():
    assert text(report(), result(Verdict.WRONG))[-1] == "Next: fix A.b, save, and grade again."


def test_a_next_step_keeps_to_one_line():
    long = msgspec.structs.replace(WRONG, id="A." + "b" * 40)
    assert text(report(long), long, path="d/" * 24 + "a")[-1] == f"Next: fix {long.id}, save, and grade again."


def test_a_blocked_check_names_what_it_waits_for():
    assert text(report(BLOCKED), BLOCKED) == ["BLOCKED by A.a", "Next: make A.a pass first."]


def test_a_fault_is_not_the_learners():
    fault = result(Verdict.GRADER_FAULT, message="no process could be started.")
    lines = text(report(fault, outcome=Outcome.GRADER_FAULT), fault)
    assert lines[0] == "GRADER FAULT  A.b"
    assert "  This is not your file's fault, and there is no score." in lines


@pytest.mark.parametrize(
    ("message", "next_line"),
    [
        ("a.py is empty. Next: save your work.", "Next: save your work."),
        ("a.py is empty.", "Next: fix the file, save, and grade again."),
    ],
)
def test_why_nothing_can_be_graded_is_said_once(message, next_line):
    one = report(BLOCKED, outcome=Outcome.NOT_GRADABLE, warnings=[Warn("EMPTY", None, message)])
    for check in (None, BLOCKED):
        assert text(one, check) == ["NOT GRADABLE  hw/a.py", "  a.py is empty.", next_line]
    assert text(one, BLOCKED, repeated=True) == ["BLOCKED  A.b", "Next: make hw/a.py gradable first."]


def named(identifier, verdict, **fields):
    return msgspec.structs.replace(result(verdict, **fields), id=identifier)


PLAN = [
    named("A.a", Verdict.PASSED),
    named("A.b", Verdict.WRONG, message="no"),
    named("A.c", Verdict.BLOCKED, blocked_by="A.b"),
]


def test_a_part_of_the_plan_has_no_score():
    lines = list(grading_lines(report(*PLAN), "hw/a.py", {"A.a", "A.c"}))
    assert lines == [
        "hw/a.py: a version 1, seed 1",
        "",
        "  PASS     A.a",
        "  BLOCKED  A.c waits for A.b",
        "PARTIAL RUN - not a grade: 2 of 3 checks ran.",
    ]


def test_a_failure_in_a_part_of_the_plan_is_shown():
    lines = list(grading_lines(report(*PLAN), "hw/a.py", {"A.b"}))
    assert "  found:    no" in lines
    assert "SCORE" not in "".join(lines)


@pytest.mark.parametrize("ran", [{"A.b"}, None])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_self_check_is_always_said_once(ran, outcome):
    warnings = [Warn("EMPTY", None, "a.py is empty."), Warn("SELF-CHECK", None, "SELF-CHECK - not a mark of record")]
    lines = list(grading_lines(report(*PLAN, warnings=warnings, outcome=outcome), "hw/a.py", ran))
    assert sum("SELF-CHECK - not" in line for line in lines) == 1
    assert any("PARTIAL RUN" in line for line in lines) is (ran is not None)


def test_a_long_path_is_shown_by_the_files_own_name():
    one = msgspec.structs.replace(report(WRONG), submission=SubmissionId("a.py", "0"))
    assert "  where:    a.py:3" in text(one, WRONG, path="층" * 26 + ".py")
