"""``dout assignment show``: what an assignment asks, for a reader and for a program."""

import json

import pytest

from harness.cli import main


@pytest.fixture
def folder(tmp_path, capsys, monkeypatch):
    for name in ("DOUT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "line"
    assert main(["assignment", "new", str(made)]) == 0
    file = made / "assignment.toml"
    text = file.read_text("utf-8")
    for old, new in (
        ("# due = ", "due = "),
        ("# visibility", "visibility"),
        ('# feedback = "full"', 'feedback = "actual-only"'),
        ('# feedback = "actual-only"', 'feedback = "none"'),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    capsys.readouterr()
    return made


def shown(capsys, *arguments):
    assert main(["assignment", "show", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_reader_sees_titles_points_limits_what_is_hidden_and_when_it_is_due(folder, capsys):
    lines = shown(capsys, folder).splitlines()
    assert lines[0] == "line version 1: The layer of a straight line"
    assert "  due 2026-12-18" in lines
    assert "  limits: 2 s for a call, 10 s for a file, 512 MiB of memory, 1024 KiB of source" in lines
    assert "  feedback: actual-only" in lines
    assert "  LineLayer: forward(w, x, b) = w * x + b; backward(dout) = dw, dx, db" in lines
    assert "     35  LineLayer.backward: returns dout * x, dout * w and dout" in lines
    assert " ".join(" ".join(lines).split()).endswith("[hidden, feedback: none] 100 in all")


def test_titles_are_in_the_language_that_is_chosen(folder, capsys):
    out = shown(capsys, folder, "--lang", "ko")
    assert out.startswith("line 버전 1: 직선 계층\n")
    assert "LineLayer.forward: w * x + b를 돌려줍니다" in out


def test_the_assignments_language_is_that_of_who_chooses_none(folder, capsys, monkeypatch):
    file = folder / "assignment.toml"
    file.write_text(file.read_text("utf-8").replace("# language = ", "language = "), "utf-8")
    assert "직선 계층" in shown(capsys, folder)
    assert "The layer of a straight line" in shown(capsys, folder, "--lang", "en")
    monkeypatch.setenv("DOUT_LANG", "en")
    assert "The layer of a straight line" in shown(capsys, folder)


def test_a_program_gets_all_of_it_and_no_path_of_this_machine(folder, capsys):
    out = shown(capsys, folder, "--json")
    data = json.loads(out)
    assert (data["id"], data["version"], data["due"], data["max_score"]) == ("line", "1", "2026-12-18", 100)
    assert len(data["sha256"]) == 64
    assert [(check["id"], check["points"]) for check in data["checks"]][1] == ("LineLayer.backward", 35)
    assert data["checks"][-1]["visibility"] == "hidden"
    assert data["titles"] == {"ko": "직선 계층"}
    assert str(folder) not in out


def test_an_assignment_that_comes_with_dout_is_shown(capsys):
    assert "graph shop, of apple_price" in shown(capsys, "ch05-add-mul", "--lang", "en")


def test_an_assignment_that_is_not_there_is_told(capsys):
    assert main(["assignment", "show", "nowhere"]) == 2
    assert "there is no assignment 'nowhere'" in capsys.readouterr().err
