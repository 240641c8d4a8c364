"""The marks of a class as CSV: nothing in them is a formula, nobody gets a 0 by accident, no row of an export is lost."""

import csv
import io

import pytest

from harness.errors import UsageError
from harness.render.exported import filled_blackboard, filled_canvas, filled_moodle
from harness.render.gradebook import Mark, blackboard_csv, canvas_csv, moodle_csv, plain_csv

ADA = Mark(
    learner="ada",
    name="Lovelace, Ada",
    email="ada@example.edu",
    score=83.5,
    max_score=100.0,
    late=False,
    note="well done",
)
MIN = Mark(learner="min", name="김민준", email="min@example.edu", score=0.0, max_score=100.0, late=True)
NOBODY = Mark(learner="zed", name="Zed", email="zed@example.edu", score=None, max_score=100.0)
CLASS = [ADA, MIN, NOBODY]
NEW = {
    "plain": plain_csv,
    "canvas": lambda marks: canvas_csv(marks, "Chapter 5"),
    "moodle": lambda marks: moodle_csv(marks, "Chapter 5"),
    "blackboard": lambda marks: blackboard_csv(marks, "Chapter 5"),
}

#: As Canvas writes it (instructure/canvas-lms, lib/gradebook_importer.rb reads it back): a row of posting policies, one of
#: points, read-only columns at the end, a test student without a login.
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (11),Chapter 5 (12),Current Score\r\n"
    ",,,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,20.00,100.00,(read only)\r\n"
    '"Lovelace, Ada",101,S1,ada,Monday,18.00,,90.0\r\n'
    '"민준, 김",102,S2,min@example.edu,Monday,,40.00,\r\n'
    '"Other, One",103,S3,other,"Monday, Tuesday",5.00,50.00,25.0\r\n'
    '"Student, Test",104,,,Monday,,,\r\n'
)
#: As Moodle writes it (mod/assign/feedback/offline): dates are a dash where there is none.
MOODLE = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 71",Ada Lovelace,,ada@example.edu,Submitted for grading,,100.00,Yes,'
    '"Monday, 24 November 2026, 9:00 AM",-,"<p>two\nlines</p>"\n'
    "Participant 72,김민준,,MIN@example.edu,No submission,40.00,100.00,Yes,-,-,\n"
    "Participant 73,=SUM(A1),,other@example.edu,No submission,50.00,100.00,Yes,-,-,\n"
)
#: As Blackboard writes it, by files that others have published: everything in quotes, points and an id behind a column's
#: name, and totals of "up to" so many.
BLACKBOARD = (
    '\ufeff"Last Name","First Name","Username","Student ID","Last Access","Availability",'
    '"Weighted Total [Total Pts: up to 1,120 Percentage] |91","Essay [Total Pts: 1,000 Score] |92",'
    '"Chapter 5 [Total Pts: 100 Score] |93","Notes [Total Pts: 0 Text] |94"\n'
    '"Lovelace","Ada","ada","S1","2026-11-24 09:00:00","Yes","90.0","18","","=1+1"\n'
    '"김","민준","min","S2","","Yes","","","40",""\n'
    '"Other","One","other","S3","","No","","","50","two ""words"""\n'
)


def rows(text, delimiter=","):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


# New files.


def test_the_plain_file_has_everything():
    assert plain_csv(CLASS) == (
        "learner,name,email,score,max_score,late,note\r\n"
        'ada,"Lovelace, Ada",ada@example.edu,83.5,100,no,well done\r\n'
        "min,김민준,min@example.edu,0,100,yes,\r\n"
        "zed,Zed,zed@example.edu,,100,,\r\n"
    )


def test_the_canvas_file_has_the_columns_that_canvas_looks_for():
    assert canvas_csv(CLASS, "Chapter 5") == (
        "Student,ID,SIS User ID,SIS Login ID,Section,Chapter 5\r\n"
        "    Points Possible,,,,,100\r\n"
        '"Lovelace, Ada",,,ada,,83.5\r\n'
        "김민준,,,min,,0\r\n"
        "Zed,,,zed,,\r\n"
    )


def test_a_number_of_the_platform_is_never_written_as_a_login():
    only = Mark(learner="101", name="Ada", number="101", score=1.0, max_score=2.0)
    known = Mark(learner="ada", name="Ada", number="101", score=1.0, max_score=2.0)
    assert [row[:4] for row in rows(canvas_csv([only, known], "Chapter 5"))[2:]] == [
        ["Ada", "101", "", ""],
        ["Ada", "101", "", "ada"],
    ]
    assert [row[0] for row in rows(moodle_csv([only, known], "Chapter 5"))[1:]] == ["", "ada"]


def test_the_moodle_file_has_a_column_of_marks_and_one_of_notes():
    assert rows(moodle_csv(CLASS, "Chapter 5"))[:2] == [
        ["Username", "Full name", "Email address", "Chapter 5", "Chapter 5 feedback"],
        ["ada", "Lovelace, Ada", "ada@example.edu", "83.5", "well done"],
    ]


def test_the_blackboard_file_is_quoted_and_names_the_points():
    assert blackboard_csv(CLASS, "Chapter 5").splitlines() == [
        '"Last Name","First Name","Username","Chapter 5 [Total Pts: 100 Score]"',
        '"Lovelace","Ada","ada","83.5"',
        '"김민준","","min","0"',
        '"Zed","","zed",""',
    ]


@pytest.mark.parametrize("name", NEW)
def test_who_was_not_graded_gets_no_zero(name):
    last = rows(NEW[name]([NOBODY]))[-1]
    assert "0" not in last
    assert "" in last


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", " =", "\uff1d"])
def test_no_cell_is_a_formula(name, sign):
    attack = f"{sign}cmd|' /C calc'!A0"
    mark = Mark(learner=attack, name=attack, email=attack, score=1.0, max_score=2.0, note=attack)
    cells = [cell for row in rows(NEW[name]([mark])) for cell in row]
    assert [cell for cell in cells if "calc" in cell] != []
    assert all(cell.startswith("'") for cell in cells if "calc" in cell)


def test_the_name_of_an_assignment_is_no_formula_either():
    texts = [canvas_csv([ADA], "=1+1"), moodle_csv([ADA], "=1+1"), blackboard_csv([ADA], "=1+1")]
    assert not [cell for text in texts for row in rows(text) for cell in row if cell.startswith("=")]


# Exported files.


def changed(before, after):
    """Return (row, column, new text) of each cell that differs."""
    old, new = rows(before), rows(after)
    assert [len(row) for row in old] == [len(row) for row in new]
    return [
        (y, x, cell) for y, row in enumerate(new) for x, cell in enumerate(row) if cell != old[y][x]
    ]  # fmt: skip


def test_canvas_gets_its_file_back_with_the_scores_in_one_column():
    filled = filled_canvas(CANVAS, CLASS, "Chapter 5")
    assert changed(CANVAS, filled.text) == [(3, 6, "83.5"), (4, 6, "0")]
    assert filled.missing == ["zed"]


def test_moodle_gets_its_worksheet_back_with_the_scores_in_one_column():
    filled = filled_moodle(MOODLE, CLASS)
    assert changed(MOODLE, filled.text) == [(1, 5, "83.5"), (2, 5, "0")]
    assert filled.missing == ["zed"]


@pytest.mark.parametrize(
    ("fill", "exported", "number", "place"),
    [
        (lambda marks: filled_canvas(CANVAS, marks, "Chapter 5"), CANVAS, "102", (4, 6, "5")),
        (lambda marks: filled_moodle(MOODLE, marks), MOODLE, "72", (2, 5, "5")),
    ],
)
def test_a_learner_is_found_by_the_number_of_the_platform(fill, exported, number, place):
    by_number = Mark(learner=number, number=number, score=5.0, max_score=100.0)
    assert changed(exported, fill([by_number]).text) == [place]
    by_both = Mark(learner="min@example.edu", number=number, score=5.0, max_score=100.0)
    assert changed(exported, fill([by_both]).text) == [place]


def test_a_student_number_is_not_taken_for_the_number_of_a_participant_nor_the_other_way_round():
    student = Mark(learner="72", score=5.0, max_score=100.0)
    assert filled_moodle(MOODLE, [student]).missing == ["72"]
    participant = Mark(learner="9", number="9", score=5.0, max_score=100.0)
    assert filled_moodle(MOODLE.replace("Ada Lovelace,,", "Ada Lovelace,9,"), [participant]).missing == ["9"]


def test_a_number_and_an_address_of_two_learners_are_refused():
    both = Mark(learner="ada@example.edu", number="72", score=5.0, max_score=100.0)
    with pytest.raises(UsageError, match=r"the rows 2, 3 can be that of ada@example\.edu"):
        filled_moodle(MOODLE, [both])


def test_blackboard_gets_its_file_back_with_the_scores_in_one_column():
    filled = filled_blackboard(BLACKBOARD, CLASS, "Chapter 5")
    assert changed(BLACKBOARD, filled.text) == [(1, 8, "83.5"), (2, 8, "0")]
    assert filled.missing == ["zed"]
    assert filled_blackboard(BLACKBOARD, CLASS, "Chapter 5 [Total Pts: 100 Score] |93") == filled


def test_what_blackboard_has_in_quotes_stays_in_quotes():
    assert filled_blackboard(BLACKBOARD, [], "Chapter 5").text == BLACKBOARD
    bare = "Last Name\tFirst Name\tUsername\tChapter 5 [Total Pts: 100] |93\nLovelace\tAda\tada\t\n"
    assert filled_blackboard(bare, [ADA], "Chapter 5").text == bare.replace("ada\t", "ada\t83.5")


def test_a_comma_in_the_points_of_blackboard_is_between_thousands():
    of_thousand = Mark(learner="ada", score=900.0, max_score=1000.0)
    assert changed(BLACKBOARD, filled_blackboard(BLACKBOARD, [of_thousand], "Essay").text) == [(1, 7, "900")]


@pytest.mark.parametrize(
    ("fill", "exported"), [(filled_canvas, CANVAS), (filled_moodle, MOODLE), (filled_blackboard, BLACKBOARD)]
)
def test_a_learner_who_was_not_graded_keeps_what_was_there(fill, exported):
    marks = [Mark(learner="min", email="min@example.edu", score=None, max_score=100.0)]
    arguments = [] if fill is filled_moodle else ["Chapter 5"]
    filled = fill(exported, marks, *arguments)
    assert (changed(exported, filled.text), filled.missing) == ([], [])


def test_a_file_is_written_in_the_way_in_which_it_was_read():
    assert filled_canvas(CANVAS, [], "Chapter 5").text == CANVAS
    semicolons = "Student;ID;SIS Login ID;Section;Chapter 5 (12)\nA;1;ada;M;\nB;2;b;M;7,5\n"
    assert filled_canvas(semicolons, [ADA], "Chapter 5").text == semicolons.replace("ada;M;", "ada;M;83.5")


def test_a_column_may_be_named_with_the_number_of_canvas():
    assert filled_canvas(CANVAS, [ADA], "Chapter 5 (12)") == filled_canvas(CANVAS, [ADA], "Chapter 5")


def test_a_row_that_is_too_short_is_filled_up():
    short = "Student,ID,SIS Login ID,Section,Chapter 5 (12)\nA,1,ada\n"
    assert rows(filled_canvas(short, [ADA], "Chapter 5").text)[1] == ["A", "1", "ada", "", "83.5"]


#: A worksheet of a Korean Moodle, with the participant's number with and without a blank before it.
KOREAN = """식별자,전체 이름,사용자 아이디,이메일 주소,상태,성적,최대 성적,성적이 변경될 수 있음
참가자 71,에이다,ada,ada@example.edu,제출 완료,,100.00,예
참가자72,민,min,min@example.edu,제출 완료,,100.00,예
"""


@pytest.mark.parametrize(
    "found",
    [{"learner": "min"}, {"learner": "민", "email": "min@example.edu"}, {"learner": "민", "number": "72"}],
    ids=["login", "address", "number"],
)
def test_a_korean_worksheet_is_filled_in_as_an_english_one(found):
    filled = filled_moodle(KOREAN, [Mark(score=5.0, max_score=100.0, **found)])
    assert (changed(KOREAN, filled.text), filled.missing) == ([(2, 5, "5")], [])


def test_a_worksheet_with_no_number_of_a_participant_gives_its_row_to_nobody_without_one():
    unknown = KOREAN.replace("참가자 71", "참가자")
    filled = filled_moodle(unknown, [Mark(learner="zed", score=5.0, max_score=100.0)])
    assert (changed(unknown, filled.text), filled.missing) == ([], ["zed"])


def test_the_most_points_of_a_korean_worksheet_have_to_be_those_of_the_assignment():
    with pytest.raises(UsageError, match="'성적' has 10 points, and the assignment 100"):
        filled_moodle(KOREAN.replace("100.00", "10.00"), [ADA])


def test_a_worksheet_in_another_language_is_filled_in_by_the_names_of_its_columns():
    french = "Identifiant,Nom,Adresse de courriel,Note,Note maximale\nParticipant 1,A,ada@example.edu,,100.00\n"
    with pytest.raises(UsageError, match="is no file that Moodle exported"):
        filled_moodle(french, [ADA])
    filled = filled_moodle(french, [ADA], grade=["Note"], maximum=["Note maximale"], keys=["Adresse de courriel"])
    assert rows(filled.text)[1][3] == "83.5"


REFUSED = {
    "not a gradebook": (lambda: filled_canvas("a,b\n1,2\n", [ADA], "Chapter 5"), "no file that Canvas exported"),
    "empty": (lambda: filled_moodle("", [ADA]), "no file that Moodle exported"),
    "no such column": (lambda: filled_canvas(CANVAS, [ADA], "Chapter 6"), "no column 'Chapter 6'.*Chapter 5"),
    "two columns": (
        lambda: filled_canvas(CANVAS.replace("Essay", "Chapter 5"), [ADA], "Chapter 5"),
        "more than one column",
    ),
    "a column that Canvas calculates": (
        lambda: filled_canvas(CANVAS, [ADA], "Current Score"),
        "calculates the column 'Current Score' itself",
    ),
    "other points in Canvas": (
        lambda: filled_canvas(CANVAS.replace("100.00", "10.00"), [ADA], "Chapter 5"),
        "has 10 points, and the assignment 100",
    ),
    "a column that Blackboard calculates": (
        lambda: filled_blackboard(BLACKBOARD, [ADA], "Weighted Total"),
        "Blackboard calculates the column 'Weighted Total.*' itself",
    ),
    "other points in Blackboard": (
        lambda: filled_blackboard(BLACKBOARD, [ADA], "Essay"),
        "has 1000 points, and the assignment 100",
    ),
    "a column of text in Blackboard": (lambda: filled_blackboard(BLACKBOARD, [ADA], "Notes"), "has 0 points"),
    "two rows of one learner in Blackboard": (
        lambda: filled_blackboard(BLACKBOARD.replace('"S3"', '"ada"'), [ADA], "Chapter 5"),
        "the rows 2, 4 can be that of ada",
    ),
    "other points in Moodle": (
        lambda: filled_moodle(MOODLE.replace("100.00", "10.00"), [ADA]),
        "has 10 points, and the assignment 100",
    ),
    "no names": (
        lambda: filled_moodle("Participant,Grade\n1,\n", [ADA]),
        "no column by which a learner is known",
    ),
    "two rows of one learner": (
        lambda: filled_canvas(CANVAS.replace("S3,other", "ada,other"), [ADA], "Chapter 5"),
        "the rows 4, 6 can be that of ada",
    ),
    "two learners of one row": (
        lambda: filled_canvas(CANVAS, [ADA, Mark(learner="S1", score=1.0, max_score=100.0)], "Chapter 5"),
        "the rows 4 can be that of S1 and of ada",
    ),
}


@pytest.mark.parametrize(("call", "said"), REFUSED.values(), ids=REFUSED)
def test_what_could_go_to_the_wrong_place_is_refused(call, said):
    with pytest.raises(UsageError, match=said) as refused:
        call()
    assert refused.value.hint
