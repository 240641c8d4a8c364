"""However an editor saves, it is noticed. What is waited for is the event; how long it takes decides nothing."""

import os
import queue
import threading
from pathlib import Path

import pytest
import watchfiles

from harness.watching.saves import Saves

WAIT = 30.0


def truncate_and_write(path: Path) -> None:
    path.write_text("new", "utf-8")


def write_twice(path: Path) -> None:
    path.write_text("half", "utf-8")
    path.write_text("new", "utf-8")


def replace(path: Path) -> None:
    other = path.with_name("4913~")
    other.write_text("new", "utf-8")
    os.replace(other, path)


def back_up_and_write(path: Path) -> None:
    os.rename(path, path.with_name("layers.py~"))
    path.write_text("new", "utf-8")


def delete_and_recreate(path: Path) -> None:
    path.unlink()
    path.write_text("new", "utf-8")


def recreate_the_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.mkdir()
    path.write_text("new", "utf-8")


EDITORS = [truncate_and_write, write_twice, replace, back_up_and_write, delete_and_recreate, recreate_the_folder]


class Noticed:
    """What the file held whenever something was noticed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.contents: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __call__(self) -> None:
        try:
            self.contents.put(self._path.read_text("utf-8"))
        except OSError:
            self.contents.put(None)

    def wait_for(self, content: str | None) -> None:
        while self.contents.get(timeout=WAIT) != content:
            pass


@pytest.fixture
def path(tmp_path):
    (tmp_path / "work").mkdir()
    path = tmp_path / "work" / "layers.py"
    path.write_text("old", "utf-8")
    return path


@pytest.mark.parametrize("save", EDITORS, ids=lambda save: save.__name__)
def test_every_way_of_saving_is_noticed(path, save):
    noticed = Noticed(path)
    with Saves(path, noticed):
        save(path)
        noticed.wait_for("new")


@pytest.mark.parametrize("save", EDITORS[:-1], ids=lambda save: save.__name__)
def test_it_is_noticed_again_and_again(path, save):
    noticed = Noticed(path)
    with Saves(path, noticed):
        for _ in range(3):
            path.write_text("old", "utf-8")
            noticed.wait_for("old")
            save(path)
            noticed.wait_for("new")


def test_a_file_that_is_made_is_noticed(path):
    path.unlink()
    noticed = Noticed(path)
    with Saves(path, noticed):
        path.write_text("new", "utf-8")
        noticed.wait_for("new")


def test_a_file_that_goes_is_noticed(path):
    noticed = Noticed(path)
    with Saves(path, noticed):
        path.unlink()
        noticed.wait_for(None)


def test_a_file_behind_a_link_is_noticed(path, tmp_path):
    link = tmp_path / "link.py"
    link.symlink_to(path)
    noticed = Noticed(link)
    with Saves(link, noticed):
        path.write_text("new", "utf-8")
        noticed.wait_for("new")


def test_where_the_system_tells_nothing_the_file_is_looked_at(path, monkeypatch):
    def cannot(*_: object, **__: object):
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", cannot)
    noticed = Noticed(path)
    with Saves(path, noticed):
        path.write_text("new", "utf-8")
        noticed.wait_for("new")


def test_another_file_in_the_folder_is_not_noticed(path):
    noticed = Noticed(path)
    with Saves(path, noticed):
        path.with_name("other.py").write_text("x = 1", "utf-8")
        path.write_text("new", "utf-8")
        noticed.wait_for("new")
    while not noticed.contents.empty():
        assert noticed.contents.get() == "new"


def test_no_thread_is_left(path):
    before = threading.active_count()
    with Saves(path, lambda: None):
        assert threading.active_count() > before
    assert threading.active_count() == before
