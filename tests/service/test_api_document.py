"""The document about the API is right, complete, and what the service really does."""

from pathlib import Path

import pytest
from api_ground import ApiGround
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.service.database import Database
from harness.service.web.api import operations, routes
from harness.service.web.api.openapi import document
from harness.service.web.api.problems import CODES


@pytest.fixture
def ground(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ApiGround(database, tmp_path / "data")
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


def test_the_page_about_the_api_names_every_operation_and_every_code():
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = [[cell.strip().strip("`") for cell in line.split("|")[1:3]] for line in page.splitlines() if "|" in line]
    shown = {(name, told) for name, told in rows}
    assert {(one.name, f"{one.method} {one.path}") for one in operations} <= shown
    assert {(code, str(status)) for code, status in CODES.items()} <= shown
