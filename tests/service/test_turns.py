"""On SQLite there is one writer at a time: the others wait for it, and not for longer than that takes."""

import threading
import time

import pytest
import sqlalchemy as sa

from harness.service import database as module
from harness.service.database import Database


@pytest.fixture
def opened(sqlite_url):
    made = Database(sqlite_url)
    yield made
    made.close()


def test_a_writer_who_waits_looks_often(opened, monkeypatch):
    slept, enough, real = [], threading.Event(), time.sleep

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) >= 20:
            enough.set()
        real(seconds)

    monkeypatch.setattr(time, "sleep", sleep)

    def write() -> None:
        with opened.writing():
            pass

    thread = threading.Thread(target=write)
    with opened.writing():
        thread.start()
        assert enough.wait(60)
    thread.join()
    # SQLite itself would look every tenth of a second by now.
    assert max(slept) < 0.01


def test_who_waits_for_too_long_is_told(opened, monkeypatch):
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0.1)
    with opened.writing(), pytest.raises(sa.exc.OperationalError, match="locked"), opened.writing():
        pass


def test_whoever_cannot_begin_for_another_reason_does_not_wait(opened):
    with opened.writing() as connection:
        assert not module._has_begun(connection.connection.cursor())
