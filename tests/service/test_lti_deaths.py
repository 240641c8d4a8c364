"""Scores for an LMS while workers die and the LMS does not answer: they arrive, and nobody else waits for them."""

import threading
import time
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
import uvicorn
from browsing import Site
from fleet import Fleet
from lms import Lms, public
from processes import until

from harness.service.key_sets import KeySets
from harness.service.lti.keys import own_key, published
from harness.service.schema import lease, lti_member, outbox, submission, worker


@contextmanager
def serving(lms):
    """Have the LMS listen on this machine."""
    server = uvicorn.Server(uvicorn.Config(lms.app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    lms.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield
    server.should_exit = True
    thread.join()


class Running(Fleet):
    """Workers that tell a listening LMS, and a learner whom it has sent."""

    def __init__(self, url, folder, lms):
        super().__init__(url, folder / "data")
        self.lms, one = lms, lms.platform()
        lms.tool_keys = published(own_key(self.database))
        self.site = Site(self.database, folder, public_url="https://dout.test", lti_platforms=(one,))
        self.site.app.state.key_sets = KeySets(lms.client, public)
        self.work = self.ground.assignment(self.site.course("dl"))
        names = ("issuer", "client_id", "deployment_id", "auth_login_url", "auth_token_url", "jwks_url")
        values = "".join(f"{name} = {getattr(one, name)!r}\n" for name in names)
        text = f'public_url = "https://dout.test"\n[[lti_platforms]]\n{values}'
        (self.data / "dout-service.toml").write_text(text, encoding="utf-8")
        assert lms.launch(self.site.browser()).status_code == 303
        self.member = self.ground.rows(lti_member)[0]["user_id"]

    def is_told(self):
        rows = self.ground.rows(outbox)
        return bool(rows) and all(row["done_at"] for row in rows)

    def close(self):
        self.site.close()
        super().close()


@pytest.fixture
def running(url, tmp_path):
    lms = Lms()
    with serving(lms):
        made = Running(url, tmp_path, lms)
        yield made
        made.close()


@pytest.mark.parametrize("fault", ["outbox.before_settle", "finish.after_commit"])
def test_a_worker_that_is_killed_loses_no_score(running, fault):
    lms = running.lms
    submitted = running.ground.hand_in(running.work, running.member).id
    assert running.worker(fault).wait(60) == -9
    if fault == "outbox.before_settle":
        assert len(lms.posted) == 1, "it had arrived, and nobody knows"
    running.worker()
    until(running.is_told)
    [message] = running.ground.rows(outbox)
    assert message["error"] is None
    assert {score["scoreGiven"] for score in lms.posted} == {100.0}
    assert lms.book["mina-at-the-lms"]["scoreMaximum"] == 100.0
    assert running.ground.of(submission, submitted)[0]["status"] == "graded"
    running.end()


def test_an_lms_that_does_not_answer_delays_no_sign_of_life_and_no_grade(running):
    running.lms.next_answers = [6.0]
    running.ground.hand_in(running.work, running.member)
    process = running.worker()
    until(lambda: running.lms.waiting == 1)
    running.hand_in(5)
    until(lambda: running.graded() == 6)
    alive, reaped = set(), set()
    while not running.lms.posted:
        with running.database.reading() as connection:
            alive.add(connection.execute(sa.select(worker.c.seen_at)).scalar_one())
            reaped.add(connection.execute(sa.select(lease.c.until).where(lease.c.name == "duties")).scalar_one())
        time.sleep(0.05)
    # It goes on giving signs of life, and looking for who gives none.
    assert len(alive) > 3
    assert len(reaped) > 3
    assert process.poll() is None
    until(running.is_told)
    running.end()
