"""Jobs of many submissions at once are what the queue's own library would have made of each."""

import sqlalchemy as sa
from fleet import Fleet

from harness.service.schema import metadata
from harness.service.store.accepting import Job

#: Of which two jobs have one each, whoever makes them.
OWN = {"creator_xid", "created_at", "updated_at", "retention_timestamp"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def rows(fleet: Fleet) -> dict[str, list[dict[str, object]]]:
    """Return all rows of all tables of the library, without what differs between any two jobs."""
    schema = None if fleet.database.is_sqlite else "dbos"
    found = {}
    with fleet.database.reading() as connection:
        for name in sa.inspect(connection).get_table_names(schema):
            if schema is None and name in metadata.tables:
                continue
            query = f"SELECT * FROM {schema}.{name}" if schema else f"SELECT * FROM {name}"
            found[name] = [
                {key: value for key, value in row.items() if key not in OWN}
                for row in connection.execute(sa.text(query)).mappings()
            ]
    return found


def test_a_copied_job_is_what_the_library_makes(fleet):
    jobs = [Job("first", "a", 1, ""), Job("second", "b", 7, "")]
    with fleet.database.writing() as connection:
        fleet.jobs.enqueue_new(connection, jobs)
    copied = rows(fleet)
    fleet.jobs.forget([(job.submission_id, 0) for job in jobs])
    with fleet.database.writing() as connection:
        for job in jobs:
            fleet.jobs.enqueue(connection, job.submission_id, 0, course_id=job.course_id, priority=job.priority)
    assert copied == rows(fleet)
    assert [row["workflow_uuid"] for row in copied["workflow_status"]] == ["first:0", "second:0"]
    # Another table with a row for each job would have to be copied as well.
    assert {name for name, those in copied.items() if any("second:0" in map(str, row.values()) for row in those)} == {
        "workflow_status",
        "workflow_input",
    }


def test_a_copied_job_has_a_creator_of_its_own(fleet):
    with fleet.database.writing() as connection:
        fleet.jobs.enqueue_new(connection, [Job(name, "a", 1, "") for name in ("first", "second", "third")])
        table = "workflow_status" if fleet.database.is_sqlite else "dbos.workflow_status"
        assert len({*connection.execute(sa.text(f"SELECT creator_xid FROM {table}")).scalars()}) == 3


def test_each_of_many_jobs_goes_on_with_the_trace_that_it_came_in(fleet):
    with fleet.database.writing() as connection:
        fleet.jobs.enqueue_new(connection, [Job("first", "a", 1, ""), Job("second", "a", 1, PARENT)])
    inputs = [row["inputs"] for row in rows(fleet)["workflow_input"]]
    assert inputs == [
        '{"namedArgs":{},"positionalArgs":["first",0]}',
        f'{{"namedArgs":{{}},"positionalArgs":["second",0,"{PARENT}"]}}',
    ]


def test_nothing_is_enqueued_of_nothing(fleet):
    with fleet.database.writing() as connection:
        fleet.jobs.enqueue_new(connection, [])
    assert rows(fleet)["workflow_status"] == []
