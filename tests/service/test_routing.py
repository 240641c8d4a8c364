"""Which route a request has: found by the shape of its path, and never another one than a look at all would find."""

import random
import re

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match

from harness.service.web.app import routes
from harness.service.web.guarding import public
from harness.service.web.routing import Route, Routes, route_of

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "BREW")
WORDS = sorted(
    {word for route in routes for word in route.path.split("/") if "{" not in word} | {"x", "é", "{id}", "."}
)


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "headers": []}


def one_after_the_other(scope):
    """Return what a look at every route finds."""
    matches = [(route, *route.matches(scope)) for route in routes]
    for wanted in (Match.FULL, Match.PARTIAL):
        for route, match, found in matches:
            if match is wanted:
                return route, found
    return None


@pytest.fixture(scope="module")
def found():
    return Routes(routes)


@pytest.mark.parametrize("route", routes, ids=lambda route: f"{route.path} {min(route.methods)}")
def test_every_route_is_found_for_its_path_and_for_every_method(found, route):
    paths = [re.sub(r"\{\w+\}", word, route.path) for word in ("x", "0192-é", *WORDS) if word]
    for method in METHODS:
        for path in paths:
            assert found.find(asked(method, path)) == one_after_the_other(asked(method, path))
    own = asked(min(route.methods), paths[0])
    assert found.find(own)[0].path == route.path


def test_a_path_of_any_words_has_the_route_that_it_would_have_in_a_list(found):
    chance, hits = random.Random(7), 0
    for _ in range(5_000):
        path = "/" + "/".join(chance.choice(WORDS) for _ in range(chance.randrange(7)))
        scope = asked(chance.choice(METHODS), path)
        expected = one_after_the_other(scope)
        assert found.find(scope) == expected, path
        hits += expected is not None
    assert hits > 50


@pytest.mark.parametrize("path", ["", "//", "/login/", "/login\n", "login", "/LOGIN", "/api/v1", "/*", "/{course}"])
def test_what_looks_like_a_path_is_none(found, path):
    assert found.find(asked("GET", path)) is None


def test_the_first_of_two_routes_with_one_path_answers(sqlite_site):
    async def second(request: Request) -> Response:
        public(request)
        return PlainTextResponse("second")

    sqlite_site.app.router.add(Route("/healthz", second))
    sqlite_site.app.router.add(Route("/{anything}", second))
    browser = sqlite_site.browser()
    assert browser.get("/healthz").text != "second"
    assert browser.get("/anything").text == "second"
    assert browser.get("/login").text != "second"


def test_who_does_there_what_cannot_be_done_is_told_what_can(sqlite_site):
    answer = sqlite_site.browser().put("/healthz")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_request_that_was_refused_on_its_way_has_the_route_of_its_method_all_the_same(sqlite_site):
    scope = asked("POST", "/api/v1/submissions/lookup") | {"app": sqlite_site.app}
    assert route_of(scope).path == "/api/v1/submissions/lookup"
    assert route_of(scope | {"path": "/nowhere"}) is None
