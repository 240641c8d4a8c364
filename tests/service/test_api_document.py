"""The document about the API is right, complete, and what the service really does."""

from pathlib import Path

import pytest
import schemathesis
from api_ground import ApiGround
from hypothesis import HealthCheck, given, settings, strategies
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from harness.service.database import Database
from harness.service.store.grading import fail
from harness.service.store.hooks import make_webhook
from harness.service.web.api import operations, routes
from harness.service.web.api.openapi import document
from harness.service.web.api.problems import CODES


@pytest.fixture
def ground(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ApiGround(database, tmp_path / "data", submissions_per_minute=10**6, course_submissions_per_minute=10**6)
    yield made
    made.close()
    database.close()


def test_the_document_is_openapi_3_1():
    OpenAPIV31SpecValidator(document(operations, "https://grader.example.org")).validate()


def test_the_document_has_every_route_and_the_routes_every_operation():
    described = {
        (path, method.upper()) for path, methods in document(operations, "")["paths"].items() for method in methods
    }
    answered = {(route.path, method) for route in routes for method in route.methods if method != "HEAD"}
    assert described == answered


def test_the_document_is_served_to_everybody(ground):
    answer = ground.client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == document(operations, ground.settings.address)


def test_every_problem_has_one_status():
    assert all(400 <= status < 500 for status in CODES.values())
    assert {code for one in operations for code in one.problems} <= CODES.keys()


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
        hook, _ = make_webhook(
            ground.database, connection, course_id=course, url="https://receiver.example", by=teacher
        )
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


def test_the_page_about_the_api_names_every_operation_and_every_code():
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = [[cell.strip().strip("`") for cell in line.split("|")[1:3]] for line in page.splitlines() if "|" in line]
    shown = {(name, told) for name, told in rows}
    assert {(one.name, f"{one.method} {one.path}") for one in operations} <= shown
    assert {(code, str(status)) for code, status in CODES.items()} <= shown
