"""Many files at once, which a program of an instructor hands in for learners."""

import base64
import json

import pytest
import sqlalchemy as sa
from api_ground import ApiGround
from ground import EXAMPLES

from harness.service import writer as writing
from harness.service.schema import audit, enrolment, submission, user
from harness.service.web.api.shapes import MOST_IN_BATCH

SEED = (EXAMPLES / "seed.py").read_bytes()


@pytest.fixture
def ground(database, tmp_path):
    made = ApiGround(database, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def client(ground, teacher):
    return ground.client(teacher, "submit")


def enrolled(ground, course, name, **changes):
    external_id = changes.pop("external_id", None)
    made = ground.learner(course, name, **changes)
    with ground.database.writing() as connection:
        connection.execute(sa.update(enrolment).where(enrolment.c.user_id == made).values(external_id=external_id))
    return made


def item(learner, *, key="one", data=SEED, **more):
    return {"learner": learner, "idempotency_key": key, "data": base64.b64encode(data).decode(), **more}


def send(client, assignment, *items):
    return client.post(f"/api/v1/assignments/{assignment}/submissions/batch", json={"submissions": [*items]})


def results(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def codes(answer):
    return [(one["status"], one["problem"] and one["problem"]["type"].rpartition(":")[2]) for one in results(answer)]


def test_learners_are_named_by_id_by_the_courses_own_id_or_by_e_mail(ground, course, assignment, client):
    by_id = enrolled(ground, course, "Mina")
    by_number = enrolled(ground, course, "Jun", external_id="2026-7")
    by_email = enrolled(ground, course, "Sora", email="sora@example.org")
    done = results(send(client, assignment, item(by_id), item("2026-7"), item("Sora@Example.org")))
    assert [one["status"] for one in done] == [202] * 3
    rows = {row["id"]: row["user_id"] for row in ground.rows(submission)}
    assert [rows[one["submission"]["id"]] for one in done] == [by_id, by_number, by_email]
    assert len(ground.jobs.given) == 3


def test_what_is_accepted_stays_when_others_are_refused(ground, course, assignment, client):
    mina, jun = enrolled(ground, course, "Mina"), enrolled(ground, course, "Jun")
    answer = send(
        client,
        assignment,
        item("nobody"),
        item(mina),
        item(jun, data=b""),
        item(mina, data=b"x = 1"),
        item(jun, key="two"),
    )
    assert codes(answer) == [(422, "no-learner"), (202, None), (422, "unprocessable"), (422, "key-reused"), (202, None)]
    assert len(ground.rows(submission)) == 2


def test_attempts_and_dates_hold_for_each(ground, course, client):
    mina, jun = enrolled(ground, course, "Mina"), enrolled(ground, course, "Jun")
    once = ground.assignment(course, slug="once", max_attempts=1)
    assert codes(send(client, once, item(mina), item(mina, key="two"), item(jun))) == [
        (202, None),
        (409, "no-attempts-left"),
        (202, None),
    ]
    closed = ground.assignment(course, slug="closed", close_at=1.0)
    assert codes(send(client, closed, item(mina))) == [(409, "closed")]
    slow = ground.assignment(course, slug="slow", cooldown_s=60.0)
    assert codes(send(client, slow, item(mina), item(mina, key="two"))) == [(202, None), (429, "too-soon")]


def test_the_same_batch_once_more_hands_in_nothing(ground, course, assignment, client):
    items = [item(enrolled(ground, course, f"L{number}")) for number in range(5)]
    first, second = results(send(client, assignment, *items)), results(send(client, assignment, *items))
    assert [one["submission"]["id"] for one in first] == [one["submission"]["id"] for one in second]
    assert {one["submission"]["is_new"] for one in second} == {False}
    assert len(ground.rows(submission)) == 5
    made = [row for row in ground.rows(audit) if row["action"] == "submission.make_for"]
    assert len(made) == 5


def test_the_log_says_who_handed_in_for_whom(ground, course, assignment, client, teacher):
    mina = enrolled(ground, course, "Mina")
    (done,) = results(send(client, assignment, item(mina)))
    (row,) = [row for row in ground.rows(audit) if row["action"] == "submission.make_for"]
    assert (row["actor"], row["course_id"]) == (teacher, course)
    assert row["object"] == f"submission:{done['submission']['id']}"
    assert json.loads(row["details"]) == {"learner": mina}


def test_somebody_outside_the_course_or_disabled_is_nobody(ground, course, assignment, client):
    stranger = enrolled(ground, ground.course("other"), "Stranger", email="s@example.org", external_id="9")
    gone = enrolled(ground, course, "Gone")
    with ground.database.writing() as connection:
        connection.execute(sa.update(user).where(user.c.id == gone).values(disabled_at=1.0))
    answer = send(client, assignment, item(stranger), item("s@example.org"), item("9"), item(gone), item("a\0b"))
    assert codes(answer) == [(422, "no-learner")] * 5
    assert ground.rows(submission) == []


def test_a_name_that_two_have_is_never_guessed(ground, course, assignment, client):
    enrolled(ground, course, "Mina", email="mina@example.org")
    enrolled(ground, course, "Jun", external_id="mina@example.org")
    (one,) = results(send(client, assignment, item("mina@example.org")))
    assert one["problem"]["type"] == "urn:dout:problem:no-learner"
    assert "several people" in one["problem"]["detail"]


@pytest.mark.parametrize("role", ["learner", "assistant"])
def test_only_who_may_hand_in_for_others_does(ground, course, assignment, role):
    mina = enrolled(ground, course, "Mina")
    other = ground.learner(course, "Other", role=role)
    assert send(ground.client(other), assignment, item(mina)).status_code == 403
    assert send(ground.client(other), assignment, item(other)).status_code == 403
    assert ground.rows(submission) == []


@pytest.mark.parametrize("scope", ["read", "grade", "manage"])
def test_a_token_for_something_else_does_not(ground, course, assignment, teacher, scope):
    mina = enrolled(ground, course, "Mina")
    assert send(ground.client(teacher, scope), assignment, item(mina)).status_code == 403
    assert ground.rows(submission) == []


def test_a_batch_that_cannot_be_read_is_refused_as_a_whole_and_says_where(ground, course, assignment, client):
    mina = enrolled(ground, course, "Mina")
    answer = send(client, assignment, item(mina), {"learner": mina, "data": "eA=="})
    assert answer.status_code == 422
    assert "$.submissions[1]" in answer.json()["detail"]
    many = [item(mina, key=f"k{number}", data=b"x") for number in range(MOST_IN_BATCH + 1)]
    assert send(client, assignment, *many).status_code == 422
    assert send(client, assignment).status_code == 422
    assert ground.rows(submission) == []


def test_a_batch_has_no_more_bytes_than_any_body(ground, course, assignment, client):
    mina = enrolled(ground, course, "Mina")
    answer = send(client, assignment, item(mina, data=b"x" * ground.settings.max_body))
    assert (answer.status_code, ground.rows(submission)) == (413, [])


def test_a_batch_counts_as_many_submissions_of_the_course(ground, course, assignment, teacher, database, tmp_path):
    slow = ApiGround(database, tmp_path / "slow", course_submissions_per_minute=3)
    client, mina = slow.client(teacher), enrolled(ground, course, "Mina")
    two = [item(mina, key=f"k{number}") for number in range(2)]
    assert send(client, assignment, *two).status_code == 200
    refused = send(client, assignment, *two)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    figures = slow.app.state.meters.registry
    assert figures.get_sample_value("dout_refused_total", {"reason": "too-often"}) == 2
    assert send(client, assignment, two[0]).status_code == 200
    slow.close()


def test_a_hundred_files_share_a_few_commits(ground, course, assignment, client, monkeypatch):
    items = [item(enrolled(ground, course, f"L{number}")) for number in range(100)]
    commits = []
    monkeypatch.setattr(
        writing, "reach", lambda point: commits.append(point) if point == "accept.after_commit" else None
    )
    assert {one["status"] for one in results(send(client, assignment, *items))} == {202}
    # One for the use of the token, and those that began while the rest was still being handed over.
    assert len(commits) <= 10


def test_a_file_that_cannot_be_written_down_is_refused_alone(ground, course, assignment, client, monkeypatch):
    people = [enrolled(ground, course, f"L{number}") for number in range(3)]
    enqueue = ground.jobs.enqueue

    def not_the_second(connection, submission_id, gen, **more):
        owner = connection.scalar(sa.select(submission.c.user_id).where(submission.c.id == submission_id))
        if owner == people[1]:
            raise sa.exc.OperationalError("INSERT", {}, Exception("deadlock"))
        enqueue(connection, submission_id, gen, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ground.jobs, "enqueue", not_the_second)
        answer = send(client, assignment, *(item(one) for one in people))
    assert [one["status"] for one in results(answer)] == [202, 503, 202]
    assert len(ground.rows(submission)) == 2
    again = results(send(client, assignment, *(item(one) for one in people)))
    assert [one["status"] for one in again] == [202] * 3
    assert sum(one["submission"]["is_new"] for one in again) == 1
    assert len(ground.rows(submission)) == 3
