"""Connections to PostgreSQL: what was prepared on one stays prepared, and one that is gone is replaced."""

import pytest
import sqlalchemy as sa

from harness.service import database as database_module
from harness.service.database import Database

_ID = sa.text("SELECT pg_backend_pid()")
_PREPARED = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%pg_backend_pid%'")


@pytest.fixture
def one(postgresql_url):
    """A database to which there is one connection at a time."""
    made = Database(postgresql_url, pool=1)
    yield made
    made.close()


def read(database, statement=_ID):
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def end(database, process):
    with database.writing() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})


def test_what_is_asked_often_is_prepared_once_and_stays_so(one):
    for _ in range(7):
        read(one)
    with one.writing() as connection:
        connection.execute(_ID)
    assert read(one, _PREPARED) == 1


def test_a_connection_that_ended_while_nobody_used_it_is_replaced(one, postgresql_url, monkeypatch):
    monkeypatch.setattr(database_module, "_SURE_SECONDS", 0.0)
    before, other = read(one), Database(postgresql_url)
    end(other, before)
    other.close()
    assert read(one) != before
    with one.writing() as connection:
        assert connection.execute(_ID).scalar_one() != before


def test_a_connection_that_ended_a_moment_after_it_was_used_is_missed_once(one, postgresql_url, monkeypatch):
    monkeypatch.setattr(database_module, "_SURE_SECONDS", 60.0)
    before, other = read(one), Database(postgresql_url)
    end(other, before)
    other.close()
    with pytest.raises(sa.exc.OperationalError):
        read(one)
    assert read(one) != before


def test_a_read_leaves_no_transaction_open(one, postgresql_url):
    other = Database(postgresql_url)
    with one.reading() as connection:
        process = connection.execute(_ID).scalar_one()
        state = sa.text("SELECT state FROM pg_stat_activity WHERE pid = :process")
        with other.reading() as watching:
            assert watching.execute(state, {"process": process}).scalar_one() == "idle"
    other.close()
