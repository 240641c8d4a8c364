"""A service on a database of its own, and what the benchmark of it does: hand in, grade, queue, watch."""

import itertools
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "service"))

import sqlalchemy as sa
from cluster import Cluster, programs
from fleet import Fleet
from posting import asked
from processes import until
from speed import EXAMPLES
from test_serving import free_port

from harness.service.database import Database
from harness.service.ids import digest, new_id
from harness.service.migrations import migrate
from harness.service.schema import enrolment, grade, token, user
from harness.service.store.accepting import Incoming, accept_all

__all__ = ["CONNECTIONS", "VIEWERS", "Posted", "Service", "opened", "programs"]

HERE = Path(__file__).resolve().parent
#: Clients at once, each of which sends its next file when the last one was answered.
CONNECTIONS = 64
VIEWERS = 200
WARM_SECONDS, WATCHED_SECONDS = 3.0, 20.0
#: Half of the learners are in one course.
COURSES = 10
#: Settings as they are when nothing is said, but for the limits; the tests' are faster.
SETTINGS = {
    "DOUT_HEARTBEAT_S": "1.0",
    "DOUT_DEAD_AFTER_S": "15.0",
    "DOUT_POLL_S": "0.1",
    "DOUT_RECONCILE_S": "30.0",
    "DOUT_SUBMISSIONS_PER_MINUTE": "1000000",
    "DOUT_COURSE_SUBMISSIONS_PER_MINUTE": "1000000",
}
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def taken(request):
    return JSONResponse({"bytes": len(await request.body())}, 202)
app = Starlette(routes=[Route("/{anywhere:path}", taken, methods=["GET", "POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False)
"""


class Posted(NamedTuple):
    """What many clients measured."""

    seconds: float
    p50: float
    p99: float
    #: Processor seconds of the server for each answer, and of the clients.
    cpu: float
    client: float


class Service:
    """Courses with learners on a database of their own, and processes that serve them."""

    def __init__(self, url: str, folder: Path) -> None:
        database = Database(url)
        migrate(database)
        database.close()
        self.fleet = Fleet(url, folder / "data")
        self.folder = folder
        ground = self.fleet.ground
        courses = [ground.course(new_id()) for _ in range(COURSES - 1)]
        self.works = {self.fleet.course: self.fleet.work} | {course: ground.assignment(course) for course in courses}
        self._keys = itertools.count()

    def learners(self, count: int) -> list[tuple[str, str, str]]:
        """Enrol new learners; return for each the id, a token and the assignment to work on."""
        made, now, courses = [], time.time(), [*self.works]
        for number in range(count):
            course = courses[0 if number % 2 else number // 2 % len(courses)]
            made.append((new_id(), f"dout_{secrets.token_urlsafe(32)}", course))
        with self.fleet.database.writing() as connection:
            people = [{"id": one, "name": "L", "is_admin": False, "created_at": now} for one, _, _ in made]
            connection.execute(sa.insert(user), people)
            members = [{"user_id": one, "course_id": course, "role": "learner"} for one, _, course in made]
            connection.execute(sa.insert(enrolment).values(created_at=now), members)
            tokens = [{"id": new_id(), "user_id": one, "secret_sha256": digest(secret)} for one, secret, _ in made]
            connection.execute(sa.insert(token).values(name="t", scopes="read submit", created_at=now), tokens)
        return [(one, secret, self.works[course]) for one, secret, course in made]

    def post(self, count: int) -> Posted:
        """Have as many learners hand in one file each over HTTP."""
        port = free_port()
        people = self.learners(count)
        web = self.fleet.command("web", DOUT_PORT=str(port), **SETTINGS)
        try:
            return self._asked(web.pid, port, [(work, secret) for _, secret, work in people])
        finally:
            self.fleet.kill(web)

    def floor(self, count: int) -> Posted:
        """Ask an application that does nothing the same."""
        port = free_port()
        bare = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
        try:
            return self._asked(bare.pid, port, [(new_id(), f"dout_{secrets.token_urlsafe(32)}")] * count)
        finally:
            self.fleet.kill(bare)

    def _asked(self, pid: int, port: int, who: Sequence[tuple[str, str]]) -> Posted:
        until(lambda: _answers(port))
        names = itertools.cycle(str(EXAMPLES / name) for name in ("seed.py", "book.py", "messy.py", "swapped.py"))
        told = [
            f"/api/v1/assignments/{work}/submissions\t{secret}\tk{next(self._keys)}\t{name}\n"
            for (work, secret), name in zip(who, names, strict=False)
        ]
        requests = self.folder / "requests"
        requests.write_text("".join(told), encoding="utf-8")
        before = _cpu(pid)
        command = [sys.executable, str(HERE / "load.py"), str(port), str(CONNECTIONS), str(requests)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        assert found["statuses"] == {"202": len(who)}, found["statuses"]
        cuts = statistics.quantiles(found["milliseconds"], n=100)
        return Posted(found["seconds"], cuts[49], cuts[98], (_cpu(pid) - before) / len(who), found["cpu"] / len(who))

    def queue(self, count: int) -> None:
        """Have as many wait already, without the detour over HTTP."""
        people, data = self.learners(count), (EXAMPLES / "seed.py").read_bytes()
        for start in range(0, count, 500):
            incoming = [
                Incoming(assignment_id=work, user_id=one, name="layers.py", data=data, idempotency_key="k")
                for one, _, work in people[start : start + 500]
            ]
            with self.fleet.database.writing() as connection:
                accept_all(self.fleet.database, self.fleet.jobs, connection, incoming)
        if not self.fleet.database.is_sqlite:
            with self.fleet.database.writing() as connection:
                # As PostgreSQL does by itself within a minute of so many new rows.
                connection.execute(sa.text("ANALYZE"))

    def grade(self, files: Path) -> float:
        """Hand in all files for a course of their own; return how many a second two workers grade then."""
        ground = self.fleet.ground
        course = ground.course(new_id())
        work = ground.assignment(course)
        paths = sorted(files.iterdir())
        incoming = [
            Incoming(
                assignment_id=work,
                user_id=ground.learner(course),
                name=path.name,
                data=path.read_bytes(),
                idempotency_key="k",
            )
            for path in paths
        ]
        with self.fleet.database.writing() as connection:
            accept_all(self.fleet.database, self.fleet.jobs, connection, incoming)
        workers = [self.fleet.worker(**SETTINGS) for _ in range(2)]
        # Whatever is graded counts: courses take turns. Starting is no part of it.
        skipped = len(paths) // 10
        before = self.graded()
        until(lambda: self.graded() - before >= skipped)
        began, first = time.perf_counter(), self.graded()
        until(lambda: self.graded() - before >= len(paths), 3600)
        rate = (self.graded() - first) / (time.perf_counter() - began)
        self.fleet.kill(*workers)
        return rate

    def graded(self) -> int:
        """Return how many grades there are."""
        with self.fleet.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(grade)).scalar_one())

    def watched(self) -> Iterator[tuple[int, float, float]]:
        """Have learners watch what they handed in, first while nothing moves, then while two workers grade.

        Yields:
            How many workers there are, and what part of a core a web process takes with the viewers, and one without.
        """
        ports = (free_port(), free_port())
        webs = [self.fleet.command("web", DOUT_PORT=str(port), **SETTINGS) for port in ports]
        people = self.learners(VIEWERS)
        lines = [
            f"/api/v1/submissions/{self.fleet.ground.hand_in(work, one).id}/events\t{secret}\n"
            for one, secret, work in people
        ]
        requests = self.folder / "viewers"
        requests.write_text("".join(lines), encoding="utf-8")
        for port in ports:
            until(lambda port=port: _answers(port))
        command = [sys.executable, str(HERE / "load.py"), "--follow", str(ports[0]), str(requests)]
        watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert watching.stdout is not None
            assert watching.stdout.readline() == f"{VIEWERS}\n"
            for workers in (0, 2):
                started = [self.fleet.worker(**SETTINGS) for _ in range(workers)]
                time.sleep(WARM_SECONDS)
                before = [_cpu(web.pid) for web in webs]
                time.sleep(WATCHED_SECONDS)
                with_, without = (
                    (_cpu(web.pid) - was) / WATCHED_SECONDS for web, was in zip(webs, before, strict=True)
                )
                if started:
                    self.fleet.kill(*started)
                yield workers, with_, without
        finally:
            watching.kill()
            watching.communicate()
            self.fleet.kill(*webs)


@contextmanager
def opened(kind: str) -> Iterator[Service]:
    """Give a service on ``SQLite`` or ``PostgreSQL``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'dout.sqlite3'}"
        if kind == "PostgreSQL":
            found = programs()
            assert found is not None
            cluster = Cluster(found)
            stack.callback(shutil.rmtree, cluster.folder, ignore_errors=True)
            stack.callback(cluster.stop)
            cluster.sql("CREATE DATABASE bench")
            url = cluster.url("bench")
        service = Service(url, folder)
        stack.callback(service.fleet.close)
        yield service


def _answers(port: int) -> bool:
    try:
        return asked(port, "GET", "/login")[0] in {200, 202}
    except OSError:
        return False


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
