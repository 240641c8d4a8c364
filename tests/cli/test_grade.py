"""``dout grade``: paths, options and exit statuses, each in a process of its own."""

import base64
import io
import json
import zipfile

import pytest
from commands import RIGHT

from harness.cli import grade, main
from harness.sandbox import runner


def test_a_right_file_exits_with_0_and_a_wrong_one_with_1(dout, right, wrong):
    good, bad = dout("grade", right), dout("grade", wrong)
    assert (good.returncode, bad.returncode) == (0, 1)
    assert b"SCORE 100/100" in good.stdout
    assert b"SCORE 45/100" in bad.stdout
    assert good.stderr == bad.stderr == b""


def test_several_paths_give_several_reports_in_order(dout, right, wrong):
    done = dout("grade", right, wrong, "--format", "json")
    assert [report["submission"]["name"] for report in json.loads(done.stdout)] == ["right.py", "wrong.py"]
    assert done.returncode == 1


def test_a_missing_path_is_told_and_the_others_are_graded(dout, right):
    done = dout("grade", "nowhere.py", right)
    assert done.returncode == 2
    assert b"SCORE 100/100" in done.stdout
    assert done.stderr == (
        b"dout: nowhere.py: there is no such file or folder\nhint: check the spelling, and the folder that you are in\n"
    )


def test_a_file_that_is_not_gradable_exits_with_1_and_shows_why(dout, tmp_path):
    (tmp_path / "empty.py").write_bytes(b"")
    done = dout("grade", tmp_path / "empty.py")
    assert done.returncode == 1
    assert b"NOT GRADABLE  empty.py is empty." in done.stdout


def notebook() -> bytes:
    cell = {"cell_type": "code", "source": RIGHT, "outputs": [], "metadata": {}, "execution_count": None}
    picture = {"cell_type": "markdown", "source": base64.b64encode(bytes(1 << 20)).decode(), "metadata": {}}
    return json.dumps({"cells": [cell, picture], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("homework/layers.py", RIGHT)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data", [RIGHT.encode(), notebook(), archive()], ids=["python", "a notebook over 1 MiB", "zip"]
)
def test_a_dash_reads_standard_input_whatever_is_in_it(dout, data):
    done = dout("grade", "-", "--format", "json", input=data)
    assert json.loads(done.stdout)["score"] == 100
    assert done.returncode == 0


def test_a_folder_is_one_submission(dout, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "layers.py").write_text(RIGHT, "utf-8")
    (tmp_path / "work" / "test_layers.py").write_text("assert False", "utf-8")
    assert dout("grade", tmp_path / "work").returncode == 0


def test_the_seed_chooses_the_cases_and_is_in_the_report(dout, right, tmp_path):
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = json.loads(dout("grade", right, "--seed", "7", "--format", "json", env=cache).stdout)
    again = json.loads(dout("grade", right, "--seed", "7", "--format", "json", env=cache).stdout)
    other = json.loads(dout("grade", right, "--format", "json", env=cache).stdout)
    assert first["seed"] == 7
    assert first["cases"] == again["cases"] != other["cases"]


@pytest.mark.parametrize(
    "env",
    [{"HOME": "/proc"}, {"HOME": None}, {"XDG_CACHE_HOME": "/dev/null/cache"}],
    ids=["a read-only home", "no home", "a cache that cannot be"],
)
def test_another_seed_needs_no_folder_to_keep_its_cases_in(dout, right, env):
    assert dout("grade", right, "--seed", "8", env={"XDG_CACHE_HOME": None} | env).returncode == 0


def test_korean_names_are_shown(dout, tmp_path):
    path = tmp_path / "숙제.py"
    path.write_text(RIGHT, "utf-8")
    assert "숙제.py: ch05-add-mul" in dout("grade", path, env={"PYTHONIOENCODING": "utf-8"}).stdout.decode()


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", ["숙제.py", "é.py", "😀.py"], ids=["korean", "accent", "emoji"])
def test_json_on_any_console_is_json(dout, tmp_path, encoding, name):
    path = tmp_path / name
    path.write_bytes(b"")
    done = dout("grade", path, "--format", "json", env={"PYTHONIOENCODING": encoding})
    assert json.loads(done.stdout.decode(encoding))["submission"]["name"] == name


def test_text_on_a_console_without_the_characters_is_escaped(dout, tmp_path):
    path = tmp_path / "é숙제.py"
    path.write_text(RIGHT, "utf-8")
    done = dout("grade", path, env={"PYTHONIOENCODING": "cp949"})
    assert "\\xe9숙제.py".encode("cp949") in done.stdout
    assert done.returncode == 0


def test_a_name_that_would_steer_the_terminal_is_escaped_on_both_streams(dout, tmp_path):
    (tmp_path / "\x1b[31m.py").write_bytes(b"")
    done = dout("grade", tmp_path / "\x1b[31m.py", tmp_path / "\x1b[32m.py")
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"\\x1b[31m.py is empty" in done.stdout
    assert b"\\x1b[32m.py" in done.stderr


@pytest.fixture
def only_level_d(monkeypatch):
    """A machine that has no lock at all."""
    monkeypatch.setattr(grade, "has_fork_server", lambda: False)
    monkeypatch.setattr(runner, "has_fork_server", lambda: False)


def test_a_level_that_is_not_reached_is_refused_with_3_and_the_way_out(only_level_d, right, capsys):
    assert main(["grade", str(right), "--isolation", "b"]) == 3
    text = " ".join(capsys.readouterr().out.split())
    assert "GRADER FAULT isolation level B was asked for, but this machine reaches D" in text
    assert "Next: run `dout doctor`" in text


def test_without_a_level_the_best_that_there_is_is_taken_and_said(only_level_d, right, capsys):
    assert main(["grade", str(right)]) == 0
    assert "isolation D" in capsys.readouterr().out


def test_a_fault_of_the_grader_is_3_whatever_the_score_to_reach(only_level_d, right):
    assert main(["grade", str(right), "--isolation", "b", "--fail-under", "0"]) == 3
