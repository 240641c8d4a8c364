"""Figures for Prometheus: true for the whole service, of a bounded size, and quick however much waits."""

import asyncio
import re
import time

import msgspec
import pytest
import sqlalchemy as sa
from browsing import Site
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Route

from harness.assignment import built_in
from harness.grader import grade as grade_it
from harness.records import Outcome
from harness.sandbox.runner import Sandbox
from harness.service.schema import attempt, audit, grade, outbox, submission, worker
from harness.service.store.grading import claim, finish, result_of
from harness.service.store.tokens import create_token
from harness.service.web import metrics
from harness.service.web.metrics import FAMILIES
from harness.service.web.middleware import Measured
from harness.submission import submission_from_bytes


@pytest.fixture(scope="module")
def report():
    with Sandbox() as sandbox:
        return grade_it(submission_from_bytes("layers.py", b"class AddLayer: pass\n"), built_in(), sandbox=sandbox)


class Watched:
    """A service that an operator's program watches."""

    def __init__(self, site: Site) -> None:
        self.site, self.ground, self.database = site, site.ground, site.database
        self.course = site.course("dl")
        self.work = site.ground.assignment(self.course)
        admin = site.person("Root", is_admin=True)
        self.secret = site.writing(
            lambda connection: create_token(
                site.database, connection, user_id=admin, name="prometheus", scopes=frozenset({"watch"})
            )
        )

    def hand_in(self, work=None, course=None):
        learner = self.ground.learner(course or self.course)
        return self.ground.hand_in(work or self.work, learner, b"x = 1\n").id

    def claim(self, submission_id, gen=0):
        with self.database.writing() as connection:
            return claim(self.database, connection, "w", submission_id, gen)

    def finish(self, claimed, report):
        with self.database.writing() as connection:
            return finish(self.database, connection, result_of(claimed, report))

    def earlier(self, seconds):
        """Let everything have happened ``seconds`` before."""
        with self.database.writing() as connection:
            columns = (submission.c.received_at, attempt.c.started_at, attempt.c.ended_at, audit.c.at, grade.c.at)
            for column in columns:
                connection.execute(sa.update(column.table).values({column: column - seconds}))

    def figures(self, app_site=None):
        site = app_site or self.site
        answer = site.browser().get("/metrics", headers={"Authorization": f"Bearer {self.secret}"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture
def watched(site, monkeypatch):
    monkeypatch.setattr(metrics, "_SETTLED", 0.0)
    return Watched(site)


def test_what_waits_and_runs_is_told_by_course_with_the_age_of_the_oldest(watched):
    ids = [watched.hand_in() for _ in range(3)]
    watched.claim(ids[0])
    with watched.database.writing() as connection:
        aged = submission.c.received_at - 100
        connection.execute(sa.update(submission).where(submission.c.id == ids[1]).values(received_at=aged))
    found = watched.figures()
    assert (found["dout_queued", "dl"], found["dout_running", "dl"]) == (2, 1)
    assert 100 <= found["dout_oldest_queued_seconds", "dl"] < 160


def test_a_regrade_is_counted_and_is_not_as_old_as_its_submission(watched):
    one = watched.hand_in()
    watched.earlier(10_000_000)
    with watched.database.writing() as connection:
        connection.execute(sa.update(submission).where(submission.c.id == one).values(gen=1))
    found = watched.figures()
    assert (found["dout_queued", "dl"], found["dout_oldest_queued_seconds", "dl"]) == (1, 0)


def test_courses_are_at_most_fifty_and_the_others_are_counted_together(watched, monkeypatch):
    monkeypatch.setattr(metrics, "_MOST_COURSES", 3)
    for number in range(6):
        course = watched.ground.course(f"c{number}")
        watched.hand_in(watched.ground.assignment(course), course)
        watched.earlier(10)
    found = watched.figures()
    assert {key[1] for key in found if key[0] == "dout_queued"} == {"c0", "c1", "c2", "(others)"}
    assert found["dout_queued", "(others)"] == 3
    assert 10 <= found["dout_oldest_queued_seconds", "(others)"] < found["dout_oldest_queued_seconds", "c2"]


def test_what_workers_did_is_told_by_every_web_process_since_it_began(watched, report, tmp_path):
    other = Site(watched.database, tmp_path / "other")
    try:
        first = (watched.figures(), watched.figures(other))
        for found in first:
            assert (found["dout_graded_total", "graded"], found["dout_wait_seconds_count",]) == (0, 0)
        one, two = watched.hand_in(), watched.hand_in()
        watched.finish(watched.claim(one), report)
        # Its worker dies; the next attempt makes the grade.
        watched.claim(two)
        watched.finish(watched.claim(two), report)
        for found in (watched.figures(), watched.figures(other)):
            assert found["dout_graded_total", "graded"] == 2
            assert (found["dout_attempts_total", "done"], found["dout_attempts_total", "crashed"]) == (2, 1)
            assert found["dout_attempts_again_total",] == 1
            assert (found["dout_wait_seconds_count",], found["dout_wait_seconds_bucket", "60.0"]) == (2, 2)
            assert found["dout_grading_seconds_count",] == 3
    finally:
        other.close()
    # Nothing is counted twice, and nothing that is gone by is forgotten.
    assert watched.figures()["dout_graded_total", "graded"] == 2


def test_a_fault_of_the_grader_is_no_grade_and_is_counted(watched, report):
    watched.figures()
    fault = msgspec.structs.replace(report, outcome=Outcome.GRADER_FAULT, score=None)
    watched.finish(watched.claim(watched.hand_in()), fault)
    nothing = msgspec.structs.replace(report, outcome=Outcome.NOT_GRADABLE, score=0.0)
    watched.finish(watched.claim(watched.hand_in()), nothing)
    found = watched.figures()
    assert found["dout_grader_faults_total",] == 1
    assert (found["dout_graded_total", "graded"], found["dout_graded_total", "not_gradable"]) == (0, 1)
    assert (found["dout_failed", "grader_fault"], found["dout_failed", "grader_crash"]) == (1, 0)


def test_nobody_pays_for_a_long_time_in_which_nobody_asked(watched, report):
    watched.figures()
    watched.finish(watched.claim(watched.hand_in()), report)
    meters = watched.site.app.state.meters
    meters._until -= 10_000
    watched.earlier(5_000)
    assert watched.figures()["dout_graded_total", "graded"] == 0


def test_a_clock_that_goes_back_counts_nothing_twice(watched, report):
    watched.figures()
    watched.finish(watched.claim(watched.hand_in()), report)
    assert watched.figures()["dout_graded_total", "graded"] == 1
    watched.site.app.state.meters._until += 3600
    for _ in range(2):
        # Of the hour that comes again: before the clock went back these may have been counted.
        watched.finish(watched.claim(watched.hand_in()), report)
        assert watched.figures()["dout_graded_total", "graded"] == 1


def test_workers_are_told_by_state_with_their_slots(watched):
    now = watched.database.clock
    for executor, ago, drains in (("a", 1, False), ("b", 1, True), ("c", 60, False), ("d", 1, False)):
        watched.ground.insert(
            worker, executor=executor, host="h", version="1", isolation="A", slots=2, is_draining=drains,
            started_at=now, seen_at=now - ago,
        )  # fmt: skip
    found = watched.figures()
    assert [found["dout_workers", state] for state in ("working", "draining", "silent")] == [2, 1, 1]
    assert found["dout_worker_slots",] == 4


def test_messages_are_told_that_wait_and_that_were_given_up(watched):
    said = {"kind": "webhook", "target": "webhook:1", "payload": "{}", "created_at": 0.0, "next_at": 0.0, "tries": 1}
    for number, (done_at, error) in enumerate([(None, None), (None, "status 500"), (1.0, None), (1.0, "status 404")]):
        watched.ground.insert(outbox, id=str(number), done_at=done_at, error=error, **said)
    found = watched.figures()
    assert [found["dout_messages", state] for state in ("waiting", "given_up")] == [2, 1]


def test_a_process_counts_what_it_accepts_and_refuses(watched):
    me = watched.site.person("Mina", dl="learner")
    browser = watched.site.browser(me)
    path = f"/assignments/{watched.work}/submissions"
    for _ in range(2):
        # The same key and the same text is the same submission.
        assert browser.send_form(path, text="x = 1\n", key="k").status_code == 303
    watched.ground.revise(watched.work, 2, close_at=1.0)
    assert browser.send_form(path, text="y = 1\n", key="k").status_code == 409
    found = watched.figures()
    assert (found["dout_accepted_total",], found["dout_refused_total", "closed"]) == (1, 1)


def requests(watched):
    """Return how often each route was answered, by method and class of status; but for the figures themselves."""
    found = {key[1:]: value for key, value in watched.figures().items() if key[0] == "dout_requests_total"}
    return {(route, method, status): value for (method, route, status), value in found.items() if route != "/metrics"}


def test_requests_are_counted_by_their_route_and_never_by_what_was_asked_for(watched):
    mina = watched.site.browser(watched.site.person("Mina", dl="learner"))
    for _ in range(3):
        assert mina.get(f"/assignments/{watched.work}").status_code == 200
    assert mina.get(f"/submissions/{watched.hand_in()}").status_code == 404
    assert mina.send_form(f"/assignments/{watched.work}/submissions", text="x = 1\n").status_code == 303
    assert requests(watched) == {
        ("/assignments/{assignment_id}", "GET", "2xx"): 3,
        ("/submissions/{submission_id}", "GET", "4xx"): 1,
        ("/assignments/{assignment_id}/submissions", "POST", "3xx"): 1,
    }
    found = watched.figures()
    assert found["dout_requests_total", "GET", "/metrics", "2xx"] == 1
    assert found["dout_request_seconds_count", "GET", "/assignments/{assignment_id}"] == 3
    assert 0 < found["dout_request_seconds_sum", "GET", "/assignments/{assignment_id}"] < 60


def test_no_client_makes_the_figures_of_requests_grow(watched):
    browser = watched.site.browser()
    for number in range(30):
        browser.get(f"/nowhere/{number}")
        browser.request(f"WORD{number}", "/login")
        browser.get(f"/submissions/{number}")
    assert requests(watched) == {
        ("(none)", "GET", "4xx"): 30,
        ("/login", "(another)", "4xx"): 30,
        ("/submissions/{submission_id}", "GET", "3xx"): 30,
    }


def test_who_is_refused_on_the_way_to_a_route_is_counted_there(watched):
    browser = watched.site.browser()
    browser.post(f"/api/v1/assignments/{watched.work}/submissions", headers={"Authorization": "Bearer dout_wrong"})
    browser.post("/login", content=b"x" * (watched.site.settings.max_body + 1))
    assert requests(watched) == {
        ("/api/v1/assignments/{id}/submissions", "POST", "4xx"): 1,
        ("/login", "POST", "4xx"): 1,
    }


def test_an_answer_took_until_it_began_however_long_somebody_follows_it(watched):
    began, ended = asyncio.Event(), asyncio.Event()

    async def stream(scope, receive, send):
        scope["route"] = Route("/stream/{id}", lambda request: None)
        await send({"type": "http.response.start", "status": 200})
        began.set()
        await ended.wait()

    async def follow():
        async def send(message):
            pass

        scope = {"type": "http", "app": watched.site.app, "method": "GET", "path": "/stream/7"}
        following = asyncio.create_task(Measured(stream)(scope, None, send))
        await began.wait()
        found = watched.site.app.state.meters.registry.get_sample_value(
            "dout_request_seconds_count", {"route": "/stream/{id}", "method": "GET"}
        )
        ended.set()
        await following
        return found

    assert asyncio.run(follow()) == 1


def test_every_figure_that_is_told_of_is_there_and_no_other(watched):
    watched.hand_in()
    watched.figures()
    names = {re.sub(r"_(bucket|sum|count)$", "", key[0]) for key in watched.figures() if key[0].startswith("dout_")}
    assert names == set(FAMILIES)


@pytest.mark.parametrize("scopes", [("read", "submit", "grade", "manage"), ()])
def test_figures_are_for_an_administrators_token_of_the_scope_alone(sqlite_site, scopes):
    site = sqlite_site
    site.course("dl")
    who = site.person("Root", is_admin=True) if scopes else site.person("Teacher", dl="instructor")
    secret = site.writing(
        lambda connection: create_token(
            site.database, connection, user_id=who, name="t", scopes=frozenset(scopes or {"watch"})
        )
    )
    answer = site.browser().get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, "dout_queued" in answer.text) == (403, False)
    assert site.browser().get("/metrics").status_code == 401
    assert site.browser().get("/metrics", headers={"Authorization": "Bearer dout_no"}).status_code == 401


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
_ID = "substr('0192b1d0-0000-7000-{kind}-', 1, 24) || substr(CAST(1000000000000 + i AS VARCHAR), 2)"


def fill(database, work, learner, blob, *, queued, graded):
    """Insert submissions that wait, and graded ones with the attempts that were made at them, an hour ago."""
    now = str(database.clock.compile(database.engine))
    with database.writing() as connection:
        for kind, status, count in (("8000", "queued", queued), ("9000", "graded", graded)):
            made = _ID.format(kind=kind)
            connection.exec_driver_sql(
                f"INSERT INTO submission (id, assignment_id, revision, user_id, number, idempotency_key, name, blob_sha256, "
                f"status, gen, is_late, counts, received_at) {_NUMBERS.format(count=count)} "
                f"SELECT {made}, '{work}', 1, '{learner}', i + {100 + int(kind) * 1000}, '{kind}' || CAST(i AS VARCHAR), 'x', "
                f"'{blob}', '{status}', 0, false, true, {now} - 7200 FROM n"
            )
            if status == "graded":
                connection.exec_driver_sql(
                    f"INSERT INTO attempt (submission_id, gen, n, executor, state, started_at, ended_at) "
                    f"{_NUMBERS.format(count=count)} SELECT {made}, 0, 1, 'w', 'done', {now} - 7200, {now} - 7200 FROM n"
                )
    if not database.is_sqlite:
        # As it does by itself in time.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def plan_of(database, connection, query):
    text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    return "\n".join(str(row) for row in connection.exec_driver_sql(explain + text.replace("%", "%%")))


def test_two_hundred_thousand_waiting_submissions_do_not_slow_the_figures_down(watched):
    one = watched.hand_in()
    [row] = watched.ground.of(submission, one)
    fill(watched.database, watched.work, row["user_id"], row["blob_sha256"], queued=200_000, graded=100_000)
    watched.figures()
    asked = []

    def noted(connection, query, *_):
        asked.append(query)

    engine = watched.database._reader
    sa.event.listen(engine, "before_execute", noted)
    began = time.perf_counter()
    found = watched.figures()
    seconds = time.perf_counter() - began
    sa.event.remove(engine, "before_execute", noted)
    assert found["dout_queued", "dl"] == 200_001
    # It took 0.1 s on both; whoever walks through all rows for each figure takes seconds.
    assert seconds < 2.0
    with watched.database.reading() as connection:
        plans = [plan_of(watched.database, connection, query) for query in asked if isinstance(query, sa.Select)]
    assert any("ix_submission_open" in plan for plan in plans)
    assert any("ix_attempt_ended_at" in plan for plan in plans)
