"""``dout assignment new``: an assignment of one's own that is in order at once."""

import pytest

from harness.cli import main

FILES = {
    "assignment.toml",
    "catalogue.en.toml",
    "catalogue.ko.toml",
    "examples/right/other_words.py",
    "examples/wrong/shared_memory.py",
    "examples/wrong/swapped.py",
    "examples/wrong/without_dout.py",
    "reference.py",
}


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_assignment_is_in_order_at_once(tmp_path, capsys):
    folder = tmp_path / "Chapter 6"
    assert main(["assignment", "new", str(folder)]) == 0
    assert written(folder) == FILES
    assert f"dout assignment check {folder}" in capsys.readouterr().out
    assert main(["assignment", "check", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("chapter-6 version 1: ")
    assert "    100  in all; the reference layers earn every point" in out
    assert "examples: 1 right, each with every point; 3 wrong, none with every point" in out
    assert written(folder) == FILES


@pytest.mark.parametrize(("name", "made"), [("비교", "my-assignment"), ("_odd_", "odd"), ("Kap. 7/b", "b")])
def test_the_id_is_made_of_the_folders_name(name, made, tmp_path, capsys):
    assert main(["assignment", "new", str(tmp_path / name)]) == 0
    assert main(["assignment", "show", str(tmp_path / name)]) == 0
    assert f"\n{made} version 1" in capsys.readouterr().out


@pytest.mark.parametrize("there", sorted(FILES))
def test_nothing_is_overwritten_and_nothing_written_beside_what_is_there(there, tmp_path, capsys):
    path = tmp_path / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine", "utf-8")
    assert main(["assignment", "new", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"dout: {path} exists already; nothing was written\n")
    assert written(tmp_path) == {there}
    assert path.read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["assignment", "new", str(tmp_path / "file" / "x")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_every_key_of_an_assignment_is_shown_in_the_new_one_or_has_a_reason_not_to_be(tmp_path):
    from harness.assignment.records import COMPUTED, Assignment, CheckSpec, LayerSpec, LimitSpec

    assert main(["assignment", "new", str(tmp_path)]) == 0
    text = (tmp_path / "assignment.toml").read_text("utf-8")
    fields = {name for record in (Assignment, CheckSpec, LayerSpec, LimitSpec) for name in record.__struct_fields__}
    # Only where names of classes vary.
    unusual = {"word", "look_alikes"}
    assert {name for name in fields - COMPUTED if name not in text} == unusual
