"""Spans: one trace from the request to the grade, nothing secret in it, and nothing at all unless it is asked for."""

import subprocess
import sys

import pytest
from api_ground import ApiGround
from fleet import Fleet
from processes import until
from starlette.requests import Request

from harness.service import tracing
from harness.service.database import Database
from harness.service.engine import Jobs, Runner
from harness.service.web.guarding import public
from harness.service.web.routing import Route

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans():
    """What ended, in the order in which it did."""
    pytest.importorskip("opentelemetry.sdk", reason="the extra 'otel' is not installed")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.use(provider)
    yield kept.get_finished_spans
    tracing.use(None)
    provider.shutdown()


@pytest.fixture
def api(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    jobs = Jobs(database)
    made = ApiGround(database, tmp_path, jobs)
    yield made
    made.close()
    jobs.close()
    database.close()


def hand_in(api, **headers):
    course = api.course()
    client = api.client(api.learner(course))
    path = f"/api/v1/assignments/{api.assignment(course)}/submissions"
    answer = client.post(path, content=b"x = 1\n", headers={"Idempotency-Key": "k", **headers})
    assert answer.status_code == 202
    return answer.json()["id"]


def test_a_submission_is_one_trace_from_the_clients_request_to_its_grading_in_another_process(spans, api):
    submission_id = hand_in(api, traceparent=PARENT)
    done = []
    runner = Runner(api.database, "w", lambda *job: done.append((job, tracing.carried())), slots=1, poll_s=0.05)
    try:
        until(lambda: done != [])
    finally:
        runner.close(5)
    assert done[0][0] == (submission_id, 0)
    accept, request, grade = spans()
    assert [one.name for one in (accept, request, grade)] == [
        "accept", "POST /api/v1/assignments/{id}/submissions", "grade",
    ]  # fmt: skip
    assert {f"{one.context.trace_id:032x}" for one in (accept, request, grade)} == {TRACE}
    assert (accept.parent.span_id, grade.parent.span_id) == (request.context.span_id, accept.context.span_id)
    assert accept.attributes["dout.submission"] == grade.attributes["dout.submission"] == submission_id
    assert request.attributes["http.response.status_code"] == 202


def test_a_span_has_no_address_no_message_and_no_traceback(spans, api):
    async def broken(request: Request) -> None:
        public(request)
        with tracing.span("inner"):
            raise ValueError("my_private_thought")

    api.app.router.add(Route("/broken/{secret}", broken))
    api.client().get("/broken/my_private_thought?and=my_private_thought")
    inner, request = spans()
    assert (request.name, request.attributes["http.response.status_code"]) == ("GET /broken/{secret}", 500)
    assert (inner.status.is_ok, inner.status.description) == (False, "ValueError")
    assert "my_private_thought" not in inner.to_json() + request.to_json()


def test_a_parent_that_is_none_begins_a_trace_of_its_own(spans):
    with tracing.continued("nonsense; \r\n"), tracing.span("one"):
        pass
    [one] = spans()
    assert one.parent is None


def test_without_being_asked_for_nothing_is_done_and_jobs_are_what_they_were(api):
    with tracing.span("nothing") as made, tracing.continued(PARENT):
        assert (made, tracing.carried()) == (None, "")
    submission_id = hand_in(api, traceparent=PARENT)
    [job] = api.jobs._client.list_workflows(workflow_ids=[f"{submission_id}:0"])
    assert tuple(job.input["args"]) == (submission_id, 0)


SCRIPT = """
import sys
from harness.service import tracing
import harness.service.worker, harness.service.web.app
{hidden}
tracing.configure("web", {environment})
print(sorted(name for name in sys.modules if name.partition(".")[0] == "opentelemetry")[:1], tracing._tracer is not None)
"""
HIDDEN = "sys.modules['opentelemetry'] = None"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("hidden", "environment", "told"),
    [
        ("", {}, "[] False"),
        # None stands for a package that is not there.
        (HIDDEN, ENDPOINT, "['opentelemetry'] False"),
        ("", ENDPOINT, "['opentelemetry'] True"),
    ],
    ids=["not asked for", "not installed", "asked for"],
)
def test_it_is_imported_when_it_is_asked_for_and_only_then(hidden, environment, told):
    if told.endswith("True"):
        pytest.importorskip("opentelemetry.sdk", reason="the extra 'otel' is not installed")
    script = SCRIPT.format(hidden=hidden, environment=environment)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == told, done.stdout + done.stderr
    assert ("pip install 'dout[otel]'" in done.stdout + done.stderr) is bool(hidden)


@pytest.mark.skipif(sys.platform != "linux", reason="workers exist on Linux only")
def test_a_worker_grades_while_nobody_takes_its_spans(sqlite_url, tmp_path):
    pytest.importorskip("opentelemetry.sdk", reason="the extra 'otel' is not installed")
    fleet = Fleet(sqlite_url, tmp_path / "data")
    try:
        fleet.worker(**ENDPOINT)
        fleet.hand_in(1)
        until(lambda: fleet.graded() == 1)
    finally:
        fleet.close()
