"""Which entries of a class are submissions; the same in a folder and in a zip."""

import os

import pytest
from classes import LAYERS, WORDS, folder, owners, told, zipped

from harness.errors import UsageError
from harness.intake import open_intake

MOODLE = "_assignsubmission_file_"


@pytest.fixture(params=[folder, zipped], ids=["folder", "zip"])
def made(request, tmp_path):
    """Writes a class, as a folder or as a zip, and opens its intake."""

    def opened(files):
        return open_intake(request.param(tmp_path, files))

    return opened


def test_a_file_or_folder_per_learner_is_found(made):
    with made({"kim.py": LAYERS, "lee/layers.py": LAYERS, "park.ipynb": b"{}"}) as intake:
        assert owners(intake) == {"kim": "kim.py", "lee": "lee", "park": "park.ipynb"}
        assert told(intake) == []


def test_learners_come_in_the_order_of_their_keys(made):
    with made({"b.py": LAYERS, "C.py": LAYERS, "a/x.py": LAYERS}) as intake:
        assert list(owners(intake)) == ["a", "b", "C"]


def test_folders_of_moodle_are_found_by_the_participants_number(made):
    with made({f"Kim Minsu_12{MOODLE}/layers.py": LAYERS, f"이_13{MOODLE}/a/b.py": LAYERS}) as intake:
        assert [(one.learner.key, one.learner.name) for one in intake.assigned] == [("12", "Kim Minsu"), ("13", "이")]


def test_moodles_texts_and_feedback_are_listed(made):
    files = {
        f"Kim_12{MOODLE}/layers.py": LAYERS,
        "Kim_12_assignsubmission_onlinetext_/onlinetext.html": b"hi",
        "Kim_12_assignfeedback_comments_/c.html": b"ok",
    }
    with made(files) as intake:
        assert owners(intake) == {"12": f"Kim_12{MOODLE}"}
        assert told(intake) == [
            ("feedback", "Kim_12_assignfeedback_comments_"),
            ("feedback", "Kim_12_assignsubmission_onlinetext_"),
        ]


def test_files_of_a_flat_moodle_export_are_one_submission(made):
    with made({f"Kim_12{MOODLE}notes.txt": b"hi", f"Kim_12{MOODLE}layers.py": LAYERS}) as intake:
        (one,) = intake.assigned

        assert intake.read(one.entry, words=WORDS).name == "Kim/layers.py"


def test_a_canvas_export_tells_late_learners(made):
    with made({"kimminsu_LATE_12_345_layers.py": LAYERS, "leeann_13_346_layers.py": LAYERS}) as intake:
        assert [(one.learner.key, one.entry.late) for one in intake.assigned] == [("12", True), ("13", False)]


def test_a_canvas_file_is_read_under_the_learners_own_name_of_it(made):
    with made({"kimminsu_12_345_layers.py": LAYERS}) as intake:
        assert intake.read(intake.assigned[0].entry).name == "layers.py"


def test_of_a_file_handed_in_twice_to_canvas_the_later_attachment_counts(made):
    files = {"kim_12_1000_layers-1.py": LAYERS + b"x = 1\n", "kim_12_999_layers.py": LAYERS}
    with made(files) as intake:
        (one,) = intake.assigned

        assert "x = 1" in intake.read(one.entry).blocks[0].text
        assert told(intake) == [("older", "kim_12_999_layers.py")]


def test_different_files_of_one_canvas_learner_are_one_submission(made):
    with made({"kim_12_10_layers.py": LAYERS, "kim_12_11_report.pdf": b"%PDF-"}) as intake:
        (one,) = intake.assigned

        assert intake.read(one.entry, words=WORDS).name == "kim/layers.py"


def test_canvas_text_entries_are_listed(made):
    with made({"kim_12_10_layers.py": LAYERS, "lee_LATE_13_text.html": b"hi"}) as intake:
        assert told(intake) == [("feedback", "lee_LATE_13_text.html")]


def test_gradescope_folders_go_to_the_submitters_in_the_metadata(made):
    metadata = (
        b"submission_5:\n  :submitters:\n  - :name: Kim\n    :sid: '1'\n  - :name: Lee\n    :sid: '2'\n"
        b"submission_6:\n  :submitters:\n  - :name: Lee\n    :sid: '2'\n"
        b"submission_8:\n  :submitters:\n  - :name: Park\n    :sid: '3'\n"
    )
    names = ["submission_5/a.py", "submission_6/a.py", "submission_7/a.py"]
    with made({f"export/{name}": LAYERS for name in names} | {"export/submission_metadata.yml": metadata}) as intake:
        assert owners(intake) == {"1": "submission_5", "2": "submission_6"}
        assert told(intake) == [
            ("older", "submission_5"),
            ("unlisted", "submission_7"),
            ("absent", "submission_8"),
        ]


def test_metadata_that_is_not_understood_stops_with_its_line(made):
    with pytest.raises(UsageError, match=r"submission_metadata\.yml:1: "):
        made({"submission_1/a.py": LAYERS, "submission_metadata.yml": b"what\n"})


def test_metadata_that_is_not_utf8_stops(made):
    with pytest.raises(UsageError, match="not UTF-8"):
        made({"submission_1/a.py": LAYERS, "submission_metadata.yml": b"\xff\xfe"})


def test_what_the_system_adds_is_listed_as_such(made):
    files = {"kim.py": LAYERS, "__MACOSX/._kim.py": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", ".git/config": b"x"}
    with made(files) as intake:
        assert list(owners(intake)) == ["kim"]
        assert told(intake) == [("system", name) for name in [".DS_Store", ".git", "Thumbs.db", "__MACOSX"]]


def test_files_that_are_not_graded_are_listed(made):
    with made({"kim.py": LAYERS, "grades.csv": b"x", "test_kim.py": b"x", "conftest.py": b"x"}) as intake:
        assert list(owners(intake)) == ["kim"]
        assert told(intake) == [("not_code", name) for name in ["conftest.py", "grades.csv", "test_kim.py"]]


def test_two_entries_of_one_learner_count_for_nobody(made):
    with made({"kim.py": LAYERS, "Kim/layers.py": LAYERS}) as intake:
        assert owners(intake) == {}
        assert told(intake) == [("several", "Kim"), ("several", "kim.py")]


def test_a_name_in_another_unicode_form_is_the_same_learner(made):
    with made({"e\u0301.py": LAYERS, "\u00e9/layers.py": LAYERS}) as intake:
        assert [reason for reason, _ in told(intake)] == ["several", "several"]


def test_an_export_wrapped_in_one_folder_is_found(made):
    with made({f"hw1/Kim_12{MOODLE}/a.py": LAYERS, "__MACOSX/x": b"", "hw1/.DS_Store": b""}) as intake:
        assert list(owners(intake)) == ["12"]
        assert told(intake) == [("system", ".DS_Store"), ("system", "__MACOSX")]


def test_one_plain_folder_is_one_learner(made):
    with made({"kim/a/layers.py": LAYERS, "kim/b/x.py": b"pass\n"}) as intake:
        assert list(owners(intake)) == ["kim"]


def test_one_plain_folder_with_a_file_that_looks_like_canvas_is_one_learner(made):
    with made({"kim/hong_3_1_layers.py": LAYERS}) as intake:
        assert list(owners(intake)) == ["kim"]


def test_a_class_wrapped_in_a_folder_of_its_own_name_is_unwrapped(made):
    with made({"class/kim.py": LAYERS, "class/lee.py": LAYERS}) as intake:
        assert list(owners(intake)) == ["kim", "lee"]


@pytest.mark.parametrize("name", ["class (1).zip", "class(12).zip"])
def test_a_browsers_number_in_the_name_of_a_zip_changes_nothing(tmp_path, name):
    path = zipped(tmp_path, {"class/kim.py": LAYERS, "class/lee.py": LAYERS}, name)
    with open_intake(path) as intake:
        assert list(owners(intake)) == ["kim", "lee"]


def test_a_hostile_name_is_escaped_for_display(made):
    with made({"\x1b[2Jkim.py": LAYERS}) as intake:
        assert list(owners(intake)) == ["\\x1b[2Jkim"]


def test_a_link_among_the_submissions_is_not_followed(tmp_path):
    (tmp_path / "secret.py").write_bytes(LAYERS)
    top = folder(tmp_path, {"kim.py": LAYERS})
    (top / "lee.py").symlink_to(tmp_path / "secret.py")
    (top / "park").symlink_to(tmp_path)

    with open_intake(top) as intake:
        assert list(owners(intake)) == ["kim"]
        assert told(intake) == [("unsafe", "lee.py"), ("unsafe", "park")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_among_the_submissions_is_not_opened(tmp_path):
    top = folder(tmp_path, {"kim.py": LAYERS})
    os.mkfifo(top / "lee.py")

    with open_intake(top) as intake:
        assert told(intake) == [("unsafe", "lee.py")]


def test_no_submission_is_opened_to_find_it(tmp_path, monkeypatch):
    path = zipped(tmp_path, {"kim.py": LAYERS, f"Lee_1{MOODLE}/a.py": LAYERS})
    monkeypatch.setattr("zipfile.ZipFile.open", None)

    with open_intake(path) as intake:
        assert len(intake.assigned) == 2


def test_a_submitter_who_is_there_twice_hands_in_once(made):
    person = b"  - :name: Kim\n    :sid: '1'\n"
    with made(
        {"submission_5/a.py": LAYERS, "submission_metadata.yml": b"submission_5:\n  :submitters:\n" + person * 2}
    ) as intake:
        assert owners(intake) == {"1": "submission_5"}
        assert told(intake) == []


def test_a_name_that_is_no_unicode_is_shown_escaped(tmp_path):
    top = folder(tmp_path, {"kim.py": LAYERS})
    try:
        (top / os.fsdecode(b"\xb1\xe8.py")).write_bytes(LAYERS)
    except OSError:
        pytest.skip("file names are Unicode here")

    with open_intake(top) as intake:
        assert list(owners(intake)) == ["\\udcb1\\udce8", "kim"]
        assert intake.read(intake.assigned[0].entry).blocks[0].text == LAYERS.decode()


def test_metadata_with_the_outputs_of_every_attempt_may_be_large(made):
    head = b"submission_5:\n  :submitters:\n  - :name: Kim\n    :sid: '1'\n  :results:\n"
    outputs = b"".join(b"    - output: '%032x'\n" % (number * 0x9E3779B97F4A7C15F39CC060) for number in range(360_000))
    assert len(outputs) > 16 << 20

    with made({"submission_5/a.py": LAYERS, "submission_metadata.yml": head + outputs}) as intake:
        assert list(owners(intake)) == ["1"]
