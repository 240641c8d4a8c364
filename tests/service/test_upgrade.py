"""A new version takes over what an earlier one has queued and begun."""

import shutil
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from fleet import Fleet
from processes import until

from harness.service import migrations
from harness.service.schema import attempt, grade, submission, worker

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)

#: A step of a schema to come, for these tests alone: the table that all work is in is another afterwards.
TO_COME = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("to_come", sa.Integer(), nullable=False, server_default="7"))
"""


@pytest.fixture
def to_come(fleet: Fleet, tmp_path: Path) -> Path:
    """Return the migrations of a version to come."""
    folder = tmp_path / "to_come"
    shutil.copytree(migrations._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_to_come.py").write_text(TO_COME.format(head=migrations._is(fleet.database)[1]))
    return folder


def begun(fleet: Fleet) -> list[str]:
    """Have an earlier version queue and grade, and leave in the middle of it; return what was accepted."""
    accepted = fleet.hand_in(25)
    earlier = fleet.worker(before="import harness\nharness.__version__ = '0.0.1'")
    until(lambda: fleet.graded() >= 3)
    assert {row["version"] for row in fleet.ground.rows(worker)} == {"0.0.1"}
    fleet.kill(earlier)
    fleet.ground.counts()
    assert len(fleet.ground.rows(grade)) < len(accepted)
    return accepted


def each_has_one_grade(fleet: Fleet, accepted: list[str]) -> None:
    until(fleet.all_are_done)
    assert fleet.ground.counts() == (len(accepted), len(accepted), 0)
    assert {row["id"] for row in fleet.ground.rows(submission)} == {*accepted}


def test_what_an_earlier_version_has_queued_and_begun_is_graded_by_the_next(fleet):
    accepted = begun(fleet)
    fleet.worker()
    each_has_one_grade(fleet, accepted)
    executors = {row["executor"] for row in fleet.ground.rows(attempt) if row["state"] == "done"}
    assert len(executors) == 2


def test_two_versions_may_work_side_by_side(fleet):
    accepted = fleet.hand_in(25)
    fleet.worker(before="import harness\nharness.__version__ = '0.0.1'")
    fleet.worker()
    each_has_one_grade(fleet, accepted)


def test_work_is_still_there_after_a_step_of_the_schema(fleet, to_come, monkeypatch):
    accepted = begun(fleet)
    monkeypatch.setattr(migrations, "_FOLDER", to_come)
    migrations.migrate(fleet.database)
    with fleet.database.reading() as connection:
        assert [*connection.execute(sa.text("SELECT DISTINCT to_come FROM submission")).scalars()] == [7]
    # The version that does not know this schema is not let in.
    assert fleet.worker().wait(60) == 2
    assert "made by a newer version of dout (schema 9999)" in fleet.logs()
    there = (
        f"import pathlib\nfrom harness.service import migrations\nmigrations._FOLDER = pathlib.Path({str(to_come)!r})"
    )
    fleet.worker(before=there)
    each_has_one_grade(fleet, accepted)
