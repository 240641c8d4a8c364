"""What the names of an export say."""

import pytest

from harness.intake.exports import CanvasName, MoodleName, canvas_name, is_canvas, moodle_name


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "folder": ("Kim Minsu_657_assignsubmission_file_", MoodleName("Kim Minsu", "657", True, None)),
        "folder without the last underscore": (
            "Kim Minsu_657_assignsubmission_file",
            MoodleName("Kim Minsu", "657", True, None),
        ),
        "file of a flat export": (
            "김민수_657_assignsubmission_file_my_layers.py",
            MoodleName("김민수", "657", True, "my_layers.py"),
        ),
        "online text": ("Kim_657_assignsubmission_onlinetext_", MoodleName("Kim", "657", False, None)),
        "feedback": ("Kim_657_assignfeedback_editpdf_", MoodleName("Kim", "657", False, None)),
        "underscores left in the name": ("Lee_Ann_7_assignsubmission_file_", MoodleName("Lee_Ann", "7", True, None)),
        "no number": ("Kim_assignsubmission_file_", None),
        "plain": ("Kim_657", None),
    }.values(),
)
def test_a_name_of_moodle_says_name_number_and_file(name, said):
    assert moodle_name(name) == said


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "in time": ("kimminsu_12_345_layers.py", CanvasName("kimminsu", "12", False, 345, "layers.py")),
        "late": ("kimminsu_LATE_12_345_layers-2.py", CanvasName("kimminsu", "12", True, 345, "layers-2.py")),
        "a file name with numbers": ("kim_12_345_1_2_x.py", CanvasName("kim", "12", False, 345, "1_2_x.py")),
        "anonymous": ("anon_aB3dE_345_layers.py", CanvasName("", "aB3dE", False, 345, "layers.py")),
        "anonymous and late": ("LATE_anon_aB3dE_345_a.py", CanvasName("", "aB3dE", True, 345, "a.py")),
        "text entry": ("kimminsu_LATE_12_text.html", CanvasName("kimminsu", "12", True, None, "")),
        "link": ("kimminsu_12_link.html", CanvasName("kimminsu", "12", False, None, "")),
        "a learner named late": ("late_12_345_a.py", CanvasName("late", "12", False, 345, "a.py")),
        "one number": ("kimminsu_12_layers.py", None),
        "a number too long to be one": (f"kim_{'9' * 5000}_1_a.py", None),
    }.values(),
)
def test_a_name_of_canvas_says_name_number_lateness_and_attachment(name, said):
    assert canvas_name(name) == said


def test_files_that_all_fit_are_an_export_of_canvas():
    assert is_canvas({"kim_1_10_a.py": False, "lee_LATE_2_11_a.py": False, "park_3_text.html": False})


@pytest.mark.parametrize(
    "names",
    {
        "an attachment twice (weeks 3 and 4, problem 1)": ["kim_3_1_a.py", "lee_4_1_a.py"],
        "one number for two people": ["kim_3_1_a.py", "lee_3_2_a.py"],
        "another code file": ["kim_3_1_a.py", "lee.py"],
        "nothing of it": ["kim.py"],
        "text only": ["kim_3_text.html"],
    }.values(),
)
def test_names_that_only_look_like_canvas_are_not_taken_for_it(names):
    assert not is_canvas(dict.fromkeys(names, False))


def test_a_folder_among_them_is_not_canvas():
    assert not is_canvas({"kim_1_10_a.py": False, "lee": True})
