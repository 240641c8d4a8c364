"""Taking a submission in: all of it or nothing, once, at the right time, and no more often than is allowed."""

import threading

import pytest
from ground import Ground

from harness.service.database import Database
from harness.service.schema import blob, submission
from harness.service.store.accepting import Accepted, Incoming, Refused, accept_all


def refused(ground: Ground, *arguments, **options) -> Refused:
    with pytest.raises(Refused) as caught:
        ground.hand_in(*arguments, **options)
    return caught.value


def test_what_is_accepted_is_there_with_its_bytes_and_its_job(ground):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course)
    accepted = ground.hand_in(work, learner, b"x = 1\n")
    assert (accepted.number, accepted.is_late, accepted.is_new) == (1, False, True)
    (row,) = ground.rows(submission)
    assert (row["id"], row["status"], row["gen"], row["revision"]) == (accepted.id, "queued", 0, 1)
    assert [one["data"] for one in ground.rows(blob)] == [b"x = 1\n"]
    assert ground.jobs.given == [(accepted.id, 0, course, 1)]


def test_the_same_key_is_the_same_submission(ground):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course)
    first = ground.hand_in(work, learner, key="k")
    again = ground.hand_in(work, learner, key="k")
    assert (again.id, again.is_new) == (first.id, False)
    assert len(ground.rows(submission)) == len(ground.jobs.given) == 1


def test_the_same_key_for_another_file_is_refused(ground):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course)
    ground.hand_in(work, learner, key="k")
    assert refused(ground, work, learner, b"other", key="k").code == "key-reused"


def test_two_learners_may_use_the_same_key(ground):
    course = ground.course()
    work = ground.assignment(course)
    made = {ground.hand_in(work, ground.learner(course), key="k").id for _ in range(2)}
    assert len(made) == 2


def test_the_same_bytes_are_kept_once(ground):
    course = ground.course()
    work = ground.assignment(course)
    for _ in range(3):
        ground.hand_in(work, ground.learner(course), b"same")
    assert len(ground.rows(blob)) == 1


def test_an_assignment_that_is_not_there_takes_nothing(ground):
    assert refused(ground, "nothing", ground.learner(None)).code == "no-assignment"


@pytest.mark.parametrize(("times", "code"), [({"open_at": 60.0}, "not-open"), ({"close_at": -60.0}, "closed")])
def test_nothing_is_taken_before_it_opens_or_after_it_closes(ground, database, times, code):
    with database.reading() as connection:
        now = database.now(connection)
    course = ground.course()
    work = ground.assignment(course, **{name: now + seconds for name, seconds in times.items()})
    problem = refused(ground, work, ground.learner(course))
    assert problem.code == code
    assert (problem.retry_after is not None) == (code == "not-open")


def test_between_due_and_closed_it_is_late(ground, database):
    with database.reading() as connection:
        now = database.now(connection)
    course = ground.course()
    work = ground.assignment(course, due_at=now - 60, close_at=now + 60)
    assert ground.hand_in(work, ground.learner(course)).is_late


def test_no_more_are_taken_than_are_allowed(ground):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course, max_attempts=2)
    ground.hand_in(work, learner)
    ground.hand_in(work, learner)
    assert refused(ground, work, learner).code == "no-attempts-left"
    assert ground.hand_in(work, ground.learner(course)).number == 1


def test_one_that_could_not_be_graded_is_not_counted(ground, database):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course, max_attempts=1)
    ground.hand_in(work, learner)
    with database.writing() as connection:
        connection.execute(submission.update().values(counts=False, status="failed"))
    assert ground.hand_in(work, learner).number == 2


def test_a_learner_waits_between_two_submissions(ground):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course, cooldown_s=50.0)
    ground.hand_in(work, learner)
    problem = refused(ground, work, learner)
    assert problem.code == "too-soon"
    assert 40 < problem.retry_after <= 50


def test_a_first_submission_goes_before_anyones_second(ground):
    course = ground.course()
    eager, work = ground.learner(course), ground.assignment(course)
    for _ in range(3):
        ground.hand_in(work, eager)
    ground.hand_in(work, ground.learner(course))
    assert [priority for *_, priority in ground.jobs.given] == [1, 2, 3, 1]


def test_submissions_at_the_same_moment_keep_to_the_limit(ground, database: Database):
    course = ground.course()
    learner, work = ground.learner(course), ground.assignment(course, max_attempts=3)
    codes: list[str] = []

    def hand_in() -> None:
        try:
            ground.hand_in(work, learner)
        except Refused as problem:
            codes.append(problem.code)

    threads = [threading.Thread(target=hand_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row["number"] for row in ground.rows(submission)) == [1, 2, 3]
    assert codes == ["no-attempts-left"] * 5


def test_many_at_once_are_taken_as_if_they_had_come_one_after_the_other(ground, database: Database):
    course, other = ground.course(), ground.course("other")
    work, little = ground.assignment(course), ground.assignment(other, max_attempts=1)
    mina, jun = ground.learner(course, "Mina"), ground.learner(course, "Jun")
    before = ground.hand_in(work, jun, b"old", key="old")
    came = [
        (work, mina, "a", b"1"),
        (work, mina, "a", b"1"),
        (work, mina, "a", b"2"),
        (work, mina, "b", b"2"),
        (work, jun, "old", b"old"),
        (work, jun, "a", b"1"),
        (little, mina, "a", b"1"),
        (little, mina, "b", b"1"),
        ("nowhere", mina, "a", b"1"),
    ]
    incoming = [
        Incoming(assignment_id=where, user_id=who, name="layers.py", data=data, idempotency_key=key)
        for where, who, key, data in came
    ]
    with database.writing() as connection:
        results = accept_all(database, ground.jobs, connection, incoming)
    told = [(one.number, one.is_new) if isinstance(one, Accepted) else one.code for one in results]
    assert told == [
        *((1, True), (1, False), "key-reused", (2, True)),
        *((1, False), (2, True), (1, True), "no-attempts-left", "no-assignment"),
    ]
    new = [one for one in results if isinstance(one, Accepted) and one.is_new]
    assert {row["id"] for row in ground.rows(submission)} == {before.id, *(one.id for one in new)}
    assert ground.jobs.given[1:] == [
        *((new[0].id, 0, course, 1), (new[1].id, 0, course, 2)),
        *((new[2].id, 0, course, 2), (new[3].id, 0, other, 1)),
    ]
    assert sorted(one["data"] for one in ground.rows(blob)) == [b"1", b"2", b"old"]
