"""``dout report``: a stored report in any format and language; and the formats of ``dout grade``."""

import json
import re

import pytest

from harness.render import FORMATS, SEVERAL
from harness.render.classroom50 import SET_BY_RUNNER

#: Where a format says how long the grading took.
TIME = re.compile(rb'("(?:wall_s|cpu_s|execution_time|stop|duration)": |(?<= )time=")[\d.e-]+')


@pytest.fixture
def stored(dout, wrong, tmp_path):
    path = tmp_path / "stored.json"
    assert dout("grade", wrong, "--format", "json", "--output", path).returncode == 1
    return path


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_stored_report_is_the_same_as_a_new_one_in_every_format(dout, wrong, stored, name):
    runner = dict.fromkeys(SET_BY_RUNNER.values(), "submit/1")
    # From its folder: what points into a repository has the path of the file, and a stored report its name.
    new = dout("grade", wrong.name, "--format", name, env=runner, cwd=wrong.parent)
    old = dout("report", stored, "--format", name, env=runner)
    assert (new.returncode, old.returncode) == (1, 0)
    assert TIME.sub(b"", new.stdout) == TIME.sub(b"", old.stdout) != b""


def test_a_report_made_in_one_language_is_read_in_another(dout, wrong, tmp_path):
    path = tmp_path / "ko.json"
    dout("grade", wrong, "--format", "json", "--output", path, "--lang", "ko")
    assert b"swapped" in dout("report", path, "--lang", "en").stdout
    assert "기울기가 서로 바뀌었습니다".encode() in dout("report", path, "--lang", "ko").stdout
    assert "기울기".encode() in dout("report", path, env={"DOUT_LANG": "ko"}).stdout


def test_a_report_from_a_pipe_is_read(dout, stored):
    with stored.open("rb") as file:
        done = dout("report", "-", stdin=file)
    assert (done.returncode, b"SCORE 45/100" in done.stdout) == (0, True)


def test_an_array_of_reports_is_read(dout, right, wrong, tmp_path):
    path = tmp_path / "both.json"
    dout("grade", right, wrong, "--format", "json", "--output", path)
    assert dout("report", path).stdout.count(b"SCORE ") == 2


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - SEVERAL))
def test_a_format_that_holds_one_report_refuses_two(dout, right, wrong, name):
    done = dout("grade", right, wrong, "--format", name)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"holds one report, but there are 2" in done.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]x", b"null", b"\xff", b'{"schema": 1}', b"[" * 100_000, b'[{"schema": "dout-report/1"}]',
    ],
    ids=["empty", "no field", "garbage", "null", "no text", "a wrong type", "deep", "a part"],
)  # fmt: skip
def test_what_is_no_report_is_one_line_and_2(dout, tmp_path, data):
    (tmp_path / "x.json").write_bytes(data)
    done = dout("report", tmp_path / "x.json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is not a report: " in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1].startswith(b"hint: ")


def test_a_report_of_another_schema_is_refused(dout, stored):
    stored.write_bytes(stored.read_bytes().replace(b"dout-report/1", b"dout-report/9"))
    done = dout("report", stored)
    assert done.returncode == 2
    assert b"dout-report/9" in done.stderr


def test_a_report_that_is_not_there_is_one_line_and_2(dout):
    assert dout("report", "nowhere.json").returncode == 2


def test_less_feedback_keeps_scores_and_hides_what_was_expected(dout, wrong):
    full = json.loads(dout("grade", wrong, "--format", "json").stdout)
    less = json.loads(dout("grade", wrong, "--format", "json", "--feedback", "actual-only").stdout)
    none = json.loads(dout("grade", wrong, "--format", "json", "--feedback", "none").stdout)
    assert full["score"] == less["score"] == none["score"] == 45
    failed = [next(one for one in report["checks"] if one["verdict"] == "wrong") for report in (full, less, none)]
    assert [bool(one["counterexample"]["expected"]) for one in failed] == [True, False, False]
    assert [one["code"] for one in failed] == ["MUL-SWAP", None, None]
    assert [one["excerpt"] is not None for one in failed] == [True, True, False]
    assert [bool(report["graph"]["nodes"]) for report in (full, less, none)] == [True, False, False]
