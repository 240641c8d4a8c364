"""Many values, and many rows, that come as one parameter: what is found and kept, and that an index finds it."""

import pytest
import sqlalchemy as sa
from ground import Ground

from harness.service.database import Database
from harness.service.many_rows import among, as_rows, insert_rows
from harness.service.schema import user
from harness.service.store import attempts, looking, revisions, sessions

ODD = ["", "a,b", '"', "'", "{}", "\\", "é한", "NULL", "%s", "1", "]"]
STATEMENTS = {
    "by token": sessions._BY_TOKEN,
    "note uses": sessions._NOTED,
    "revisions": revisions._NEWEST,
    "assignments": looking._assignments_by_id(),
    "known": attempts._KNOWN,
    "standings": attempts._standings(is_sqlite=True),
}


def test_a_column_is_one_of_many_values_whatever_they_are(database):
    ground = Ground(database)
    made = {name: ground.learner(None, name) for name in ODD}
    statement = sa.select(user.c.id).where(among(user.c.name, "names"))
    with database.reading() as connection:
        for asked in ([], ODD[:1], ODD[3:5], [*ODD, "nobody"], [*ODD, *ODD]):
            found = connection.execute(statement, {"names": asked}).scalars().all()
            assert sorted(found) == sorted(made[name] for name in {*asked} & {*made})


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_each_submission_asks_for_is_found_by_an_index(sqlite_site, name):
    texts = []

    @sa.event.listens_for(sqlite_site.database._reader, "before_cursor_execute")
    def seen(connection, cursor, text, *_):
        texts.append(text)

    wanted = {key: ["x"] for key in ("digests", "tokens", "ids")} | as_rows([])
    with sqlite_site.database.reading() as connection:
        connection.execute(STATEMENTS[name], wanted).all()
        text = texts[-1]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("[]",) * text.count("?"))]
    assert [step for step in plan if step.startswith("SEARCH")]
    assert not [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]


def test_postgresql_finds_by_an_index_what_was_handed_in_before_also_when_that_is_nothing_yet(postgresql_url):
    database = Database(postgresql_url)
    statement = attempts._standings(is_sqlite=False)

    @sa.event.listens_for(database.engine, "before_cursor_execute", retval=True)
    def explained(connection, cursor, text, parameters, *_):
        return f"EXPLAIN {text}", parameters

    with database.reading() as connection:
        plans = connection.execute(statement, as_rows([])).scalars().all()
    database.close()
    assert [step for step in plans if "Index" in step]
    assert not [step for step in plans if "Seq Scan on submission" in step]


def test_rows_that_come_as_one_parameter_are_what_they_were(database):
    made = [
        {"id": f"{number:036}", "name": name, "email": None if number % 2 else f"{number}@x", "is_admin": number > 3}
        for number, name in enumerate(ODD)
    ]
    insert = insert_rows(
        user, [*made[0]], is_sqlite=database.is_sqlite, created_at=sa.bindparam("now", type_=sa.Float())
    )
    now = 1_800_000_000.123_456_7
    with database.writing() as connection:
        connection.execute(insert, {"now": now, **as_rows(made)})
        connection.execute(insert, {"now": now, **as_rows([])})
        found = connection.execute(
            sa.select(user).where(among(user.c.name, "names")).order_by(user.c.id), {"names": ODD}
        )
        rows = [dict(row) for row in found.mappings()]
    assert [{name: row[name] for name in made[0]} for row in rows] == made
    assert {row["created_at"] for row in rows} == {now}
