"""The webhooks of a course on a page: made there, seen with what came of them, and deleted."""

import re

import httpx
import pytest
import sqlalchemy as sa
from browsing import shown_code
from ground import graded
from lms import public
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from harness.service.outbox import Outbox, signed
from harness.service.schema import audit, outbox, webhook
from harness.service.store.messages import MOST_TRIES

URL = "https://receiver.example/hook?key=1"


class Course:
    """A course, its teacher's browser, and a receiver."""

    def __init__(self, site):
        self.site, self.ground = site, site.ground
        self.work = site.ground.assignment(site.course("dl"))
        self.teacher = site.person("Kim", dl="instructor")
        self.mina = site.person("Mina", dl="learner")
        self.browser = site.browser(self.teacher)
        self.status, self.got = 204, []
        self.outbox = Outbox(site.database, site.settings, open_client=self.client, look_up=public)

    def client(self):
        async def answer(request):
            self.got.append((request.headers, await request.body()))
            return Response(status_code=self.status)

        app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app))

    def make(self, url=URL, slug="dl"):
        return self.browser.send_form(f"/courses/{slug}/webhooks", url=url)

    def hook(self):
        [row] = self.ground.rows(webhook)
        return row["id"]

    def grade(self):
        one = self.ground.hand_in(self.work, self.mina).id
        self.ground.grade(one, graded())
        return one

    def deliver(self):
        with self.site.database.writing() as connection:
            connection.execute(sa.update(outbox).values(next_at=0.0))
        self.outbox.deliver_once()

    def page(self):
        return self.browser.get("/courses/dl/webhooks").text


@pytest.fixture
def course(site):
    return Course(site)


@pytest.fixture
def one_course(sqlite_site):
    return Course(sqlite_site)


def test_the_secret_is_shown_once_and_signs_what_is_told(course):
    made = course.make()
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    [secret] = [code for code in shown_code(made.text) if code.startswith("dout_hook_")]
    assert "dout_hook_" not in course.page()
    course.grade()
    course.deliver()
    [(headers, body)] = course.got
    assert headers["host"] == "receiver.example"
    seconds = float(re.match(r"t=(\d+)", headers["dout-signature"]).group(1))
    assert headers["dout-signature"] == signed(secret, body, seconds)


def test_the_page_shows_the_last_deliveries_and_what_came_of_them(course):
    course.make()
    assert "Nothing was delivered lately" in course.page()
    told, refused, late = course.grade(), course.grade(), course.grade()
    course.deliver()
    course.status = 404
    course.deliver()
    course.status = 503
    course.deliver()
    page = course.page()
    assert page.count("delivered</td>") == 1
    assert "given up</strong>: the answer was status 404" in page
    assert "messages that wait: 1" in page
    assert "so far: 1 (the answer was status 503)" in page
    assert f"/submissions/{told}" in page
    assert f"/submissions/{refused}" in page
    assert f"/submissions/{late}" not in page, "it has not come to an end"


def test_of_many_deliveries_the_newest_are_shown(one_course):
    one_course.make()
    ids = []
    for _ in range(7):
        ids.append(one_course.grade())
        one_course.deliver()
    shown = re.findall(r"/submissions/([0-9a-f-]{36})", one_course.page())
    assert shown == ids[:1:-1]


def test_a_webhook_that_was_switched_off_is_shown_as_such(one_course):
    one_course.make()
    one_course.grade()
    one_course.status = 503
    for _ in range(MOST_TRIES):
        one_course.deliver()
    assert "It took nothing for two days" in one_course.page()


def test_a_deleted_webhook_is_told_nothing_and_both_are_in_the_log(course):
    course.make()
    course.grade()
    path = f"/courses/dl/webhooks/{course.hook()}/drop"
    assert course.browser.send_form(path).status_code == 303
    course.deliver()
    assert course.got == course.ground.rows(webhook) == []
    assert course.browser.send_form(path).status_code == 404
    logged = [row for row in course.ground.rows(audit) if row["action"].startswith("webhook.")]
    assert [(row["action"], row["actor"], row["address"]) for row in logged] == [
        ("webhook.make", course.teacher, "testclient"),
        ("webhook.drop", course.teacher, "testclient"),
    ]
    assert all("key=1" not in row["details"] for row in logged)


def test_a_webhook_of_another_course_is_not_there(one_course):
    one_course.make()
    other = one_course.site.browser(one_course.site.person("Seo", other="instructor"))
    assert other.send_form(f"/courses/other/webhooks/{one_course.hook()}/drop").status_code == 404
    assert other.send_form(f"/courses/dl/webhooks/{one_course.hook()}/drop").status_code == 404
    assert URL not in other.get("/courses/other/webhooks").text
    assert len(one_course.ground.rows(webhook)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a.example",
        "ftp://a.example",
        "javascript:alert(1)",
        "https://me:secret@a.example",
        "a.example",
        "https://a.example/\x00",
        "https://a.example/" + "x" * 2000,
    ],
)
def test_what_is_no_address_is_not_taken(one_course, url):
    answer = one_course.make(url)
    assert (answer.status_code, "nothing is sent to this address" in answer.text) == (400, True)
    assert one_course.ground.rows(webhook) == []


def test_a_form_of_another_site_makes_no_webhook(one_course):
    answer = one_course.browser.post("/courses/dl/webhooks", data={"url": URL, "csrf": "guessed"})
    assert answer.status_code == 403
    assert one_course.ground.rows(webhook) == []


def test_a_course_has_no_more_webhooks_than_it_can_tell(one_course):
    for _ in range(20):
        assert one_course.make().status_code == 200
    answer = one_course.make()
    assert (answer.status_code, "20 webhooks already" in answer.text) == (400, True)


def test_the_page_speaks_korean(one_course):
    one_course.make()
    one_course.grade()
    one_course.deliver()
    page = one_course.site.browser(one_course.teacher, **{"Accept-Language": "ko"}).get("/courses/dl/webhooks").text
    assert "웹훅" in page
    for text in ("Webhook", "Delete", "delivered", "tries"):
        assert text not in page
