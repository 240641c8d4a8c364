"""Who a submission is given to by a roster; nothing is guessed."""

import pytest
from classes import LAYERS, folder, owners, roster, told

from harness.intake import Entry, Export, Learner, open_intake
from harness.intake.join import join
from harness.language import language

MOODLE = "_assignsubmission_file_"
CLASS = "id,name,email,github\n1,Kim Minsu,ms@x.org,minsu\n2,Lee Ann,ann@x.org,lee-ann\n3,Lee Ann,ann3@x.org,ann3\n"


@pytest.fixture
def joined(tmp_path):
    """Joins entries of these names with a roster."""

    def intake(names, text=CLASS):
        top = folder(tmp_path, {name if "." in name else f"{name}/layers.py": LAYERS for name in names})
        return open_intake(top, roster(tmp_path, text))

    return intake


@pytest.mark.parametrize("name", ["1", "ms@x.org/a.py", "minsu", "Kim Minsu", "kim  MINSU.py", "hw1-minsu"])
def test_a_learner_is_found_by_id_email_user_or_name(joined, name):
    assert list(owners(joined([name]))) == ["1"]


def test_a_user_with_a_hyphen_is_found_behind_the_assignments_name(joined):
    assert owners(joined(["hw-1-lee-ann"])) == {"2": "hw-1-lee-ann"}


def test_a_repository_that_two_users_could_have_goes_to_nobody(joined):
    intake = joined(["hw-lee-kim"], "id,github\n1,kim\n2,lee-kim\n")

    assert told(intake) == [("ambiguous", "hw-lee-kim")]
    assert [learner.key for learner in intake.unassigned[0].learners] == ["1", "2"]


def test_a_name_of_two_learners_goes_to_nobody_and_neither_is_said_to_be_missing(joined):
    intake = joined(["Lee Ann", "1"])

    assert owners(intake) == {"1": "1"}
    assert told(intake) == [("ambiguous", "Lee Ann")]


def test_a_name_that_nearly_fits_goes_to_nobody(joined):
    intake = joined(["Kim Min-su.py", "KimMinsu.py"])

    assert told(intake)[:2] == [("unknown", "Kim Min-su.py"), ("unknown", "KimMinsu.py")]


def test_learners_without_a_submission_are_listed(joined):
    intake = joined(["1"])

    assert [one.learners[0].key for one in intake.unassigned if one.reason == "missing"] == ["2", "3"]


def test_moodles_number_is_found_in_the_grading_worksheet(joined):
    text = "Identifier,Full name,ID number\nParticipant 70,Lee Ann,2\nParticipant 71,Lee Ann,3\n"
    intake = joined([f"Lee Ann_71{MOODLE}"], text)

    assert owners(intake) == {"3": f"Lee Ann_71{MOODLE}"}


def test_moodles_number_is_never_taken_for_a_student_number(joined):
    intake = joined([f"Kim Minsu_2{MOODLE}"])

    assert owners(intake) == {"1": f"Kim Minsu_2{MOODLE}"}


def test_a_number_and_a_name_of_different_learners_contradict(joined):
    text = "Identifier,Full name,ID number\nParticipant 70,Kim,1\nParticipant 71,Lee,2\n"
    intake = joined([f"Lee_70{MOODLE}"], text)

    assert told(intake) == [("ambiguous", f"Lee_70{MOODLE}")]


def test_a_canvas_learner_is_found_by_number(joined):
    text = 'Student,ID,SIS User ID,Section\n"Kim, Minsu",55,2023,A\n'
    intake = joined(["other_55_900_layers.py"], text)

    assert [(one.learner.id, one.learner.section) for one in intake.assigned] == [("2023", "A")]


def test_a_canvas_learner_is_found_by_the_name_as_canvas_squeezes_it(joined):
    intake = joined(["oneilkimmin_55_900_layers.py"], 'id,name\n7,"O\'Neil, Kim-Min"\n')

    assert list(owners(intake)) == ["7"]


def test_two_users_of_canvas_with_the_one_name_of_the_roster_are_not_two_attempts(joined):
    intake = joined(["kim_55_900_a.py", "kim_56_901_a.py"], "id,name\n7,Kim\n")

    assert told(intake) == [("several", "kim_55_900_a.py"), ("several", "kim_56_901_a.py")]


def test_gradescopes_sid_goes_before_the_name(tmp_path):
    metadata = b"submission_5:\n  :submitters:\n  - :name: Nick\n    :sid: '3'\n    :email: ANN3@x.org\n"
    top = folder(tmp_path, {"submission_5/a.py": LAYERS, "submission_metadata.yml": metadata})

    assert owners(open_intake(top, roster(tmp_path, CLASS))) == {"3": "submission_5"}


def test_two_people_of_gradescope_with_only_a_name_are_not_two_attempts(tmp_path):
    metadata = b"submission_5:\n  :submitters:\n  - :name: Kim\nsubmission_6:\n  :submitters:\n  - :name: Kim\n"
    files = {"submission_5/a.py": LAYERS, "submission_6/a.py": LAYERS, "submission_metadata.yml": metadata}

    assert told(open_intake(folder(tmp_path, files))) == [("several", "submission_5"), ("several", "submission_6")]


def attempt(name, number):
    learner = Learner(key="1", id="1")
    return Entry(
        name=name, export=Export.GRADESCOPE, learner=learner, files=((name, name),), is_folder=True, attempt=number
    )


def test_of_numbered_attempts_the_largest_number_counts():
    assigned, unassigned = join([attempt("s_10", 10), attempt("s_9", 9), attempt("s_8", 8)], None)

    assert [one.entry.name for one in assigned] == ["s_10"]
    assert [(one.reason.value, one.entry) for one in unassigned] == [("older", "s_8"), ("older", "s_9")]


@pytest.mark.parametrize("numbers", [(5, 5), (None, 5), (None, None)])
def test_attempts_without_an_order_count_for_nobody(numbers):
    assigned, unassigned = join([attempt("a", numbers[0]), attempt("b", numbers[1])], None)

    assert assigned == []
    assert [(one.reason.value, one.entry) for one in unassigned] == [("several", "a"), ("several", "b")]


def test_a_name_in_another_unicode_form_is_the_same(joined):
    assert list(owners(joined(["\u1112\u1169\u11bc.py"], "id,name\n1,홍\n"))) == ["1"]


def test_an_invisible_character_makes_another_name(joined):
    assert told(joined(["Kim\u200b.py"], "id,name\n1,Kim\n"))[0] == ("unknown", "Kim\\u200b.py")


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "no submission: Kim Minsu (1)"), ("ko", "낸 파일이 없습니다: Kim Minsu (1)")],
)
def test_each_reason_is_one_line_in_the_readers_language(joined, code, text):
    missing = next(one for one in joined(["2"]).unassigned if one.reason == "missing")

    assert missing.text(language(code)) == text


def test_what_needs_a_decision_comes_first(joined):
    intake = joined(["nobody", "Lee Ann", "notes.txt", "1"])

    assert [reason for reason, _ in told(intake)] == ["unknown", "ambiguous", "not_code"]
