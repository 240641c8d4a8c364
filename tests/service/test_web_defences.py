"""What every request goes through, whatever it asks for."""

import random
import re
import threading
import time

import anyio
import pytest
from browsing import Site
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from harness.service.web.addresses import attachment
from harness.service.web.guarding import public
from harness.service.web.limiting import Limiter
from harness.service.web.middleware import SecurityHeaders
from harness.service.web.refusal import TooMany
from harness.service.web.routing import Route
from harness.service.web.windows import Windows

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def with_route(site, endpoint, path="/probe", methods=("GET", "POST")):
    site.app.router.add(Route(path, endpoint, methods=[*methods]))


async def echo(request: Request) -> Response:
    public(request)
    return PlainTextResponse(await request.body())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/login", 200),
        ("GET", "/account", 303),
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("PUT", "/login", 405),
        ("POST", "/logout/everywhere", 401),
        ("GET", "/join/nothing", 404),
        ("GET", "/broken", 500),
        ("POST", "/large", 413),
    ],
)
def test_every_answer_has_the_headers_of_a_careful_site(sqlite_site, method, path, status):
    async def broken(request: Request) -> Response:
        raise ZeroDivisionError

    with_route(sqlite_site, broken, "/broken")
    content = b"x" * (2 << 20) if path == "/large" else None
    answer = sqlite_site.browser().request(method, path, content=content)
    assert answer.status_code == status
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == POLICY
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers["x-request-id"]) == 36


def test_a_handler_cannot_weaken_the_policy(sqlite_site):
    async def weak(request: Request) -> Response:
        public(request)
        return Response(headers={"Content-Security-Policy": "default-src *"})

    with_route(sqlite_site, weak)
    assert sqlite_site.browser().get("/probe").headers.get_list("content-security-policy") == [
        "; ".join(f"{name} {value}" for name, value in POLICY.items())
    ]


def test_no_page_has_a_script_or_a_style_in_it(sqlite_site):
    site = sqlite_site
    admin = site.browser(site.person("Root", is_admin=True, dl="instructor"))
    for path in ("/login", "/account", "/manage/courses", "/manage/people", "/courses/dl/people", "/courses/dl/manage"):
        page = (site.browser() if path == "/login" else admin).get(path)
        assert page.status_code == 200
        assert "<style" not in page.text
        assert " style=" not in page.text
        assert "<script>" not in page.text
        assert re.search(r"<[^>]* on[a-z]+=", page.text) is None


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(sqlite_site):
    async def unread(request: Request) -> Response:
        public(request)
        return PlainTextResponse("")

    with_route(sqlite_site, unread)
    answer = sqlite_site.browser().post("/probe", content=b"x" * ((1 << 20) + 1))
    assert answer.status_code == 413
    assert sqlite_site.browser().post("/probe", content=b"x" * (1 << 20)).status_code == 200


def test_a_body_in_chunks_is_counted_as_it_comes(sqlite_site):
    with_route(sqlite_site, echo)
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"x" * (1 << 16)

    answer = sqlite_site.browser().post("/probe", content=chunks())
    assert answer.status_code == 413
    assert sqlite_site.browser().post("/probe", content=iter([b"x"] * 10)).text == "x" * 10


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 30])
def test_a_length_that_is_no_number_or_none_that_could_be_is_refused(sqlite_site, length):
    answers = []

    async def ask():
        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            answers.append(message.get("status"))

        headers = [(b"host", b"dout.test"), (b"content-length", length.encode())]
        scope = {"type": "http", "method": "POST", "path": "/login", "query_string": b"", "headers": headers}
        await sqlite_site.app(
            scope | {"client": ("::1", 1), "scheme": "http", "server": ("dout.test", 80)}, receive, send
        )

    anyio.run(ask)
    assert answers[0] == 413


def test_a_body_of_a_form_is_counted_too(sqlite_site):
    mina = sqlite_site.browser(sqlite_site.person())
    body = b"csrf=" + b"x" * (1 << 21)
    answer = mina.post(
        "/logout",
        content=iter([body[:1000], body[1000:]]),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


def test_an_answer_about_which_no_guard_was_asked_is_not_sent(sqlite_site):
    async def forgotten(request: Request) -> Response:
        return PlainTextResponse("secret")

    with_route(sqlite_site, forgotten)
    answer = sqlite_site.browser().get("/probe")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_form_without_the_secret_of_the_session_is_refused(sqlite_site):
    mina = sqlite_site.browser(sqlite_site.person())
    for data in ({}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": "é"}):
        assert mina.post("/account/language", data={"language": "ko", **data}).status_code == 403
    assert mina.get("/account").text.count('<html lang="en">') == 1
    assert mina.send_form("/account/language", language="ko").status_code == 303


def test_the_secret_of_another_session_is_none(sqlite_site):
    mina, eve = sqlite_site.browser(sqlite_site.person()), sqlite_site.browser(sqlite_site.person("Eve"))
    assert mina.post("/account/language", data={"language": "ko", "csrf": eve.csrf}).status_code == 403


def test_the_secret_may_come_in_a_header(sqlite_site):
    mina = sqlite_site.browser(sqlite_site.person())
    headers = {"x-csrf-token": mina.csrf}
    assert mina.post("/account/language", data={"language": "ko"}, headers=headers).status_code == 303
    headers = {"x-csrf-token": "no"}
    form = {"language": "ko", "csrf": mina.csrf}
    assert mina.post("/account/language", data=form, headers=headers).status_code == 403


def test_a_body_that_is_no_form_needs_the_header(sqlite_site):
    with_route(sqlite_site, echo)
    mina = sqlite_site.browser(sqlite_site.person())
    assert mina.post("/probe", content=b"{}", headers={"content-type": "text/plain"}).status_code == 403
    assert mina.post("/probe", content=b"{}", headers={"x-csrf-token": mina.csrf}).text == "{}"


def test_a_form_reaches_its_handler_whole(sqlite_site):
    with_route(sqlite_site, echo)
    mina = sqlite_site.browser(sqlite_site.person())
    assert mina.send_form("/probe", text="a&b").text == f"csrf={mina.csrf}&text=a%26b"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://dout.test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_sent_is_refused_even_with_the_secret(sqlite_site, headers):
    mina = sqlite_site.browser(sqlite_site.person(password=True))
    form = {"language": "ko", "csrf": mina.csrf}
    assert mina.post("/account/language", data=form, headers=headers).status_code == 403
    # A login that another site sends would have somebody work in a stranger's account.
    assert sqlite_site.browser(**headers).log_in("mina@example.org").status_code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": "http://dout.test", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}]
)
def test_what_a_page_of_this_site_sent_is_taken(sqlite_site, headers):
    mina = sqlite_site.browser(sqlite_site.person())
    form = {"language": "ko", "csrf": mina.csrf}
    assert mina.post("/account/language", data=form, headers=headers).status_code == 303


def test_where_other_sites_post_to_nobody_is_logged_in(sqlite_site):
    async def who(request: Request) -> Response:
        return PlainTextResponse(public(request).name or "nobody")

    with_route(sqlite_site, who, "/lti/probe")
    mina = sqlite_site.browser(sqlite_site.person(), origin="https://lms.example")
    assert mina.post("/lti/probe").text == "nobody"


def test_a_line_end_in_a_header_is_not_sent(sqlite_site):
    async def split(scope, receive, send):
        headers = [(b"location", b"/\r\nset-cookie: a=b")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def ask():
        with pytest.raises(ValueError, match="line end"):
            await SecurityHeaders(split, is_https=False)({"type": "http", "headers": []}, None, sent.append)

    sent: list[object] = []
    anyio.run(ask)
    assert sent == []


def test_a_file_name_of_a_learner_stays_one_value_of_its_header():
    value = attachment('a"; filename=b\r\nx: y/ü.zip')
    assert value == (
        'attachment; filename="a___filename_b__x__y__.zip"; '
        "filename*=UTF-8''a%22%3B%20filename%3Db%0D%0Ax%3A%20y%2F%C3%BC.zip"
    )


def test_submissions_of_one_person_and_of_a_course_are_limited_by_the_settings(sqlite_site, tmp_path):
    site = Site(sqlite_site.database, tmp_path, submissions_per_minute=2, course_submissions_per_minute=3)
    site.close()
    limiter = Limiter(site.settings)
    limiter.submission("a", "dl")
    limiter.submission("a", "dl")
    with pytest.raises(TooMany) as refused:
        limiter.submission("a", "dl")
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1
    limiter.submission("b", "dl")
    with pytest.raises(TooMany):
        limiter.submission("c", "dl")
    limiter.submission("c", "other")


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets, at the begin of a minute."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_counts_that_are_over_are_forgotten_without_a_thread(clock):
    windows, before = Windows(), threading.active_count()
    for number in range(50):
        assert windows.acquire_sliding_window_entry(f"learner {number}", 1, 60)
    assert threading.active_count() == before
    clock[0] += 180
    assert windows.acquire_sliding_window_entry("another", 1, 60)
    assert windows.reset() == 1


def test_a_minute_slides(clock):
    windows = Windows()

    def hits(count=20):
        return sum(windows.acquire_sliding_window_entry("a", 10, 60) for _ in range(count))

    assert (hits(), hits()) == (10, 0)
    # Half of the minute before still counts, then a tenth, then nothing.
    clock[0] += 90
    assert hits() == 5
    clock[0] += 24
    assert hits() == 4
    clock[0] += 120
    assert hits() == 10
    clock[0] -= 3600
    assert hits() == 10, "a clock that was put back locks nobody out"


def test_what_is_asked_of_counts_is_what_the_library_counts_itself(clock):
    ours, theirs = (SlidingWindowCounterRateLimiter(made) for made in (Windows(), MemoryStorage()))
    chance, items = random.Random(5), [RateLimitItemPerMinute(7), RateLimitItemPerMinute(50)]
    for _ in range(2000):
        clock[0] += chance.choice((0.0, 0.1, 1.0, 20.0))
        item, key, cost = chance.choice(items), chance.choice("ab"), chance.choice((1, 1, 3))
        assert ours.test(item, key, cost=cost) == theirs.test(item, key, cost=cost)
        assert ours.hit(item, key, cost=cost) == theirs.hit(item, key, cost=cost)
        assert ours.get_window_stats(item, key).remaining == theirs.get_window_stats(item, key).remaining
        if chance.random() < 0.02:
            ours.clear(item, key), theirs.clear(item, key)


def test_the_api_says_what_is_wrong_in_problem_json(sqlite_site):
    answer = sqlite_site.browser(**{"accept-language": "ko"}).get("/api/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (found["status"], found["title"], found["type"]) == (404, "Not Found", "urn:dout:problem:not-found")
    assert found["detail"] == "그런 페이지가 없습니다"
    assert found["instance"] == f"urn:dout:request:{answer.headers['x-request-id']}"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer dout_wrong"}], ids=["nothing", "a wrong token"])
@pytest.mark.parametrize("path", ["/api/v1/courses", "/api/v1/submissions/1/events", "/metrics"])
def test_a_program_that_is_unknown_is_told_to_show_a_token(sqlite_site, path, headers):
    answer = sqlite_site.browser().get(path, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["submissions", "assignments"])
def test_who_follows_a_stream_is_not_sent_to_the_login_but_told_that_it_is_over(sqlite_site, kind):
    answer = sqlite_site.browser().get(f"/{kind}/1/events")
    assert (answer.status_code, "location" in answer.headers) == (401, False)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: over\ndata: \n\n"


def test_a_fault_of_ours_tells_nothing_but_its_number(sqlite_site):
    async def broken(request: Request) -> Response:
        raise RuntimeError("password=hunter2")

    with_route(sqlite_site, broken)
    answer = sqlite_site.browser().get("/probe")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text


def test_a_database_that_is_away_is_told_and_to_be_tried_again(sqlite_site):
    import sqlalchemy as sa

    async def away(request: Request) -> Response:
        raise sa.exc.OperationalError("SELECT 1", None, Exception("server closed the connection"))

    with_route(sqlite_site, away)
    answer = sqlite_site.browser().get("/probe")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_what_somebody_wrote_is_text_on_every_page(sqlite_site):
    site = sqlite_site
    site.person("<b>Eve</b>", dl="learner")
    teacher = site.browser(site.person("Kim", dl="instructor"))
    page = teacher.get("/courses/dl/people").text
    assert "<b>Eve" not in page
    assert "&lt;b&gt;Eve" in page
