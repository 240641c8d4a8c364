"""What is logged: lines that programs read, with the ids of what they are about, and never a secret."""

import json
import logging
import sys

import pytest
import sqlalchemy as sa
import structlog
from api_ground import ApiGround
from fleet import Fleet
from processes import until
from starlette.requests import Request

from harness.service.database import Database
from harness.service.ids import SECRETS, new_secret
from harness.service.logs import configure
from harness.service.web.guarding import public
from harness.service.web.routing import Route

LEARNERS_TEXT = "class AddLayer: my_private_thought = 1"
PASSWORD = "geheim-und-lang"


@pytest.fixture
def logged(monkeypatch, capsys):
    """Configure as a command does, and return what reads the lines; afterwards everything is as before."""
    root, library = logging.getLogger(), logging.getLogger("dbos")
    before = (root.handlers[:], root.level, library.handlers[:], library.propagate)

    def start(*, plain=False):
        configure(plain=plain)
        # A logger that another test used keeps what it was configured with.
        for module in ("harness.service.web.errors", "harness.service.web.taking_in", "harness.service.worker"):
            monkeypatch.setattr(f"{module}._log", structlog.get_logger())
        return lambda: capsys.readouterr().err

    yield start
    structlog.reset_defaults()
    root.handlers, library.handlers, library.propagate = before[0], before[2], before[3]
    root.setLevel(before[1])


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def api(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ApiGround(database, tmp_path)
    yield made
    made.close()
    database.close()


def fails_with_secrets(api, secrets):
    """Add a page that fails with secrets in its local variables and in the parameters of a statement."""

    async def broken(request: Request) -> None:
        public(request)
        password, text, token = PASSWORD, LEARNERS_TEXT, secrets[0]
        given = {"a": password, "b": text, "c": token}
        with api.database.reading() if request.query_params else api.database.writing() as connection:
            connection.execute(sa.text("SELECT :a, :b, :c FROM nowhere"), given)

    api.app.router.add(Route("/broken", broken))


@pytest.mark.parametrize("plain", [False, True], ids=["json", "console"])
def test_a_traceback_shows_no_password_token_cookie_or_learners_text(api, logged, plain):
    cookie, token = new_secret("session"), api.token(api.learner(api.course()))
    fails_with_secrets(api, [token])
    read = logged(plain=plain)
    client = api.client()
    client.cookies.set("dout", cookie)
    for path in ("/broken", "/broken?read=1"):
        assert client.get(path).status_code == 503
    assert client.get("/broken", headers={"Authorization": f"Bearer {token}"}).status_code == 503
    text = read()
    assert "no such table: nowhere" in text
    assert "test_logs.py" in text, "the traceback is there"
    # The source line that failed is shown, and it names variables: their values are what must not be there.
    for secret in (PASSWORD, "my_private_thought", token, cookie, token[-20:], cookie[-20:]):
        assert secret not in text


@pytest.mark.parametrize("plain", [False, True], ids=["json", "console"])
def test_a_secret_in_a_message_is_masked(logged, plain):
    read = logged(plain=plain)
    secrets = [new_secret(kind) for kind in SECRETS]
    url = f"postgresql+psycopg://dout:{PASSWORD}@db.example.org/dout"
    log = structlog.get_logger()
    try:
        raise KeyError(" ".join([*secrets, url]))
    except KeyError:
        log.exception("it failed", url=url, secrets=secrets)
        logging.getLogger("uvicorn.error").exception("it failed: %s", url)
    text = read()
    assert text.count("db.example.org") >= 3
    assert PASSWORD not in text
    assert not any(secret[-30:] in text for secret in secrets)


def test_libraries_log_in_the_same_form(logged):
    read = logged()
    for name in ("uvicorn.error", "dbos"):
        try:
            raise ValueError("of a library")
        except ValueError:
            logging.getLogger(name).exception("it failed")
    for line, name in zip(lines(read()), ("uvicorn.error", "dbos"), strict=True):
        assert (line["event"], line["level"], line["logger"]) == ("it failed", "error", name)
        assert "ValueError: of a library" in line["exception"]
        assert set(line) == {"event", "level", "logger", "timestamp", "exception"}


@pytest.mark.parametrize(
    "given", ["0123456789abcdef0123456789abcdef", "0192b1d0-7c3e-7000-8000-000000000000", "a.b_c-d9"]
)
def test_a_request_keeps_the_id_that_a_proxy_gave_it(sqlite_site, given):
    answer = sqlite_site.browser().get("/login", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", 'quote"quote"', "../../../etc", "é" * 10])
def test_an_id_that_is_none_is_not_taken(sqlite_site, given):
    answer = sqlite_site.browser().get("/login", headers={"X-Request-ID": given.encode()})
    assert len(answer.headers["x-request-id"]) == 36


def test_an_accepted_submission_is_found_in_the_log_by_request_and_by_its_own_id(api, logged):
    course = api.course()
    work, learner = api.assignment(course), api.learner(course)
    client = api.client(learner)
    read = logged()
    headers = {"Idempotency-Key": "k", "X-Request-ID": "a-request-of-mine"}
    answer = client.post(f"/api/v1/assignments/{work}/submissions", content=LEARNERS_TEXT.encode(), headers=headers)
    text = read()
    [line] = lines(text)
    assert (line["event"], line["submission"]) == ("accepted", answer.json()["id"])
    assert line["request"] == "a-request-of-mine"
    assert "my_private_thought" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="workers exist on Linux only")
def test_a_grading_is_found_in_the_log_of_a_worker_by_the_submission(sqlite_url, tmp_path):
    fleet = Fleet(sqlite_url, tmp_path / "data")
    try:
        fleet.worker()
        [submission_id] = fleet.hand_in(1, LEARNERS_TEXT)
        until(lambda: fleet.graded() == 1)
        fleet.end()
        text = fleet.logs()
    finally:
        fleet.close()
    [line] = [one for one in lines(text) if one["event"] == "graded"]
    assert (line["submission"], line["gen"], line["attempt"], line["outcome"]) == (submission_id, 0, 1, "graded")
    assert "my_private_thought" not in text
