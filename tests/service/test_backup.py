"""A backup that is made while the service works, restored elsewhere, holds everything that was accepted."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fleet import Fleet
from ground import Ground
from processes import until

from harness.errors import UsageError
from harness.service.database import Database
from harness.service.migrations import check_schema, differences, migrate
from harness.service.schema import course, grade, submission

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)


def restored(url: str, fleet: Fleet, folder: Path) -> None:
    """Have what is in the backup graded, and compare it with what was accepted before."""
    accepted = {row["id"] for row in fleet.ground.rows(submission)}
    there = Fleet(url, folder)
    try:
        assert {row["id"] for row in there.ground.rows(submission)} == accepted
        there.worker()
        until(there.all_are_done)
        assert len(there.ground.rows(grade)) == len(accepted)
        there.end()
    finally:
        there.close()


def test_a_backup_of_sqlite_is_whole(sqlite_url, tmp_path):
    fleet = Fleet(sqlite_url, tmp_path / "data")
    try:
        fleet.hand_in(30)
        worker = fleet.worker()
        until(lambda: fleet.graded() >= 2)
        copy = tmp_path / "copy.sqlite3"
        # What `.backup` of the sqlite3 program does.
        with sqlite3.connect(fleet.database.engine.url.database) as old, sqlite3.connect(copy) as new:
            old.backup(new)
        old.close()
        new.close()
        fleet.kill(worker)
        restored(f"sqlite:///{copy}", fleet, tmp_path / "elsewhere")
    finally:
        fleet.close()


def test_a_backup_of_postgresql_is_whole(cluster, postgresql_url, tmp_path):
    fleet = Fleet(postgresql_url, tmp_path / "data")
    try:
        fleet.hand_in(30)
        worker = fleet.worker()
        until(lambda: fleet.graded() >= 2)
        dump = tmp_path / "dump"
        connection = ["-h", str(cluster.folder), "-U", "dout"]
        name = fleet.database.engine.url.database or ""
        subprocess.run([cluster.programs / "pg_dump", *connection, "-Fc", "-f", dump, name], check=True, timeout=60)
        fleet.kill(worker)
        cluster.sql("CREATE DATABASE restored")
        try:
            subprocess.run(
                [cluster.programs / "pg_restore", *connection, "-d", "restored", dump], check=True, timeout=60
            )
            restored(cluster.url("restored"), fleet, tmp_path / "elsewhere")
        finally:
            cluster.sql("DROP DATABASE restored WITH (FORCE)")
    finally:
        fleet.close()


def test_a_database_of_a_newer_version_is_refused(database: Database):
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for does in (check_schema, migrate):
        with pytest.raises(UsageError, match="newer version of dout"):
            does(database)


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database):
    assert differences(database) == []


def test_migrating_twice_changes_nothing(database: Database, ground: Ground):
    made = ground.course()
    migrate(database)
    assert [row["id"] for row in ground.rows(course)] == [made]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """Return the address of a database in which there is nothing."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    cluster = request.getfixturevalue("cluster")
    cluster.sql("CREATE DATABASE empty_one")
    yield cluster.url("empty_one")
    cluster.sql("DROP DATABASE empty_one WITH (FORCE)")


def test_several_that_start_at_once_migrate_once(empty_url, tmp_path):
    command = [sys.executable, "-m", "harness.cli", "service", "migrate"]
    environment = os.environ | {"DATABASE_URL": empty_url, "DOUT_DATA": str(tmp_path / "data")}
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 3, told
    database = Database(empty_url)
    assert differences(database) == []
    database.close()
