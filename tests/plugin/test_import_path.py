import sys
from pathlib import Path

import pytest

import harness
from harness.grading_session.trust import close_import_path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "hw" / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path / "hw"


def left_of(*entries, folder):
    sys.path[:] = map(str, entries)
    close_import_path([folder])
    return sys.path


def test_the_submissions_folder_is_taken_off(folder):
    assert left_of(folder, folder.parent, "/usr/lib", folder=folder) == [str(folder.parent), "/usr/lib"]


@pytest.mark.parametrize("entry", ["", "."])
@pytest.mark.parametrize("current", [".", "src"])
def test_the_current_folder_is_taken_off_when_it_is_in_the_submission(folder, monkeypatch, current, entry):
    monkeypatch.chdir(folder / current)
    assert left_of(entry, "/usr/lib", folder=folder) == ["/usr/lib"]


def test_the_current_folder_stays_when_it_is_above_the_submission(folder):
    assert left_of("", "/usr/lib", folder=folder) == ["", "/usr/lib"]


def test_a_link_to_the_submissions_folder_is_taken_off(folder):
    link = folder.parent / "link"
    try:
        link.symlink_to(folder)
    except OSError:
        pytest.skip("no links can be made here")
    assert left_of(link, folder=folder) == []


def test_a_virtual_environment_in_the_submissions_folder_stays(folder):
    packages = folder / ".venv" / "lib" / "python3" / "site-packages"
    assert left_of(packages, folder=folder) == [str(packages)]


def test_the_folder_that_dout_itself_came_from_stays(folder):
    own = Path(harness.__file__).resolve().parent.parent
    assert left_of(own, folder=own) == [str(own)]
