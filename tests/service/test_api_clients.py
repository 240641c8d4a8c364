"""`dout submit` and `dout pull` against a real server: with lost answers, restarts, and Ctrl-C."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
import sqlalchemy as sa
import uvicorn
from api_ground import ApiGround
from ground import EXAMPLES
from processes import until

from harness.assignment import built_in
from harness.grader import grade
from harness.sandbox.runner import Sandbox
from harness.service.database import Database
from harness.service.schema import enrolment, submission
from harness.service.store.grading import fail
from harness.service.web.refusal import TooMany
from harness.submission import submission_from_bytes

SEED = EXAMPLES / "seed.py"
WRONG = "class AddLayer:\n    def forward(self, x, y):\n        return x - y\n"


@pytest.fixture(scope="module")
def reports():
    with Sandbox() as sandbox:
        return {
            data: grade(submission_from_bytes("layers.py", data), built_in("ch05-add-mul"), sandbox=sandbox)
            for data in (SEED.read_bytes(), WRONG.encode())
        }


@pytest.fixture
def ground(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ApiGround(database, tmp_path / "data")
    yield made
    made.close()
    database.close()


class Server:
    """The application on a port of this machine, which can be stopped and started."""

    def __init__(self, app):
        self.app = app
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = None

    def start(self):
        self.server = uvicorn.Server(
            uvicorn.Config(self.app, port=self.port, log_config=None, access_log=False, lifespan="off", ws="none")
        )
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def stop(self):
        if self.server is not None:
            self.server.should_exit = True
            self.thread.join()


@pytest.fixture
def server(ground):
    made = Server(ground.app)
    yield made
    made.stop()


@pytest.fixture
def grading(ground, reports):
    """Does what a worker does, as soon as something waits."""
    ended = threading.Event()

    def work():
        while not ended.wait(0.05):
            for row in ground.rows(submission):
                if row["status"] == "queued":
                    name = SEED.read_bytes() if row["name"] == "seed.py" else WRONG.encode()
                    ground.grade(row["id"], reports[name], row["gen"])

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(WRONG)
    return path


@pytest.fixture
def environment(ground, course, tmp_path):
    mina = ground.learner(course)
    return os.environ | {"DOUT_TOKEN": ground.token(mina, "submit"), "XDG_CONFIG_HOME": str(tmp_path / "settings")}


def dout(*arguments, environment, **options):
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **options,
    )
    assert "Traceback" not in done.stderr
    return done


def submit(path, server, assignment, *more, environment):
    return dout("submit", path, "--server", server, "--assignment", assignment, *more, environment=environment)


def test_the_screen_is_that_of_dout_grade(server, grading, assignment, wrong, environment):
    server.start()
    done = submit(wrong, server.url, assignment, environment=environment)
    local = dout("grade", wrong, environment=environment)
    assert (done.returncode, local.returncode) == (1, 1)
    same = [line for line in local.stdout.splitlines() if "AddLayer" in line]
    assert same
    assert [line for line in done.stdout.splitlines() if "AddLayer" in line] == same
    assert submit(SEED, server.url, assignment, environment=environment).returncode == 0


def test_a_service_that_is_away_is_waited_for(ground, server, grading, assignment, environment):
    threading.Timer(1.5, server.start).start()
    done = submit(SEED, server.url, assignment, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "no answer from" in done.stderr
    assert len(ground.rows(submission)) == 1


def test_a_lost_answer_hands_in_once(ground, server, grading, assignment, environment):
    server.start()
    with socket.create_server(("127.0.0.1", 0)) as front:
        thread = threading.Thread(target=_drops_the_first_answer, args=(front, server.port), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{front.getsockname()[1]}"
        done = submit(SEED, url, assignment, environment=environment)
    assert done.returncode == 0, done.stderr
    assert len(ground.rows(submission)) == 1


def _drops_the_first_answer(front, port):
    is_first = True
    while True:
        try:
            client, _ = front.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", port)) as behind:
            client.settimeout(0.3)
            try:
                while data := client.recv(1 << 16):
                    behind.sendall(data)
            except TimeoutError:
                pass
            answer = behind.recv(1 << 20)
            assert answer
            if not is_first:
                client.sendall(answer)
                behind.settimeout(0.3)
                try:
                    while more := behind.recv(1 << 20):
                        client.sendall(more)
                except TimeoutError:
                    pass
            is_first = False


def test_a_restart_while_it_waits_is_no_matter(ground, server, assignment, reports, environment):
    server.start()
    arguments = ["submit", str(SEED), "--server", server.url, "--assignment", assignment]
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *arguments], env=environment, stdout=subprocess.PIPE
    ) as waiting:
        found = _first(ground)
        server.stop()
        time.sleep(0.5)
        server.start()
        ground.grade(found, reports[SEED.read_bytes()])
        out, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0
    assert out


def test_ctrl_c_says_where_to_look_later(ground, server, assignment, environment):
    server.start()
    arguments = ["submit", str(SEED), "--server", server.url, "--assignment", assignment]
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *arguments], env=environment, stderr=subprocess.PIPE, text=True
    ) as waiting:
        found = _first(ground)
        time.sleep(1)
        waiting.send_signal(signal.SIGINT)
        _, told = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert f"{server.url}/submissions/{found}" in told


def _first(ground):
    until(lambda: ground.rows(submission))
    return ground.rows(submission)[0]["id"]


def test_what_could_not_be_graded_is_status_3(ground, server, assignment, environment):
    server.start()

    def give_up():
        found = _first(ground)
        with ground.database.writing() as connection:
            fail(ground.database, connection, found, 0, "grader_crash")

    thread = threading.Thread(target=give_up)
    thread.start()
    done = submit(SEED, server.url, assignment, environment=environment)
    thread.join()
    assert done.returncode == 3
    assert "costs no attempt" in done.stderr


def test_a_refusal_is_told_in_one_line_and_a_hint(ground, server, course, environment):
    server.start()
    closed = ground.assignment(course, slug="old", close_at=1.0)
    done = submit(SEED, server.url, closed, environment=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "dout: the service refused: this assignment is closed",
        "hint: ask your instructor",
    ]
    unknown = submit(SEED, server.url, closed, environment=environment | {"DOUT_TOKEN": "dout_nothing"})
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 2)
    folder = submit(SEED.parent, server.url, closed, environment=environment)
    assert folder.stderr.splitlines()[0] == f"dout: {SEED.parent} is a folder"
    assert "--roster" in folder.stderr
    korean = submit(SEED, server.url, closed, "--lang", "ko", environment=environment)
    assert korean.stderr.splitlines()[0] == "dout: 서비스가 거절했습니다: 이 과제는 마감되었습니다"


def test_what_is_no_service_is_said_so(environment, assignment):
    done = submit(SEED, "ftp://x", assignment, environment=environment)
    assert done.returncode == 2
    assert "is not the address of a service" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="files have modes on POSIX")
def test_a_token_is_kept_for_its_owner_only(server, grading, assignment, environment, tmp_path):
    server.start()
    token = environment.pop("DOUT_TOKEN")
    assert submit(SEED, server.url, assignment, environment=environment).returncode == 2
    kept = dout("submit", "--login", "--server", server.url, environment=environment, input=token + "\n")
    assert kept.returncode == 0, kept.stderr
    path = tmp_path / "settings" / "dout" / "tokens.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert token not in kept.stdout + kept.stderr
    assert submit(SEED, server.url, assignment, environment=environment).returncode == 0
    path.chmod(0o644)
    done = submit(SEED, server.url, assignment, environment=environment)
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)


def test_a_class_is_pulled_and_once_more_only_what_is_new(ground, server, course, assignment, reports, tmp_path):
    server.start()
    teacher = ground.learner(course, "Kim", role="instructor")
    environment = os.environ | {"DOUT_TOKEN": ground.token(teacher, "read")}
    out = tmp_path / "out"

    def hand_in():
        found = ground.hand_in(assignment, ground.learner(course, "Mina"))
        ground.grade(found.id, reports[SEED.read_bytes()])
        return found.id

    def pull():
        done = dout("pull", "--server", server.url, "--assignment", assignment, "-o", out, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = hand_in()
    assert pull().startswith("1 new reports, 1 in all")
    report = out / "reports" / f"{first}.json"
    assert json.loads(report.read_text())["schema"] == "dout-report/1"
    hand_in()
    assert pull().startswith("1 new reports, 2 in all")
    report.unlink()
    assert pull().startswith("1 new reports, 2 in all")
    assert (out / "grades.csv").read_text().count("Mina") == 2


def test_events_tell_a_change_while_one_follows(ground, server, course, assignment, reports):
    server.start()
    mina = ground.learner(course)
    found = ground.hand_in(assignment, mina)
    asked = urllib.request.Request(
        f"{server.url}/api/v1/submissions/{found.id}/events",
        headers={"Authorization": f"Bearer {ground.token(mina, 'read')}"},
    )
    with urllib.request.urlopen(asked, timeout=20) as stream:
        lines = (json.loads(line[6:]) for line in stream if line.startswith(b"data: "))
        assert next(lines)["status"] == "queued"
        ground.grade(found.id, reports[SEED.read_bytes()])
        *_, last = lines
    assert (last["status"], last["grade"]["generation"]) == ("graded", 0)


@pytest.fixture
def classroom(ground, course, tmp_path):
    """A folder and a roster of three learners, two of whom are in the course, and what the CI of a course has."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "20260001.py").write_bytes(SEED.read_bytes())
    (folder / "20260002").mkdir()
    (folder / "20260002" / "layers.py").write_text(WRONG)
    (folder / "20260003.py").write_text(WRONG)
    (folder / "who.py").write_text(WRONG)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\n20260001,Mina\n20260002,Jun\n20260003,Sora\n20260004,Dana\n")
    for name, number in (("Mina", "20260001"), ("Jun", "20260002")):
        learner = ground.learner(course, name)
        with ground.database.writing() as connection:
            connection.execute(sa.update(enrolment).where(enrolment.c.user_id == learner).values(external_id=number))
    teacher = ground.learner(course, "Kim", role="instructor")
    environment = os.environ | {"DOUT_TOKEN": ground.token(teacher, "submit")}
    return [folder, "--roster", roster], environment


@pytest.fixture
def class_grading(ground, reports):
    """The same as ``grading``, by what was handed in."""
    ended = threading.Event()

    def work():
        while not ended.wait(0.05):
            grade_all(ground, reports)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()


def grade_all(ground, reports):
    """Grade what waits, by what was handed in."""
    by_hash = {hashlib.sha256(data).hexdigest(): report for data, report in reports.items()}
    for row in ground.rows(submission):
        if row["status"] == "queued":
            ground.grade(row["id"], by_hash[row["blob_sha256"]], row["gen"])


def submit_class(classroom, server, assignment, *more):
    arguments, environment = classroom
    return dout("submit", *arguments, "--server", server, "--assignment", assignment, *more, environment=environment)


def test_a_class_is_handed_in_each_file_for_its_learner(ground, server, class_grading, assignment, classroom):
    server.start()
    done = submit_class(classroom, server.url, assignment)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Mina", "(20260001)", "100/100", "graded"] in lines
    assert any(line[:2] == ["Jun", "(20260002)"] and line[-1] == "graded" for line in lines)
    assert any("nobody in the course has this id" in line for line in done.stdout.splitlines() if "Sora" in line)
    assert "no submission: Dana (20260004)" in done.stdout
    assert "who.py: no learner of the roster" in done.stdout
    assert done.returncode == 3
    assert len(ground.rows(submission)) == 2


def test_the_same_class_once_more_hands_in_what_has_changed(ground, server, class_grading, assignment, classroom):
    server.start()
    submit_class(classroom, server.url, assignment)
    assert len(ground.rows(submission)) == 2
    assert "Mina (20260001)   100/100   graded" in submit_class(classroom, server.url, assignment).stdout
    assert len(ground.rows(submission)) == 2
    (classroom[0][0] / "20260002" / "layers.py").write_bytes(SEED.read_bytes())
    assert "Jun (20260002)    100/100   graded" in submit_class(classroom, server.url, assignment).stdout
    assert len(ground.rows(submission)) == 3


def test_a_class_that_is_handed_in_over_a_bad_line_is_handed_in_once(
    ground, server, class_grading, assignment, classroom
):
    server.start()
    with socket.create_server(("127.0.0.1", 0)) as front:
        thread = threading.Thread(target=_drops_the_first_answer, args=(front, server.port), daemon=True)
        thread.start()
        done = submit_class(classroom, f"http://127.0.0.1:{front.getsockname()[1]}", assignment)
    assert "no answer from" in done.stderr
    assert done.stdout.count("graded") == 3
    assert len(ground.rows(submission)) == 2


def test_ctrl_c_while_a_class_waits_loses_nothing(ground, server, assignment, classroom):
    server.start()
    arguments, environment = classroom
    command = ["submit", *map(str, arguments), "--server", server.url, "--assignment", assignment]
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *command], env=environment, stderr=subprocess.PIPE, text=True
    ) as waiting:
        _first(ground)
        time.sleep(1)
        waiting.send_signal(signal.SIGINT)
        _, told = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert "2 files are handed in" in told
    assert len(ground.rows(submission)) == 2


def test_a_class_that_waits_is_asked_for_at_once_and_not_each_by_itself(
    ground, server, assignment, reports, classroom, monkeypatch
):
    asked = []

    async def counted(scope, receive, send, app=ground.app):
        asked.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    server.app = counted
    server.start()
    done = {}
    thread = threading.Thread(target=lambda: done.update(it=submit_class(classroom, server.url, assignment)))
    thread.start()
    until(lambda: asked.count(("POST", "/api/v1/submissions/lookup")) >= 2)
    grade_all(ground, reports)
    thread.join()
    assert done["it"].stdout.count("graded") == 3
    assert {path for _, path in asked[1:]} == {"/api/v1/submissions/lookup"}


def test_a_restart_while_a_class_waits_is_no_matter(ground, server, assignment, reports, classroom):
    server.start()
    done = {}
    thread = threading.Thread(target=lambda: done.update(it=submit_class(classroom, server.url, assignment)))
    thread.start()
    until(lambda: len(ground.rows(submission)) == 2)
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)) as nothing:
        nothing.settimeout(30)
        nothing.accept()[0].close()
    grade_all(ground, reports)
    server.start()
    thread.join()
    assert done["it"].stdout.count("graded") == 3
    assert "no answer from" in done["it"].stderr


def test_what_the_service_does_not_show_any_more_is_not_waited_for(ground, server, course, assignment, classroom):
    server.start()
    done = {}
    thread = threading.Thread(target=lambda: done.update(it=submit_class(classroom, server.url, assignment)))
    thread.start()
    until(lambda: len(ground.rows(submission)) == 2)
    with ground.database.writing() as connection:
        connection.execute(sa.delete(enrolment).where(enrolment.c.role == "instructor"))
    thread.join()
    assert "does not show it to you any more" in done["it"].stdout
    assert done["it"].returncode == 3


def test_a_class_waits_where_the_service_says_that_it_was_too_often(
    ground, server, class_grading, course, assignment, classroom, monkeypatch
):
    server.start()
    limiter, refusals = ground.app.state.limiter, [TooMany(1)]
    monkeypatch.setattr(limiter, "batch", lambda *_: _raise(refusals.pop()) if refusals else None)
    assert submit_class(classroom, server.url, assignment).stdout.count("graded") == 3
    assert refusals == []


def _raise(error):
    raise error


def test_a_file_that_is_too_large_keeps_no_other_away(ground, server, class_grading, assignment, classroom):
    (classroom[0][0] / "20260001.py").write_bytes(b"#" * ground.settings.max_body)
    server.start()
    done = submit_class(classroom, server.url, assignment)
    assert any("larger than" in line for line in done.stdout.splitlines() if "Mina" in line)
    assert len(ground.rows(submission)) == 1


def test_a_class_has_no_report_format(server, assignment, classroom):
    done = submit_class(classroom, "http://127.0.0.1:9", assignment, "--format", "json")
    assert (done.returncode, "dout pull" in done.stderr) == (2, True)
