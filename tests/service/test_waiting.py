"""Where a submission waits and for how long: one estimate, which pages and programs are told alike."""

import pytest
from ground import graded

from harness.service.schema import attempt, submission, worker
from harness.service.store.waiting import State, states_now

SECONDS = 20.0


def at_work(ground):
    """Return assignments of two courses; there is one worker with two slots, which took ``SECONDS`` for what it did."""
    database = ground.database
    with database.reading() as connection:
        now = database.now(connection)
    ground.insert(
        worker, executor="w", host="h", version="1", isolation="A", slots=2, is_draining=False, started_at=now,
        seen_at=now,
    )  # fmt: skip
    works = [ground.assignment(ground.course(slug)) for slug in ("one", "two")]
    done = ground.hand_in(works[0], ground.learner(None, "Done")).id
    ground.grade(done, graded())
    with database.writing() as connection:
        connection.execute(attempt.update().values(started_at=now - SECONDS, ended_at=now))
    return works


@pytest.fixture
def working(ground):
    return at_work(ground)


def now(ground, *ids):
    with ground.database.reading() as connection:
        found = states_now(ground.database, connection, ids, 15.0)
    return [found[one] for one in ids]


def test_courses_take_turns_and_slots_work_side_by_side(ground, working):
    first, second = (ground.hand_in(working[0], ground.learner(None, name)).id for name in ("A", "B"))
    others = [ground.hand_in(working[1], ground.learner(None, f"O{number}")).id for number in range(5)]
    # One of the other course's comes before the first, and two before the second.
    assert now(ground, first, second) == [
        State(status="queued", gen=0, place=1, wait_s=20),
        State(status="queued", gen=0, place=2, wait_s=40),
    ]
    assert now(ground, others[4])[0].wait_s == round((5 + 2) * SECONDS / 2)


def test_what_is_being_graded_takes_as_long_as_the_others_did(ground, working):
    one = ground.hand_in(working[0], ground.learner(None, "A")).id
    with ground.database.writing() as connection:
        connection.execute(submission.update().where(submission.c.id == one).values(status="running"))
    assert now(ground, one) == [State(status="running", gen=0, wait_s=20)]


def test_without_a_worker_nothing_is_promised(ground, working):
    with ground.database.writing() as connection:
        connection.execute(worker.update().values(seen_at=1.0))
    one = ground.hand_in(working[0], ground.learner(None, "A")).id
    assert now(ground, one) == [State(status="queued", gen=0, place=1, has_workers=False)]


def test_a_page_and_a_program_are_told_the_same(sqlite_site):
    site, ground = sqlite_site, sqlite_site.ground
    at_work(ground)
    course = site.course("dl")
    mina = site.person("Mina", dl="learner")
    one = ground.hand_in(ground.assignment(course), mina).id
    page, told = (
        site.browser(mina).get(f"/submissions/{one}").text,
        site.browser(mina).get(f"/api/v1/submissions/{one}"),
    )
    queue = told.json()["queue"]
    assert f"Your place in the queue: {queue['position']}" in page
    assert f"About {queue['estimated_wait_s']} s until" in page
