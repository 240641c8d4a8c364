"""Measures what a submission costs the service, end to end, and prints it as capacity.py has it.

    python benchmarks/submission_cost.py [URL]    on SQLite, or on PostgreSQL at URL

The database at URL has to be empty, and its server on this machine, with nothing else to do. This starts `dout web` and
`dout worker` as an operator does, hands in over HTTP, and waits until all is graded.
"""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@contextmanager
def service(url: str, folder: Path, port: int) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Give what starts a part of a service, ``web`` or ``worker``; all are ended at the end."""
    environment = os.environ | {
        "DATABASE_URL": url,
        "DOUT_DATA": str(folder),
        "DOUT_PORT": str(port),
        "DOUT_SUBMISSIONS_PER_MINUTE": "1000000",
        "DOUT_COURSE_SUBMISSIONS_PER_MINUTE": "1000000",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(part: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "harness.cli", part]
        started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    with (folder / "log").open("wb") as log:
        try:
            yield start
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(60)


def ground(database: Any, people: int) -> tuple[str, list[str]]:
    """Make a course with learners; return the assignment's id and their tokens."""
    import sqlalchemy as sa

    from harness.service.ids import new_id
    from harness.service.installed import Installed
    from harness.service.schema import assignment, enrolment, user
    from harness.service.store.courses import Revision, create_assignment, create_course
    from harness.service.store.tokens import create_token

    with database.writing() as connection:
        now = database.clock
        ids = [new_id() for _ in range(people)]
        rows = [{"id": one, "name": "L", "is_admin": False} for one in ids]
        connection.execute(sa.insert(user).values(created_at=now), rows)
        course = create_course(database, connection, slug="c", name="C", by=ids[0])
        connection.execute(
            sa.insert(enrolment).values(created_at=now, course_id=course, role="learner"),
            [{"user_id": one} for one in ids],
        )
        create_assignment(
            database, connection, Installed(Path()), course_id=course, slug="a", title="A",
            first=Revision(source="ch05-add-mul"), by=ids[0],
        )  # fmt: skip
        work = connection.execute(sa.select(assignment.c.id)).scalar_one()
        scopes = frozenset({"submit"})
        return work, [create_token(database, connection, user_id=one, name="t", scopes=scopes) for one in ids]


def hand_in(port: int, work: str, tokens: list[str], count: int) -> None:
    """Hand in ``count`` submissions, all different, half of them wrong, over 16 connections."""
    texts = [(EXAMPLES / name).read_text(encoding="utf-8") for name in ("seed.py", "swapped.py")]
    numbers = iter(range(count))
    lock, failed = threading.Lock(), []

    def some() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            headers = {
                "Authorization": f"Bearer {tokens[number % len(tokens)]}",
                "Idempotency-Key": secrets.token_hex(8),
            }
            body = f"{texts[number % 2]}\n# {number}\n"
            connection.request("POST", f"/api/v1/assignments/{work}/submissions", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 202:
                failed.append((answer.status, text))
                return

    threads = [threading.Thread(target=some) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]


def ticks(*, pid: int = 0, name: str = "") -> float:
    """Return the processor time of a process and its dead children, or of all that are called ``name``; seconds."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        comm, rest = text.partition("(")[2].rpartition(")")[::2]
        if int(path.parent.name) == pid or (name and comm == name):
            total += sum(int(field) for field in rest.split()[11:15]) / os.sysconf("SC_CLK_TCK")
    return total


def sizes(database: Any) -> dict[str, float]:
    """Return bytes of everything, of the queue, and of the log written so far; and how often that went to the disk."""
    import sqlalchemy as sa

    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            table = dict(connection.execute(sa.text("SELECT name, tbl_name FROM sqlite_master")).all())
            ours, sums = _tables(), {True: 0, False: 0}
            for name, size in connection.execute(sa.text("SELECT name, pgsize FROM dbstat")):
                sums[table.get(name, name) in ours] += size
            log = Path(database.engine.url.database + "-wal").read_bytes()
            # https://www.sqlite.org/fileformat2.html#walformat: a frame that ends a transaction says how large it left
            # the database.
            frames = range(32, len(log), 24 + 4096)
            commits = sum(log[at + 4 : at + 8] != bytes(4) for at in frames)
            return {"all": sum(sums.values()), "queue": sums[False], "log": len(log), "commits": commits}
        connection.execute(sa.text("VACUUM"))
        names = "all", "queue", "log", "commits"
        row = connection.execute(
            sa.text(
                "SELECT sum(pg_total_relation_size(c.oid)), "
                "sum(CASE WHEN n.nspname = 'dbos' THEN pg_total_relation_size(c.oid) ELSE 0 END), "
                "pg_current_wal_lsn() - '0/0'::pg_lsn, (SELECT wal_sync FROM pg_stat_wal) "
                "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relkind = 'r' AND n.nspname IN ('public', 'dbos')"
            )
        ).one()
        return {name: float(value) for name, value in zip(names, row, strict=True)}


def _tables() -> set[str]:
    from harness.service.schema import metadata

    return set(metadata.tables)


def measure(url: str, count: int = 1000) -> None:
    """Measure, and print what ``MEASURED`` of capacity.py is to hold."""
    import sqlalchemy as sa

    from harness.service.database import Database
    from harness.service.migrations import migrate
    from harness.service.schema import submission

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = url or f"sqlite:///{folder / 'dout.sqlite3'}"
        database = Database(url)
        migrate(database)
        work, tokens = ground(database, 200)
        if database.is_sqlite:
            # Held open, so that what is written ahead is not folded in meanwhile, and its length tells how much it was.
            holder = database.reading()
            holder.__enter__().execute(sa.select(submission.c.id)).all()
        with service(url, folder, port) as start:
            process = start("web")
            until(lambda: answers(port))
            before, web, server = sizes(database), ticks(pid=process.pid), ticks(name="postgres")
            began = time.perf_counter()
            hand_in(port, work, tokens, count)
            accepting = time.perf_counter() - began
            web = ticks(pid=process.pid) - web
            worker = start("worker")
            began = time.perf_counter()
            until(lambda: all_graded(database, count))
            grading = time.perf_counter() - began
            after, server = sizes(database), ticks(name="postgres") - server
            children = os.times()
            worker.terminate()
            worker.wait(60)
            spent = os.times().children_user + os.times().children_system
            spent -= children.children_user + children.children_system
        if database.is_sqlite:
            holder.__exit__(None, None, None)
        database.close()
    print(f"{count} submissions accepted in {accepting:.1f} s, graded in {grading:.1f} s by one worker")
    found = {
        "web_s": web / count,
        "worker_s": spent / count,
        "database_s": server / count if not url.startswith("sqlite") else 0.0,
        "stored_bytes": (after["all"] - before["all"]) / count,
        "queue_bytes": (after["queue"] - before["queue"]) / count,
        "log_bytes": (after["log"] - before["log"]) / count,
        "commits": (after["commits"] - before["commits"]) / count,
    }
    print(json.dumps(found, indent=2))


def until(condition: Callable[[], bool], seconds: float = 600.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.2)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def all_graded(database: Any, count: int) -> bool:
    import sqlalchemy as sa

    from harness.service.schema import grade

    with database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(grade)).scalar_one()) >= count


if __name__ == "__main__":
    measure(sys.argv[1] if len(sys.argv) > 1 else "")
