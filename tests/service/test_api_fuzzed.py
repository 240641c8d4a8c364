"""Requests that Schemathesis makes out of the document about the API find nothing that is not as the document says.

Apart from the other tests: where Schemathesis is installed, every pytest process loads it, and the tests start hundreds.
"""

import pytest

pytest.importorskip("schemathesis", reason="Schemathesis is installed for tox -e long only")

import schemathesis
from api_ground import ApiGround
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from harness.service.database import Database
from harness.service.store.grading import fail
from harness.service.store.hooks import make_webhook
from harness.service.web.api import operations


@pytest.fixture
def ground(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ApiGround(database, tmp_path / "data", submissions_per_minute=10**6, course_submissions_per_minute=10**6)
    yield made
    made.close()
    database.close()


@pytest.mark.parametrize("name", sorted(one.name for one in operations))
def test_requests_made_of_the_document_find_nothing_wrong(ground, name):
    course = ground.course()
    assignment = ground.assignment(course)
    teacher = ground.learner(course, "Kim", role="instructor")
    found = ground.hand_in(assignment, teacher)
    if name == "followSubmission":
        # A stream ends with a grade, or a failure.
        with ground.database.writing() as connection:
            fail(ground.database, connection, found.id, 0, "grader_fault")
    with ground.database.writing() as connection:
        url = "https://receiver.example"
        hook, _ = make_webhook(ground.database, connection, course_id=course, url=url, private=False, by=teacher)
    ids = {"courses": course, "assignments": assignment, "submissions": found.id, "webhooks": hook["id"]}
    token = ground.token(teacher)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", ground.app)
    (operation,) = [one.ok() for one in schema.include(operation_id=name).get_all_operations()]

    where = {"id": ids[operation.path.split("/")[3]]} if "{id}" in operation.path else None
    # Which bytes are a file that is taken, and which key was used before, no schema says.
    beyond = [positive_data_acceptance] if operation.body else []
    modes = [operation.as_strategy(mode, path_parameters=where) for mode in GenerationMode]

    @given(strategies.one_of(*modes))
    @settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=beyond)

    ask()
