"""Webhooks: made by those who teach, told of every grade, signed, and never sent into our own network."""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import sqlalchemy as sa
from api_ground import ApiGround
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from test_claims import graded

from harness.service.ids import new_id
from harness.service.outbox import Outbox, signed
from harness.service.outgoing import Forbidden, Unreachable, new_client, send, target_of
from harness.service.schema import audit, outbox, override, webhook
from harness.service.store.grading import fail
from harness.service.store.messages import MOST_TRIES, given_up
from harness.service.store.queueing import regrade
from harness.service.store.telling import tell_of_grade


class Hooked(ApiGround):
    """A course, its teacher, and a receiver that checks signatures."""

    def __init__(self, database, folder, **settings):
        super().__init__(database, folder, **settings)
        self.where = self.course()
        self.work = self.assignment(self.where)
        self.teacher = self.learner(self.where, "Kim", role="instructor")
        self.addresses = {}
        self.next_answers = []
        #: Bodies that came, with the names of their hosts.
        self.got = []
        self.receiver = Starlette(routes=[Route("/{path:path}", self.receive, methods=["POST"])])
        self.outbox = Outbox(database, self.settings, open_client=self.open_client, look_up=self.look_up)

    def open_client(self):
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.receiver))

    def look_up(self, host, port):
        return self.addresses.get(host, ["93.184.216.34"])

    async def receive(self, request):
        if self.next_answers:
            return Response(status_code=self.next_answers.pop(0), headers={"Location": "http://127.0.0.1/"})
        self.got.append((request.headers, await request.body()))
        return Response(status_code=204)

    def make(self, url="https://receiver.example/hook?key=1"):
        """Return the id and the secret of a new webhook."""
        answer = self.client(self.teacher).post(f"/api/v1/courses/{self.where}/webhooks", json={"url": url})
        assert answer.status_code == 201, answer.text
        return answer.json()["webhook"]["id"], answer.json()["secret"]

    def deliver(self, *, again=False):
        if again:
            with self.database.writing() as connection:
                connection.execute(sa.update(outbox).values(next_at=0.0))
        return self.outbox.deliver_once()

    def events(self):
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def hooked(database, tmp_path):
    made = Hooked(database, tmp_path)
    yield made
    made.close()


def test_a_webhook_is_made_listed_and_deleted_and_its_secret_is_shown_once(hooked):
    hook, secret = hooked.make()
    client = hooked.client(hooked.teacher)
    listed = client.get(f"/api/v1/courses/{hooked.where}/webhooks")
    [one] = listed.json()["webhooks"]
    assert (one["id"], one["url"], one["disabled_at"]) == (hook, "https://receiver.example/hook?key=1", None)
    assert secret.startswith("dout_hook_")
    assert secret not in listed.text
    assert client.delete(f"/api/v1/webhooks/{hook}").status_code == 204
    assert client.delete(f"/api/v1/webhooks/{hook}").status_code == 404
    assert client.get(f"/api/v1/courses/{hooked.where}/webhooks").json() == {"webhooks": []}
    logged = [row for row in hooked.rows(audit) if row["action"].startswith("webhook.")]
    assert [(row["action"], row["object"], row["actor"]) for row in logged] == [
        ("webhook.make", f"webhook:{hook}", hooked.teacher),
        ("webhook.drop", f"webhook:{hook}", hooked.teacher),
    ]
    # The rest of an address may be the receiver's secret.
    assert all("receiver.example" in row["details"] and "key=1" not in row["details"] for row in logged)


@pytest.mark.parametrize("scope", ["submit", "read", "grade"])
def test_a_token_for_something_else_makes_no_webhook(hooked, scope):
    client = hooked.client(hooked.teacher, scope)
    assert client.post(f"/api/v1/courses/{hooked.where}/webhooks", json={"url": "https://a.example"}).status_code == 403
    assert hooked.rows(webhook) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"url": 7}',
        b'{"url": ""}',
        b'{"url": "https://a.example", "more": 1}',
        b'{"url": "http://a.example"}',
        b'{"url": "ftp://a.example"}',
        b'{"url": "https://"}',
        b'{"url": "https://me:secret@a.example"}',
        b'{"url": "a.example"}',
        b'{"url": "https://a.example/\\u0000"}',
        b'{"url": "https://\xff"}',
        json.dumps({"url": "https://a.example/" + "x" * 2000}).encode(),
    ],
)
def test_what_is_no_address_is_not_taken(hooked, body):
    answer = hooked.client(hooked.teacher).post(f"/api/v1/courses/{hooked.where}/webhooks", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert hooked.rows(webhook) == []


def test_a_course_has_no_more_webhooks_than_it_can_tell(hooked):
    for _ in range(20):
        hooked.make()
    answer = hooked.client(hooked.teacher).post(
        f"/api/v1/courses/{hooked.where}/webhooks", json={"url": "https://a.example"}
    )
    assert (answer.status_code, "20 webhooks" in answer.json()["detail"]) == (422, True)


def test_every_grade_is_told_and_every_failure(hooked):
    hooked.make()
    mina = hooked.learner(hooked.where)
    one = hooked.hand_in(hooked.work, mina).id
    hooked.grade(one, graded(40.0))
    hooked.deliver()
    with hooked.database.writing() as connection:
        gen = regrade(hooked.database, hooked.jobs, connection, one, hooked.teacher)
    hooked.grade(one, graded(50.0), gen)
    hooked.deliver()
    lost = hooked.hand_in(hooked.work, mina).id
    with hooked.database.writing() as connection:
        fail(hooked.database, connection, lost, 0, "grader_crash")
    hooked.deliver()
    told = [(event["type"], event["submission"], event["score"], event["reason"]) for event in hooked.events()]
    assert told == [
        ("grade.changed", one, 40.0, None),
        ("grade.changed", one, 50.0, None),
        ("submission.failed", lost, None, "grader_crash"),
    ]
    first = hooked.events()[0]
    assert first["user"] == mina
    assert (first["course"], first["assignment"], first["number"], first["status"]) == ("dl", "ch05", 1, "graded")
    assert (first["outcome"], first["overridden"]) == ("graded", False)
    assert "Mina" not in str(hooked.got), "who it is, is not told"
    assert len({event["id"] for event in hooked.events()}) == 3


def test_a_score_that_a_person_gave_is_told_as_such(hooked):
    hooked.make()
    one = hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id
    hooked.grade(one, graded(40.0))
    for score in (44.0, None):
        hooked.insert(override, id=new_id(), submission_id=one, score=score, reason="r", by=hooked.teacher, at=hooked.database.clock)  # fmt: skip
        with hooked.database.writing() as connection:
            tell_of_grade(hooked.database, connection, one)
    while hooked.deliver():
        pass
    told = [(event["score"], event["overridden"]) for event in hooked.events()]
    assert told == [(40.0, False), (44.0, True), (40.0, False)]


def test_a_course_is_told_of_its_own_grades_alone(hooked):
    hooked.make()
    other = hooked.course("other")
    hooked.grade(hooked.hand_in(hooked.assignment(other), hooked.learner(other)).id, graded())
    assert hooked.deliver() == 0


def check(secret, headers, body):
    """Do what docs/api.md tells a receiver to do."""
    parts = dict(part.split("=", 1) for part in headers["dout-signature"].split(","))
    mac = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(mac, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300


def test_what_is_told_is_signed_with_the_secret_and_the_time(hooked):
    _, secret = hooked.make()
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    hooked.deliver()
    [(headers, body)] = hooked.got
    assert headers["content-type"] == "application/json"
    assert check(secret, headers, body)
    assert not check("another", headers, body)
    assert not check(secret, headers, body + b" ")
    assert signed("s", b"{}", 1.9) == "t=1,v1=" + hmac.new(b"s", b"1.{}", hashlib.sha256).hexdigest()


def test_what_is_told_again_has_the_same_id_and_comes_before_what_is_newer(hooked):
    hooked.make()
    mina = hooked.learner(hooked.where)
    hooked.next_answers = [500]
    hooked.grade(hooked.hand_in(hooked.work, mina).id, graded(10.0))
    hooked.deliver()
    hooked.grade(hooked.hand_in(hooked.work, mina).id, graded(20.0))
    assert hooked.deliver() == 0, "what is newer waits"
    while hooked.deliver(again=True):
        pass
    assert [event["score"] for event in hooked.events()] == [10.0, 20.0]
    assert [event["id"] for event in hooked.events()] == sorted(row["id"] for row in hooked.rows(outbox))


def test_one_receiver_that_is_away_holds_up_no_other(hooked):
    hooked.make("https://away.example")
    hooked.make("https://here.example")
    hooked.addresses = {"away.example": []}
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    hooked.deliver()
    assert [headers["host"] for headers, _ in hooked.got] == ["here.example"]


def test_a_redirect_is_not_followed(hooked):
    hooked.make()
    hooked.next_answers = [302]
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    hooked.deliver()
    assert hooked.got == []
    assert "redirect" in hooked.rows(outbox)[0]["error"]


def test_who_does_not_answer_for_two_days_is_switched_off_and_told_nothing_more(hooked):
    hooked.make()
    mina = hooked.learner(hooked.where)
    for _ in range(2):
        hooked.grade(hooked.hand_in(hooked.work, mina).id, graded())
    hooked.next_answers = [503] * MOST_TRIES
    for _ in range(MOST_TRIES):
        assert hooked.deliver(again=True) == 1
    assert hooked.deliver(again=True) == 0
    [row] = hooked.rows(webhook)
    assert row["disabled_at"] is not None
    shown = hooked.client(hooked.teacher).get(f"/api/v1/courses/{hooked.where}/webhooks").json()
    assert shown["webhooks"][0]["disabled_at"] is not None
    hooked.grade(hooked.hand_in(hooked.work, mina).id, graded())
    assert len(hooked.rows(outbox)) == 2
    with hooked.database.reading() as connection:
        assert {message["error"] for message in given_up(connection)} == {
            "the answer was status 503",
            "the webhook is switched off",
        }
    assert hooked.got == []


def test_a_deleted_webhook_is_not_told_what_was_waiting(hooked):
    hook, _ = hooked.make()
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    assert hooked.client(hooked.teacher).delete(f"/api/v1/webhooks/{hook}").status_code == 204
    assert hooked.deliver() == 0
    assert hooked.rows(outbox) == []


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "no address",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_is_sent_to_an_address_that_is_not_public(sqlite_site, tmp_path, address):
    hooked = Hooked(sqlite_site.database, tmp_path)
    hooked.make()
    # One public address beside it makes it no better.
    hooked.addresses = {"receiver.example": ["93.184.216.34", address]}
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    hooked.deliver()
    assert hooked.got == []
    assert "not public" in hooked.rows(outbox)[0]["error"]
    hooked.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "localhost"])
def test_another_way_to_write_this_machine_is_not_public_either(host):
    with pytest.raises((Forbidden, Unreachable)):
        asked(f"https://{host}/", private=False)


def asked(url, **how):
    import asyncio

    async def ask():
        async with new_client() as client:
            return await send(client, url, b"{}", {"X-Test": "1"}, **how)

    return asyncio.run(ask())


@pytest.fixture
def listening():
    """A receiver on this machine; yields its port, and what it was asked."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"x" * 100000)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], got
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_connection_goes_to_the_address_that_was_judged_and_the_name_is_looked_up_once(listening):
    port, got = listening
    looked_up = []

    def look_up(host, port):
        # A name that means this machine the first time, and another one ever after.
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["203.0.113.1"]

    answer = asked(f"http://receiver.example:{port}/a?b=c", private=True, look_up=look_up)
    assert (answer.status, len(answer.body)) == (200, 1 << 16)
    [(path, headers, body)] = got
    assert (path, headers["Host"], body) == ("/a?b=c", f"receiver.example:{port}", b"{}")
    assert looked_up == ["receiver.example"]


def test_of_two_addresses_the_second_is_tried_when_there_is_no_way_to_the_first(listening):
    port, got = listening
    # Nobody listens at the first: the port is this receiver's alone.
    answer = asked(f"http://receiver.example:{port}/", private=True, look_up=lambda *_: ["127.0.0.9", "127.0.0.1"])
    assert answer.status == 200
    assert len(got) == 1


def test_without_leave_nothing_goes_to_this_machine_and_nothing_unencrypted(listening):
    port, got = listening
    for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", f"https://localhost:{port}/"):
        with pytest.raises(Forbidden):
            asked(url, private=False)
    assert got == []


def test_a_host_without_an_address_is_no_answer():
    def nowhere(host, port):
        raise OSError("no such host")

    for look_up in (nowhere, lambda *_: []):
        with pytest.raises(Unreachable):
            asked("https://receiver.example/", private=False, look_up=look_up)
    with pytest.raises(Forbidden):
        target_of("https://receiver.example:99999999/", private=True)


def test_within_ones_own_network_the_settings_may_allow_it(sqlite_site, tmp_path, listening):
    port, got = listening
    hooked = Hooked(sqlite_site.database, tmp_path, private_webhooks=True)
    _, secret = hooked.make(f"http://127.0.0.1:{port}/hook")
    hooked.grade(hooked.hand_in(hooked.work, hooked.learner(hooked.where)).id, graded())
    assert Outbox(hooked.database, hooked.settings).deliver_once() == 1
    [(_, headers, body)] = got
    assert check(secret, {name.lower(): value for name, value in headers.items()}, body)
    hooked.close()
