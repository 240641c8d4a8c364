"""``dout class``: what goes in and what comes out."""

import csv
import io
import json
import subprocess
import time
import zipfile
from pathlib import Path

import jsonschema
import pytest
from class_runs import LOOP, command, environment, files, folder, index, numbered, rows, run, written
from right_layers import RIGHT, SWAPPED

import harness
from harness.class_records import ClassCheck, ClassHead, ClassRow, LeftOut
from harness.intake import Reason

SCHEMA = json.loads((Path(harness.__file__).parent / "class.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
REPORT = jsonschema.Draft202012Validator(
    json.loads((Path(harness.__file__).parent / "report.schema.json").read_text("utf-8"))
)
ROSTER = "id,name,section\nkim,Kim Minsu,1\nlee,이영희,2\npark,Park,2\n"


def grades(out):
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["learner"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A class with everything in it, graded once."""
    top = tmp_path_factory.mktemp("mixed")
    given = {
        "kim.py": RIGHT,
        "lee/layers.py": SWAPPED,
        "stranger.py": RIGHT,
        "notes.txt": "hello",
        "choi.py": "%PDF-1.4 this is no Python(",
        "yoon.py": LOOP,
    }
    (top / "roster.csv").write_text(ROSTER + "choi,Choi,1\nyoon,<script>alert(1)</script>,=1+1\n", "utf-8")
    done = run(folder(top / "in", given), "-o", top / "out", "--roster", top / "roster.csv", status=3)
    return top / "out", done


def test_each_submission_has_a_score_a_report_and_a_page(mixed):
    out, _ = mixed
    found = rows(out)
    assert {name: row["score"] for name, row in found.items()} == {
        "kim": 100,
        "lee": 45,
        "choi": 0,
        "yoon": found["yoon"]["score"],
    }
    assert 0 < found["yoon"]["score"] < 50
    for row in found.values():
        report = json.loads((out / row["report"]).read_text("utf-8"))
        REPORT.validate(report)
        assert (report["score"], report["submission"]["sha256"]) == (row["score"], row["sha256"])
        assert "<!DOCTYPE html>" in (out / row["page"]).read_text("utf-8")


def test_the_index_keeps_to_its_schema(mixed):
    VALIDATOR.validate(index(mixed[0]))


def test_the_schema_has_the_fields_of_the_records_in_their_order():
    parts = {"check": ClassCheck, "row": ClassRow, "left_out": LeftOut}
    for name, record in parts.items():
        assert (
            list(SCHEMA["$defs"][name]["properties"])
            == SCHEMA["$defs"][name]["required"]
            == list(record.__struct_fields__)
        )
    assert list(SCHEMA["properties"]) == SCHEMA["required"] == [*ClassHead.__struct_fields__, "rows", "left_out"]
    assert SCHEMA["$defs"]["left_out"]["properties"]["reason"]["enum"] == [reason.value for reason in Reason]


@pytest.mark.parametrize(
    "change", [{"score": None}, {"outcome": "fine"}, {"page": "../x.html"}, {"more": 1}, {"name": "\x1b"}]
)
def test_an_altered_index_does_not_keep_to_the_schema(mixed, change):
    altered = index(mixed[0])
    altered["rows"][0].update(change)
    assert not VALIDATOR.is_valid(altered)


def test_what_belongs_to_nobody_is_listed_and_the_status_is_3(mixed):
    out, done = mixed
    assert {one["reason"]: one["entry"] for one in index(out)["left_out"]} == {
        "unknown": "stranger.py",
        "missing": "",
        "not_code": "notes.txt",
    }
    assert "stranger.py: no learner of the roster has this id" in done.stdout


def test_the_marks_have_a_line_for_each_learner_of_the_roster(mixed):
    found = grades(mixed[0])
    assert (found["kim"]["score"], found["park"]["score"], found["choi"]["score"]) == ("100", "", "0")
    assert found["park"]["note"] == "no submission"
    assert "not Python" in found["choi"]["note"]


def test_a_name_that_is_markup_or_a_formula_is_text_everywhere(mixed):
    out, _ = mixed
    assert grades(out)["yoon"]["name"] == "<script>alert(1)</script>"
    for name, data in files(out).items():
        if name.endswith((".md", ".html")):
            assert b"<script" not in data, name


def test_the_summary_has_numbers_checks_and_what_was_left_out(mixed):
    text = (mixed[0] / "summary.md").read_text("utf-8")
    assert "graded: 3 of 4" in text
    assert "`MUL-SWAP`" in text
    assert "stranger.py" in text


def test_nothing_says_when_or_how_long(mixed):
    for row in rows(mixed[0]).values():
        assert json.loads((mixed[0] / row["report"]).read_text())["timing"] == {"wall_s": 0.0, "cpu_s": 0.0}


def test_marks_do_not_matter_to_the_status(tmp_path):
    run(folder(tmp_path / "in", {"kim.py": "x = 1", "lee.py": b"\0\1\2"}), "-o", tmp_path / "out")
    assert {row["outcome"] for row in rows(tmp_path / "out").values()} == {"graded", "not_gradable"}


def test_one_job_and_two_write_the_same_bytes(tmp_path):
    given = folder(tmp_path / "in", numbered(6) | numbered(4, SWAPPED, "w") | {"z.py": "def", "loop.py": LOOP})
    run(given, "-o", tmp_path / "one", "--jobs", 1, "--similar")
    run(given, "-o", tmp_path / "two", "--jobs", 2, "--similar")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_report_is_that_of_dout_grade_but_for_its_timing(tmp_path):
    examples = Path(__file__).resolve().parents[2] / "examples"
    out = tmp_path / "out"
    run(examples, "-o", out, "--lang", "ko")
    for path in sorted(examples.iterdir()):
        alone = {}
        for form in ("json", "html"):
            done = subprocess.run(
                [*command()[:-1], "grade", path, "--format", form, "--lang", "ko"],
                env=environment(),
                capture_output=True,
                check=False,
            )
            alone[form] = done.stdout
        report, page = (out / rows(out)[path.stem][name] for name in ("report", "page"))
        assert page.read_bytes() == alone["html"]
        assert json.loads(report.read_bytes()) == json.loads(alone["json"]) | {"timing": {"wall_s": 0, "cpu_s": 0}}


def test_the_same_text_is_graded_once_and_reported_for_each(tmp_path):
    slow = SWAPPED + "import time\ntime.sleep(1.5)\n"
    given, out = folder(tmp_path / "in", {f"s{number}.py": slow for number in range(20)}), tmp_path / "out"
    began = time.monotonic()
    run(given, "-o", out, "--jobs", 1)
    assert time.monotonic() - began < 20 * 1.5
    first = json.loads((out / "reports" / "s0.json").read_text())
    for number in range(20):
        wanted = first | {"submission": first["submission"] | {"name": f"s{number}.py"}}
        assert json.loads((out / "reports" / f"s{number}.json").read_text()) == wanted


def test_notes_on_a_notebook_or_a_zip_reach_the_report_in_the_readers_language(tmp_path):
    cells = [{"cell_type": "code", "source": [text], "metadata": {}, "outputs": []} for text in ("%timeit 1", RIGHT)]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../up.py", RIGHT)
        archive.writestr("layers.py", RIGHT)
    given = {"a.ipynb": notebook, "b.ipynb": notebook, "c.zip": packed.getvalue(), "d.zip": packed.getvalue()}
    out = tmp_path / "out"
    run(folder(tmp_path / "in", given), "-o", out, "--lang", "ko")
    for learner, code in zip("abcd", ("NOTEBOOK-MAGIC", "NOTEBOOK-MAGIC", "ZIP-ENTRY", "ZIP-ENTRY"), strict=True):
        found = rows(out)[learner]
        assert found["score"] == 100
        (note,) = json.loads((out / found["report"]).read_text("utf-8"))["warnings"]
        assert (note["code"], len(note["said"])) == (code, 1)
        assert note["message"] not in (out / found["page"]).read_text("utf-8")


def test_a_zip_is_graded_like_its_folder(tmp_path):
    given = folder(tmp_path / "in", numbered(2) | {"kim/layers.py": SWAPPED})
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in ("s000.py", "s001.py", "kim/layers.py"):
            archive.write(given / name, name)
    run(given, "-o", tmp_path / "one")
    run(tmp_path / "in.zip", "-o", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


NAMES = [
    "../../x",
    "<script>alert(1)</script>",
    "=cmd()",
    "n" * 200,
    "김민수",
    "CON",
    ".hidden",
    "a b",
    "a_b",
    "x/../../y",
]


def test_no_name_of_a_learner_leads_out_of_the_folder(tmp_path):
    roster = "".join(f's{number},"{name}"\n' for number, name in enumerate(NAMES))
    (tmp_path / "r.csv").write_text("login,id\n" + roster, "utf-8")
    given = folder(tmp_path / "in", {f"s{number}.py": f"{RIGHT}# {number}" for number in range(len(NAMES))})
    run(given, "-o", tmp_path / "out", "--roster", tmp_path / "r.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "r.csv"}
    found = index(tmp_path / "out")["rows"]
    assert sorted(row["learner"] for row in found) == sorted(NAMES)
    assert len({row["report"] for row in found}) == len(NAMES)
    for row in found:
        assert (tmp_path / "out" / row["report"]).is_file()
    VALIDATOR.validate(index(tmp_path / "out"))
    assert "'=cmd()" in (tmp_path / "out" / "grades.csv").read_text("utf-8")


def test_the_second_run_grades_only_what_has_changed(tmp_path):
    given, out = folder(tmp_path / "in", numbered(5)), tmp_path / "out"
    run(given, "-o", out)
    before, bytes_before = written(out), files(out)
    run(given, "-o", out)
    assert files(out) == bytes_before
    assert written(out) == before
    (given / "s001.py").write_text(SWAPPED)
    (given / "s004.py").unlink()
    (given / "new.py").write_text(RIGHT)
    run(given, "-o", out)
    after = written(out)
    assert {name for name in after if after[name] != before.get(name)} == {"s001", "new"}
    assert set(rows(out)) == {"s000", "s001", "s002", "s003", "new"}
    assert not (out / "reports" / "s004.json").exists()
    assert rows(out)["s001"]["score"] == 45


@pytest.mark.parametrize("option", [["--fresh"], ["--seed", "7"], ["--lang", "ko"], ["--feedback", "none"]])
def test_all_is_graded_again_when_it_is_asked_for_or_would_give_something_else(tmp_path, option):
    given, out = folder(tmp_path / "in", numbered(2)), tmp_path / "out"
    run(given, "-o", out)
    before = written(out)
    run(given, "-o", out, *option)
    after = written(out)
    assert all(after[name] != before[name] for name in before)


def test_a_learners_name_that_was_corrected_needs_no_grading(tmp_path):
    given, out = folder(tmp_path / "in", {"7.py": RIGHT}), tmp_path / "out"
    (tmp_path / "r.csv").write_text("id,name\n7,Kom\n")
    run(given, "-o", out, "--roster", tmp_path / "r.csv")
    before = written(out)
    (tmp_path / "r.csv").write_text("id,name\n7,Kim\n")
    run(given, "-o", out, "--roster", tmp_path / "r.csv")
    assert (rows(out)["7"]["name"], written(out)) == ("Kim", before)


def test_a_page_that_was_deleted_is_written_again(tmp_path):
    given, out = folder(tmp_path / "in", numbered(2)), tmp_path / "out"
    run(given, "-o", out)
    before = files(out)
    (out / "pages" / "s001.html").unlink()
    run(given, "-o", out)
    assert files(out) == before


def test_without_names_none_is_in_what_is_shown(tmp_path):
    given = folder(tmp_path / "in", {"kim.py": RIGHT, "lee.py": b"\0", "stranger.py": RIGHT, "park.py": SWAPPED})
    (tmp_path / "r.csv").write_text(ROSTER.replace("Park", "Park Jisung"), "utf-8")
    out = tmp_path / "out"
    done = run(given, "-o", out, "--roster", tmp_path / "r.csv", "--anonymous", "--similar", status=3)
    shown = done.stdout + "".join(path.read_text("utf-8") for path in out.iterdir() if path.suffix in {".md", ".html"})
    for name in ("kim", "Kim", "lee", "이영희", "park", "Jisung", "stranger"):
        assert name not in shown
    assert "BINARY" in shown
    assert grades(out)["kim"]["name"] == "Kim Minsu"


def test_a_gradebook_of_canvas_is_filled_in(tmp_path):
    (tmp_path / "g.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,HW (9)\n    Points Possible,,,,,100\nKim,5,,kim,A,\nNo,6,,no,A,\n"
    )
    given = folder(tmp_path / "in", {"kim.py": RIGHT, "who.py": SWAPPED})
    done = run(given, "-o", tmp_path / "out", "--gradebook", f"canvas={tmp_path / 'g.csv'}", "--column", "HW",
               "--gradebook", "blackboard")  # fmt: skip
    assert "Kim,5,,kim,A,100\n" in (tmp_path / "out" / "gradebook-canvas.csv").read_text()
    assert '"kim"' in (tmp_path / "out" / "gradebook-blackboard.csv").read_text()
    assert "No row in the gradebook of canvas (1)\n  who" in done.stdout
    (tmp_path / "r.csv").write_text("login,name\nkim,Kim\nwho,Who Else\n")
    done = run(given, "-o", tmp_path / "out", "--gradebook", f"canvas={tmp_path / 'g.csv'}", "--column", "HW",
               "--roster", tmp_path / "r.csv")  # fmt: skip
    assert "No row in the gradebook of canvas (1)\n  Who Else (who)" in done.stdout


def test_the_worksheet_of_moodle_is_filled_in_by_the_numbers_in_its_zip(tmp_path):
    names = {"Ada Lovelace_71": RIGHT, "Kim Minsu_72": SWAPPED, "Kim Minsu_73": RIGHT}
    given = folder(tmp_path / "in", {f"{name}_assignsubmission_file_/layers.py": text for name, text in names.items()})
    worksheet = tmp_path / "worksheet.csv"
    worksheet.write_text(
        "Identifier,Full name,Grade,Maximum Grade\n"
        "Participant 71,Ada Lovelace,,100.00\nParticipant 72,Kim Minsu,,100.00\nParticipant 73,Kim Minsu,,100.00\n"
    )
    out = tmp_path / "out"
    done = run(given, "-o", out, "--gradebook", f"moodle={worksheet}")
    assert "No row" not in done.stdout
    assert (out / "gradebook-moodle.csv").read_text().splitlines()[1:] == [
        "Participant 71,Ada Lovelace,100,100.00",
        "Participant 72,Kim Minsu,45,100.00",
        "Participant 73,Kim Minsu,100,100.00",
    ]


def test_a_new_gradebook_of_canvas_has_the_numbers_in_its_zip_in_the_column_of_canvas(tmp_path):
    given = folder(tmp_path / "in", {"lovelaceada_11_901_layers.py": RIGHT, "kimminsu_LATE_12_902_layers.py": SWAPPED})
    run(given, "-o", tmp_path / "out", "--gradebook", "canvas")
    marks = (tmp_path / "out" / "gradebook-canvas.csv").read_text().splitlines()
    assert marks[2:] == ["lovelaceada,11,,,,100", "kimminsu,12,,,,45"]


def test_a_class_that_lies_in_one_folder_of_another_name_is_told_from_one_learner(tmp_path):
    given = folder(tmp_path / "in", {"chapter5/kim.py": RIGHT, "chapter5/lee.py": SWAPPED})
    done = run(given, "-o", tmp_path / "out")
    assert "Is it a whole class? (1)\n  chapter5 was taken for one learner" in done.stdout
    assert "Is it a whole class?" not in run(given / "chapter5", "-o", tmp_path / "each").stdout
    folder(given, {"chapter5/layers.py": RIGHT})
    assert "Is it a whole class?" not in run(given, "-o", tmp_path / "out").stdout


def test_late_is_told_only_where_the_platform_says_it(tmp_path):
    run(folder(tmp_path / "canvas", {"lee_11_901_a.py": RIGHT, "kim_LATE_12_902_a.py": RIGHT}), "-o", tmp_path / "one")
    run(folder(tmp_path / "plain", {"lee.py": RIGHT}), "-o", tmp_path / "two")
    assert {row["name"]: row["late"] for row in grades(tmp_path / "one").values()} == {"lee": "no", "kim": "yes"}
    assert grades(tmp_path / "two")["lee"]["late"] == ""


def test_what_changed_since_an_earlier_run_is_told(tmp_path):
    given, out = folder(tmp_path / "in", {"kim.py": SWAPPED, "lee.py": RIGHT, "park.py": RIGHT}), tmp_path / "out"
    run(given, "-o", out)
    (given / "kim.py").write_text(RIGHT)
    (given / "park.py").unlink()
    (given / "new.py").write_text(RIGHT)
    done = run(given, "-o", tmp_path / "new", "--compare", out)
    assert "Changed since then (3)" in done.stdout
    assert "kim: 45 → 100" in done.stdout
    with (tmp_path / "new" / "changes.csv").open(newline="") as file:
        found = {row["learner"]: row for row in csv.DictReader(file)}
    assert {name: row["change"] for name, row in found.items()} == {"kim": "changed", "new": "new", "park": "gone"}
    assert (found["kim"]["score_before"], found["kim"]["score_after"]) == ("45", "100")
    assert "MulLayer.backward: wrong -> passed" in found["kim"]["checks"]
    assert "MulLayer.backward: wrong → passed" in (tmp_path / "new" / "summary.md").read_text("utf-8")
    same = run(given, "-o", tmp_path / "new", "--compare", tmp_path / "new" / "report.json")
    assert "Changed since then (0)" in same.stdout


def test_a_file_that_an_earlier_run_was_asked_for_does_not_grow_old_in_the_folder(tmp_path):
    given, out = folder(tmp_path / "in", {"kim.py": RIGHT, "lee.py": RIGHT}), tmp_path / "out"
    run(given, "-o", out)
    run(given, "-o", out, "--similar", "--compare", out, "--gradebook", "canvas")
    assert {"similar.json", "changes.csv", "gradebook-canvas.csv"} <= {path.name for path in out.iterdir()}
    (given / "kim.py").unlink()
    (out / "mine.txt").write_text("mine")
    run(given, "-o", out, "--gradebook", "moodle")
    kept = {"dashboard.html", "summary.md", "grades.csv", "report.json", "gradebook-moodle.csv", "reports", "pages"}
    assert {path.name for path in out.iterdir()} == kept | {".dout", "mine.txt"}


def test_what_changed_about_the_assignment_is_told_before_whose_points_did(tmp_path):
    given = folder(tmp_path / "in", {"kim.py": RIGHT})
    old = tmp_path / "old"
    run(given, "-o", old)
    assert "version 1" not in run(given, "-o", old, "--compare", old).stdout
    before = index(old)
    changed = json.dumps(before | {"max_score": 120, "assignment": before["assignment"] | {"version": "0"}})
    (old / "report.json").write_text(changed)
    told = "ch05-add-mul version 0, 120 points → ch05-add-mul version 1, 100 points"
    done = run(given, "-o", tmp_path / "new", "--compare", old)
    assert told in " ".join(done.stdout.split())
    assert told in (tmp_path / "new" / "summary.md").read_text("utf-8").replace("\\", "")


def test_a_learner_whose_submission_is_nobodys_until_somebody_decides_is_among_the_marks(tmp_path):
    files = {"Kim Minsu_71_assignsubmission_file_": RIGHT, "Kim Minsu_72_assignsubmission_file_": SWAPPED}
    given = folder(tmp_path / "in", {f"{name}/layers.py": text for name, text in files.items()})
    (tmp_path / "r.csv").write_text("id,name\n1,Kim Minsu\n2,Kim Minsu\n3,Lee\n")
    run(given, "-o", tmp_path / "out", "--roster", tmp_path / "r.csv", status=3)
    found = grades(tmp_path / "out")
    assert {name: (row["score"], row["note"]) for name, row in found.items()} == {
        "1": ("", "not graded: nobody has said whose the submission is"),
        "2": ("", "not graded: nobody has said whose the submission is"),
        "3": ("", "no submission"),
    }


def test_a_link_is_not_asked_whose_it_is(tmp_path):
    given = folder(tmp_path / "in", {"kim.py": RIGHT, "LEE.py": RIGHT, "lee.py": SWAPPED})
    (given / "link.py").symlink_to("kim.py")
    out = tmp_path / "out"
    told = run(given, "-o", out, status=3).stdout
    for text, heading in [(told, ""), ((out / "summary.md").read_text("utf-8"), "### ")]:
        whose, _, unread = text.partition(f"{heading}Not read")
        assert "lee.py: LEE handed in more than once" in whose.partition(f"{heading}Not graded: whose is it?")[2]
        assert "link.py: a link" in unread
        assert "link.py: a link" not in whose


def test_the_same_code_is_found_whatever_its_names_and_layout(tmp_path):
    renamed = RIGHT.replace("self.x", "self.left").replace("self.y", "self.right").replace("dout", "d")
    given = {
        "kim.py": RIGHT,
        "lee.py": f"# mine\n{renamed}",
        "park.py": RIGHT.replace("(self, x, y):", "(self, x, y):\n        'says what it does'\n        # and why"),
        "other.py": RIGHT.replace("return x + y", "out = x + y\n        return out"),
    }
    out = tmp_path / "out"
    run(folder(tmp_path / "in", given), "-o", out)
    run(tmp_path / "in", "-o", out, "--similar")
    found = json.loads((out / "similar.json").read_text())
    assert found["compared"] == 4
    (group,) = found["groups"]
    assert (group["learners"], group["count"], group["share"], group["score"]) == (["kim", "lee", "park"], 3, 0.75, 100)
    text = (out / "summary.md").read_text("utf-8")
    assert "| 3 | 75% | 100 | kim, lee, park |" in text
    assert "nothing about how" in text


USES = {
    "nothing there": (["gone", "-o", "out"], "there is no such file or folder"),
    "no folder to write to": (["in"], "the following arguments are required: -o/--output"),
    "an empty name, as of a variable that is not set": (["in", "-o", ""], "no folder has an empty name"),
    "written where it reads": (["in", "-o", "in/out"], "in/out is inside of in"),
    "written over what it reads": (["in", "-o", "in/"], "in/ is where the submissions are"),
    "another folder": (["in", "-o", "other"], "the folder other is not empty"),
    "a folder for a roster": (["in", "-o", "out", "--roster", "other"], "other is a folder\nhint: name a CSV file"),
    "a roster that is not there": (["in", "-o", "out", "--roster", "r.csv"], "r.csv"),
    "no number": (["in", "-o", "out", "--jobs", "0"], "'0' is not a whole number from 1 to 1024"),
    "too many": (["in", "-o", "out", "--jobs", "1025"], "'1025' is not a whole number from 1 to 1024"),
    "a gradebook twice": (
        ["in", "-o", "out", "--gradebook", "canvas", "--gradebook", "canvas=other/g.csv"],
        "--gradebook names canvas twice",
    ),
    "a column of no gradebook": (
        ["in", "-o", "out", "--column", "HW"],
        "--column names a column of a gradebook, and there is none\nhint: name the gradebook too: --gradebook canvas=FILE",
    ),
    "an unknown gradebook": (["in", "-o", "out", "--gradebook", "excel"], "choose from canvas, moodle, blackboard"),
    "nothing to compare with": (["in", "-o", "out", "--compare", "other"], "report.json cannot be read"),
    "nothing to grade there": (["other", "-o", "out"], "other holds nothing that could be a submission"),
    "no gradebook": (
        ["in", "-o", "out", "--gradebook", "canvas=other/x"],
        "other/x: this is no file that Canvas exported",
    ),
    "a column that is not there": (
        ["in", "-o", "out", "--gradebook", "canvas=other/g.csv"],
        "hint: name one of them, to the letter (dout class: with --column)",
    ),
    "other points": (
        ["in", "-o", "out", "--gradebook", "canvas=other/g.csv", "--column", "HW"],
        "other/g.csv: the column 'HW (9)' has 10 points, and the assignment 100",
    ),
    "no index": (["in", "-o", "out", "--compare", "other/x"], "other/x is no index of a class"),
    "an unknown assignment": (["in", "-o", "out", "--assignment", "x"], "there is no assignment 'x'"),
}


@pytest.mark.parametrize("case", USES.values(), ids=USES)
def test_wrong_use_is_said_before_anything_is_graded(tmp_path, case):
    exported = "Student,ID,SIS User ID,SIS Login ID,Section,HW (9)\n    Points Possible,,,,,10\n"
    folder(tmp_path, {"in/kim.py": RIGHT, "other/x": "not mine", "other/g.csv": exported})
    done = run(*case[0], status=2, cwd=tmp_path)
    assert case[1] in done.stderr
    assert not [*tmp_path.rglob("report.json")]
