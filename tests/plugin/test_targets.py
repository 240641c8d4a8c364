import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.grading_session.targets import Target, choose, find_targets, path_from


@pytest.fixture
def folder(tmp_path):
    for name in ("layers.py", "a/layers.py", "b/layers.py", "odd::name.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def found(folder, *values, ini_paths=()):
    targets = find_targets(values, ini_paths=ini_paths, root=folder, working=folder)
    return [(target.path.relative_to(folder).as_posix(), target.only) for target in targets]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a/layers.py"], [("a/layers.py", [])]),
        (["a"], [("a", [])]),
        (["a/../b"], [("b", [])]),
        (["b", "a", "./b"], [("b", []), ("a", [])]),
        (["a/layers.py::X"], [("a/layers.py", ["X"])]),
        (["a/layers.py::X", "a/layers.py::Y"], [("a/layers.py", ["X", "Y"])]),
        (["odd::name.py"], [("odd::name.py", [])]),
        ([None], [("layers.py", [])]),
        ([None, "a"], [("layers.py", []), ("a", [])]),
    ],
    ids=str,
)
def test_values_become_targets(folder, values, expected):
    assert found(folder, *values) == expected


def test_grade_without_a_path_takes_the_configured_ones(folder):
    assert found(folder, None, ini_paths=[folder / "a", folder / "b" / "." / "layers.py"]) == [
        ("a", []),
        ("b/layers.py", []),
    ]


def test_a_configured_path_that_is_not_there_is_named(folder):
    with pytest.raises(UsageError, match=r"there is no gone\.py"):
        found(folder, None, ini_paths=[folder / "gone.py"])


def test_a_home_folder_is_expanded(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert found(folder, "~/a/layers.py") == [("a/layers.py", [])]


def chosen(folder, *arguments):
    targets = [Target(folder / "a" / "layers.py"), Target(folder / "b")]
    choose(targets, [folder / "a" / "layers.py", folder / "b" / "layers.py"], arguments, (folder / "a", folder))
    return [(target.wanted, target.only) for target in targets]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [(True, []), (True, [])]),
        (["b"], [(False, []), (True, [])]),
        (["b/layers.py"], [(False, []), (True, [])]),
        (["b/layers.py::X"], [(False, []), (True, ["X"])]),
        (["b::X"], [(False, []), (True, ["X"])]),
        (["layers.py::X", "b::Y"], [(True, ["X"]), (True, ["Y"])]),
        (["b::X", "b"], [(False, []), (True, [])]),
        (["."], [(True, []), (False, [])]),
        ([".."], [(True, []), (True, [])]),
    ],
    ids=str,
)
def test_positional_arguments_choose(folder, arguments, expected):
    assert chosen(folder, *arguments) == expected


@pytest.mark.parametrize("argument", ["c", "b/other.py::X", "layers.py/x"])
def test_an_argument_that_is_no_part_of_a_submission_is_refused(folder, argument):
    with pytest.raises(UsageError, match="is not part of what --grade grades"):
        chosen(folder, argument)


@pytest.mark.parametrize(("path", "shown"), [("/w/a.py", "a.py"), ("/x/a.py", "../x/a.py"), ("/w/b/a.py", "b/a.py")])
@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_a_path_is_shown_as_one_types_it(path, shown):
    assert path_from(Path("/w"), Path(path)) == shown


def test_a_path_on_another_drive_is_shown_whole(monkeypatch):
    def fail(*paths):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", fail)
    assert path_from(Path("w"), Path("x/a.py")) == "x/a.py"
