"""The API: handing in, looking, and errors that programs can read."""

import json

import pytest
from api_ground import ApiGround
from ground import EXAMPLES

from harness.assignment import built_in
from harness.grader import grade
from harness.render import FORMATS
from harness.sandbox.runner import Sandbox
from harness.service.schema import audit, submission
from harness.service.store import waiting
from harness.service.web.api import seen
from harness.submission import submission_from_bytes

SEED = (EXAMPLES / "seed.py").read_bytes()
WRONG = b"class AddLayer:\n    def forward(self, x, y):\n        return x - y\n"


@pytest.fixture(scope="module")
def report():
    with Sandbox() as sandbox:
        return grade(submission_from_bytes("layers.py", WRONG), built_in("ch05-add-mul"), sandbox=sandbox)


@pytest.fixture
def ground(database, tmp_path):
    made = ApiGround(database, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def mina(ground, course):
    return ground.learner(course)


def send(client, assignment, *, key="one", data=SEED, **query):
    return client.post(
        f"/api/v1/assignments/{assignment}/submissions",
        params=query,
        content=data,
        headers={"Idempotency-Key": key, "Content-Type": "application/octet-stream"},
    )


def code(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"].removeprefix("urn:dout:problem:")


def test_a_file_is_accepted_and_its_address_told(ground, assignment, mina):
    client = ground.client(mina)
    done = send(client, assignment, name="mine.py")
    assert done.status_code == 202
    (row,) = ground.rows(submission)
    assert done.headers["location"] == f"/api/v1/submissions/{row['id']}"
    assert done.json() == {
        "id": row["id"],
        "number": 1,
        "is_late": False,
        "is_new": True,
        "url": done.headers["location"],
    }
    told = client.get(done.headers["location"]).json()
    assert (told["status"], told["name"], told["grade"]) == ("queued", "mine.py", None)
    assert told["queue"] == {"position": 1, "estimated_wait_s": None}


def test_a_form_with_a_file_is_accepted(ground, assignment, mina):
    done = ground.client(mina).post(
        f"/api/v1/assignments/{assignment}/submissions",
        files={"file": ("../../etc/\x1bmine.py", SEED)},
        headers={"Idempotency-Key": "one"},
    )
    assert done.status_code == 202
    (row,) = ground.rows(submission)
    assert row["name"].endswith("mine.py")
    assert "/" not in row["name"]
    assert "\x1b" not in row["name"]


def test_the_same_key_is_the_same_submission(ground, assignment, mina):
    client = ground.client(mina)
    first, second = send(client, assignment), send(client, assignment)
    assert (first.json()["id"], second.json()["is_new"]) == (second.json()["id"], False)
    assert len(ground.rows(submission)) == 1
    assert code(send(client, assignment, data=b"x = 1")) == (422, "key-reused")


def test_a_program_needs_a_key(ground, assignment, mina):
    answer = ground.client(mina).post(f"/api/v1/assignments/{assignment}/submissions", content=SEED)
    assert code(answer) == (400, "key-missing")
    assert ground.rows(submission) == []


def test_an_empty_file_is_refused(ground, assignment, mina):
    assert code(send(ground.client(mina), assignment, data=b"")) == (422, "unprocessable")


def test_a_form_without_a_file_is_refused(ground, assignment, mina):
    answer = ground.client(mina).post(
        f"/api/v1/assignments/{assignment}/submissions",
        files={"other": ("a.py", SEED)},
        headers={"Idempotency-Key": "one"},
    )
    assert code(answer) == (422, "unprocessable")


def test_a_body_that_is_too_large_is_refused(ground, assignment, mina):
    assert send(ground.client(mina), assignment, data=b"#" * ((1 << 20) + 1)).status_code == 413
    assert ground.rows(submission) == []


def test_an_unknown_parameter_is_refused(ground, assignment, mina):
    assert code(send(ground.client(mina), assignment, nmae="x.py")) == (400, "bad-request")


def test_what_time_changes_says_when(ground, course, mina):
    soon = ground.assignment(course, open_at=ground.database_now() + 100)
    answer = send(ground.client(mina), soon)
    assert code(answer) == (409, "not-open")
    assert 90 <= int(answer.headers["retry-after"]) <= 100


def test_a_cooldown_is_429(ground, course, mina):
    slow = ground.assignment(course, cooldown_s=60.0)
    client = ground.client(mina)
    assert send(client, slow).status_code == 202
    answer = send(client, slow, key="two")
    assert code(answer) == (429, "too-soon")
    assert 50 <= int(answer.headers["retry-after"]) <= 60


def test_used_up_attempts_are_409(ground, course, mina):
    one = ground.assignment(course, max_attempts=1)
    client = ground.client(mina)
    assert send(client, one).status_code == 202
    assert code(send(client, one, key="two")) == (409, "no-attempts-left")


def test_nobody_is_told_to_log_in(ground, assignment, mina):
    found = ground.hand_in(assignment, mina)
    assert ground.client().get(f"/api/v1/submissions/{found.id}").status_code == 401
    assert ground.client().get("/api/v1/submissions/nothing").status_code == 401


def look_up(client, *ids):
    return client.post("/api/v1/submissions/lookup", json={"ids": ids})


def test_many_submissions_are_asked_for_at_once_and_told_as_each_by_itself(ground, assignment, mina, report):
    client = ground.client(mina)
    first, second = (
        send(client, assignment, key=key, data=data).json()["id"] for key, data in (("1", SEED), ("2", WRONG))
    )
    ground.grade(second, report)
    found = look_up(client, second, first, second).json()["submissions"]
    assert [one["id"] for one in found] == [second, first]
    assert found == [client.get(f"/api/v1/submissions/{one}").json() for one in (second, first)]
    assert found[1]["queue"]["position"] == 1


def test_of_submissions_that_are_asked_for_at_once_nobody_sees_more_than_of_each(
    ground, course, assignment, mina, teacher
):
    other = ground.course("other")
    jun, stranger = ground.learner(course, "Jun"), ground.learner(other, "Seo", role="instructor")
    mine = send(ground.client(mina), assignment).json()["id"]
    theirs = send(ground.client(jun), assignment).json()["id"]
    elsewhere = ground.hand_in(ground.assignment(other), ground.learner(other, "Ha")).id
    every = mine, theirs, elsewhere, "00000000-0000-7000-8000-000000000000"
    for who, sees in ((mina, [mine]), (jun, [theirs]), (teacher, [mine, theirs]), (stranger, [elsewhere])):
        assert [one["id"] for one in look_up(ground.client(who), *every).json()["submissions"]] == sees
    assert look_up(ground.client(teacher, "manage"), *every).json() == {"submissions": []}
    assert look_up(ground.client(teacher, "read", course_id=other), *every).json() == {"submissions": []}
    assert code(look_up(ground.client(), *every)) == (401, "not-authenticated")


@pytest.mark.parametrize("ids", [[], ["x"], [7], ["\0"], ["0" * 37], ["0"] * 201], ids=str)
def test_what_is_no_list_of_ids_is_not_looked_up(ground, mina, ids):
    assert code(look_up(ground.client(mina), *ids)) == (422, "unprocessable")


def test_what_is_refused_before_it_reaches_an_operation_has_its_code_too(ground, assignment, mina):
    client = ground.client(mina)
    assert code(client.get("/api/v1/nowhere")) == (404, "not-found")
    assert code(client.get("/api/v1/courses", headers={"Authorization": "Bearer nobody's"})) == (
        401,
        "not-authenticated",
    )
    said = {"Content-Length": str(1 << 40)}
    refused = client.post(f"/api/v1/assignments/{assignment}/submissions", content=b"x", headers=said)
    assert code(refused) == (413, "too-large")


def test_what_is_foreign_is_not_there(ground, assignment, mina):
    found = ground.hand_in(assignment, mina)
    other = ground.client(ground.learner(ground.course("other"), "Jun"))
    same_class = ground.client(ground.learner(ground.rows_course(assignment), "Sora"))
    for client in (other, same_class):
        for path in ("", "/report", "/events"):
            assert code(client.get(f"/api/v1/submissions/{found.id}{path}")) == (404, "not-found")
        assert code(client.post(f"/api/v1/submissions/{found.id}/regrade")) == (404, "not-found")
    assert code(other.get(f"/api/v1/assignments/{assignment}/submissions")) == (404, "not-found")
    assert code(same_class.get(f"/api/v1/assignments/{assignment}/submissions")) == (403, "forbidden")
    assert code(send(other, assignment)) == (404, "not-found")


def test_who_may_not_hand_in_is_refused_also_after_somebody_else_has(ground, assignment, mina):
    assert send(ground.client(mina), assignment).status_code == 202
    other = ground.client(ground.learner(ground.course("other"), "Jun"))
    assert code(send(other, assignment)) == (404, "not-found")
    assert code(send(ground.client(), assignment)) == (401, "not-authenticated")
    assert code(send(ground.client(mina, "read"), assignment)) == (403, "forbidden")
    assert len(ground.rows(submission)) == 1


def test_a_token_for_reading_hands_nothing_in(ground, assignment, mina):
    refused = send(ground.client(mina, "read"), assignment)
    assert code(refused) == (403, "forbidden")
    assert ground.rows(submission) == []
    # No instructor can help: the token is for less than its owner may do.
    assert refused.json()["detail"] == "this token may not do this"
    assert refused.json()["hint"].endswith(": submit")


def test_courses_are_those_of_the_caller(ground, course, assignment, mina):
    ground.assignment(ground.course("other"))
    (found,) = ground.client(mina).get("/api/v1/courses").json()["courses"]
    assert (found["id"], found["role"]) == (course, "learner")
    assert [one["id"] for one in found["assignments"]] == [assignment]
    assert found["assignments"][0]["used_attempts"] == 0


# The format of Classroom 50 needs variables that only its own runner sets.
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"classroom50"}))
def test_a_report_comes_in_every_format(ground, assignment, mina, report, name):
    found = ground.hand_in(assignment, mina)
    client = ground.client(mina)
    assert code(client.get(f"/api/v1/submissions/{found.id}/report")) == (404, "no-report")
    ground.grade(found.id, report)
    answer = client.get(f"/api/v1/submissions/{found.id}/report", params={"format": name})
    assert answer.status_code == 200
    assert answer.text
    if answer.headers["content-type"].startswith("application/json"):
        json.loads(answer.text)


def test_accept_chooses_the_kind_of_report(ground, assignment, mina, report):
    found = ground.hand_in(assignment, mina)
    ground.grade(found.id, report)
    client = ground.client(mina)
    address = f"/api/v1/submissions/{found.id}/report"
    kinds = {"*/*": "application/json", "text/markdown": "text/markdown", "text/*": "text/plain"}
    for accept, media in kinds.items():
        assert client.get(address, headers={"Accept": accept}).headers["content-type"].partition(";")[0] == media
    assert code(client.get(address, headers={"Accept": "image/png"})) == (406, "not-acceptable")
    assert code(client.get(address, params={"format": "xml"})) == (400, "bad-request")


def test_learners_are_told_as_much_as_the_assignment_allows(ground, course, mina, teacher, report):
    silent = ground.assignment(course, feedback="none")
    found = ground.hand_in(silent, mina)
    ground.grade(found.id, report)
    address = f"/api/v1/submissions/{found.id}/report"
    assert all(check["code"] is None for check in ground.client(mina).get(address).json()["checks"])
    assert any(check["code"] for check in ground.client(teacher).get(address).json()["checks"])


def test_a_report_in_korean(ground, assignment, mina, report):
    found = ground.hand_in(assignment, mina)
    ground.grade(found.id, report)
    answer = ground.client(mina).get(f"/api/v1/submissions/{found.id}/report?format=text&lang=ko")
    assert any("가" <= letter <= "힣" for letter in answer.text)


def test_events_tell_each_change_and_end_with_the_grade(ground, assignment, mina, report):
    found = ground.hand_in(assignment, mina)
    with ground.client(mina) as client:
        ground.grade(found.id, report)
        text = client.get(f"/api/v1/submissions/{found.id}/events").text
    assert text.startswith("event: status\ndata: {")
    (data,) = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert (data["status"], data["grade"]["generation"]) == ("graded", 0)


def test_the_list_of_a_class_is_paged_by_key(ground, assignment, mina, teacher):
    ids = [ground.hand_in(assignment, mina).id for _ in range(5)]
    client, seen, before = ground.client(teacher), [], ""
    while before is not None:
        page = client.get(f"/api/v1/assignments/{assignment}/submissions", params={"limit": 2, "before": before}).json()
        seen += [one["id"] for one in page["submissions"]]
        before = page["next"]
    assert seen == sorted(ids, reverse=True)


def test_a_regrade_keeps_the_old_grade_until_then(ground, assignment, mina, teacher, report):
    found = ground.hand_in(assignment, mina)
    ground.grade(found.id, report)
    client = ground.client(teacher)
    assert client.post(f"/api/v1/submissions/{found.id}/regrade").json() == {"count": 1, "next": None}
    told = client.get(f"/api/v1/submissions/{found.id}").json()
    assert (told["status"], told["generation"], told["grade"]["generation"]) == ("queued", 1, 0)
    assert client.post(f"/api/v1/submissions/{found.id}/regrade").json()["count"] == 0


def test_all_of_an_assignment_are_regraded(ground, assignment, mina, teacher, report):
    for _ in range(3):
        ground.grade(ground.hand_in(assignment, mina).id, report)
    answer = ground.client(teacher).post(f"/api/v1/assignments/{assignment}/regrade")
    assert (answer.status_code, answer.json()) == (202, {"count": 3, "next": None})
    assert code(ground.client(mina).post(f"/api/v1/assignments/{assignment}/regrade")) == (403, "forbidden")


def test_marks_are_exported_and_that_is_noted(ground, assignment, mina, teacher, report):
    ground.grade(ground.hand_in(assignment, mina).id, report)
    client = ground.client(teacher)
    for form in ("csv", "canvas", "moodle", "blackboard"):
        answer = client.get(f"/api/v1/assignments/{assignment}/marks", params={"format": form})
        assert "Mina" in answer.text
    assert [row["action"] for row in ground.rows(audit)].count("grade.export") == 4
    assert code(ground.client(mina).get(f"/api/v1/assignments/{assignment}/marks")) == (403, "forbidden")


def test_a_roster_is_taken_over_and_given_back(ground, course, teacher, mina):
    client = ground.client(teacher)
    address = f"/api/v1/courses/{course}/roster"
    done = client.post(address, content=b"id,name,email\n7,Jun,jun@example.org\n", headers={"Content-Type": "text/csv"})
    assert done.status_code == 200
    assert [one["email"] for one in done.json()["invited"]] == ["jun@example.org"]
    assert "Mina" in client.get(address).text
    assert code(client.post(address, content=b"nonsense")) == (422, "unprocessable")
    assert code(ground.client(mina).get(address)) == (403, "forbidden")
    assert code(ground.client(ground.learner(None, "Nobody")).get(address)) == (404, "not-found")


def test_errors_are_in_the_language_of_the_client(ground, assignment, mina):
    answer = ground.client(mina).get("/api/v1/submissions/x", headers={"Accept-Language": "ko"})
    assert code(answer) == (404, "not-found")
    assert any("가" <= letter <= "힣" for letter in answer.json()["detail"])


def test_what_all_who_follow_are_told_is_read_together(ground, assignment, course, monkeypatch):
    ids = [ground.hand_in(assignment, ground.learner(course, f"L{one}"), b"x%d" % one).id for one in range(4)]
    looks, places = [], waiting.places
    monkeypatch.setattr(waiting, "places", lambda *given: looks.append(1) or places(*given))
    with ground.database.reading() as connection:
        told = seen.seen_now(ground.database, connection, [(one, 15.0) for one in [*reversed(ids), "nothing"]])
    assert [one and (one.id, one.queue.position) for one in told] == [
        *((ids[number], number + 1) for number in (3, 2, 1, 0)),
        None,
    ]
    assert len(looks) == 1
