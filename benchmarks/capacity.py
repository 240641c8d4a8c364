"""What a submission costs the service, measured end to end; and what a day of them needs, computed from that.

    python benchmarks/capacity.py                  the tables of docs/capacity.md, from the figures below
    python benchmarks/capacity.py measure [URL]    measures these figures, on SQLite or on PostgreSQL at URL

The database at URL has to be empty, and its server on this machine, with nothing else to do. Measuring starts
`dout web` and `dout worker` as an operator does, hands in over HTTP, and waits until all is graded.
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
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

__all__ = ["MEASURED", "Costs", "Day", "Needs", "backlog", "lines", "needs"]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
DAY, YEAR, GB = 86400.0, 365.0, 1e9


@dataclass(frozen=True)
class Costs:
    """Of one submission, on one database. All of it is measured by this script."""

    #: Processor time of a web process, seconds: the request, the commit that it shares, and its part of the queue.
    web_s: float
    #: Of a worker and its sandboxes, seconds: taking, grading and writing down, half of them wrong ones.
    worker_s: float
    #: Of the database's own processes, seconds; 0 for SQLite, whose work is done by those above.
    database_s: float
    #: That stay: tables and indexes, with the queue's rows; and those of the queue alone, which go after seven days.
    stored_bytes: float
    queue_bytes: float
    #: Written ahead (WAL), once for each.
    log_bytes: float
    #: Waits for the disk: of a worker and its queue; accepting shares one among up to 128.
    commits: float


@dataclass(frozen=True)
class Day:
    """What comes in. Assumed, and to be replaced by your own."""

    submissions: float = 1e6
    #: Part of a day's submissions that comes in the hour before a deadline.
    peak_part: float = 0.2
    #: Seconds in which all of that hour's submissions are to be graded, from its beginning.
    peak_done_s: float = 2 * 3600.0
    #: Part of a processor that is used when it is well used; the rest is for what nobody planned.
    used: float = 0.6
    #: Requests for each submission beside it: pages, status, streams. Each is taken for as dear as handing in.
    other_requests: float = 5.0
    #: Days of logs written ahead that are kept to restore any moment, and whole copies.
    log_days: float = 7.0
    copies: float = 2.0
    #: Connections that one process keeps (harness.service.database), and what a worker's heartbeat and look cost.
    pool: float = 12.0


@dataclass(frozen=True)
class Needs:
    """What a day needs."""

    average_per_s: float
    peak_per_s: float
    worker_cores: int
    web_processes: int
    database_cores: int
    commits_per_s: float
    log_mb_per_s: float
    connections: int
    disk_gb_a_year: float
    log_gb: float
    backup_gb: float
    most_waiting: float
    longest_wait_s: float


#: What `measure` printed; docs/capacity.md says on what machine.
MEASURED = {
    "SQLite": Costs(
        web_s=0.00714,
        worker_s=0.03145,
        database_s=0.0,
        stored_bytes=19231,
        queue_bytes=754,
        log_bytes=222163,
        commits=3.66,
    ),
    "PostgreSQL": Costs(
        web_s=0.00926,
        worker_s=0.0281,
        database_s=0.00999,
        stored_bytes=10600,
        queue_bytes=2163,
        log_bytes=14705,
        commits=3.50,
    ),
}


def backlog(arriving_s: float, graded_s: float, seconds: float) -> tuple[float, float]:
    """Return how many wait at the end of a peak, and for how long the last of them waits.

    Args:
        arriving_s: Submissions a second during the peak.
        graded_s: Gradings a second that the workers do, at any time.
        seconds: How long the peak lasts.
    """
    waiting = max(0.0, arriving_s - graded_s) * seconds
    return waiting, waiting / graded_s


def needs(day: Day, costs: Costs) -> Needs:
    """Return what a day needs: the hour before a deadline decides, and the rest of the day is easy."""
    peak = day.submissions * day.peak_part / 3600.0
    # Whatever comes in the peak's hour is graded in `peak_done_s`; the average of the day has to be reached as well.
    graded = max(day.submissions * day.peak_part / day.peak_done_s, day.submissions / DAY)
    workers = ceil(graded * costs.worker_s / day.used)
    waiting, longest = backlog(peak, workers * day.used / costs.worker_s, 3600.0)
    web = ceil(peak * costs.web_s * (1 + day.other_requests) / day.used)
    a_day = day.submissions * costs.log_bytes
    kept = day.submissions * (costs.stored_bytes - costs.queue_bytes) * YEAR
    return Needs(
        average_per_s=day.submissions / DAY,
        peak_per_s=peak,
        worker_cores=workers,
        web_processes=web,
        database_cores=ceil((peak + graded) / 2 * costs.database_s / day.used),
        commits_per_s=graded * costs.commits + peak / 128,
        log_mb_per_s=graded * costs.log_bytes / 1e6,
        connections=round((workers + web) * day.pool),
        disk_gb_a_year=kept / GB + day.submissions * 7 * costs.queue_bytes / GB,
        log_gb=a_day * day.log_days / GB,
        backup_gb=day.copies * kept / GB,
        most_waiting=waiting,
        longest_wait_s=longest,
    )


ROWS = (
    ("submissions a second, average", "average_per_s", "{:,.1f}"),
    ("the same in the hour before a deadline", "peak_per_s", "{:,.1f}"),
    ("processors for workers", "worker_cores", "{:,}"),
    ("web processes", "web_processes", "{:,}"),
    ("processors for the database", "database_cores", "{:,}"),
    ("waits for the disk a second, at the peak", "commits_per_s", "{:,.0f}"),
    ("log written ahead at the peak, MB/s", "log_mb_per_s", "{:,.1f}"),
    ("connections, all processes together", "connections", "{:,}"),
    ("disk after a year, GB", "disk_gb_a_year", "{:,.0f}"),
    ("logs of 7 days, GB", "log_gb", "{:,.0f}"),
    ("two copies, GB", "backup_gb", "{:,.0f}"),
    ("waiting at the worst moment", "most_waiting", "{:,.0f}"),
    ("longest wait then, minutes", "longest_wait_s", "{:,.0f}"),
)
DAYS = (1e4, 1e5, 1e6)


def lines() -> Iterator[str]:
    """Yield the tables of docs/capacity.md."""
    names = [*MEASURED]
    yield f"| of one submission | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    for told, field, unit, digits in (
        ("processor of a web process, ms", "web_s", 1e3, 2),
        ("processor of a worker and its sandboxes, ms", "worker_s", 1e3, 1),
        ("processor of the database's processes, ms", "database_s", 1e3, 2),
        ("stored, tables and indexes, kB", "stored_bytes", 1e-3, 1),
        ("of that the queue's, kept for 7 days, kB", "queue_bytes", 1e-3, 1),
        ("log written ahead, kB", "log_bytes", 1e-3, 1),
        ("waits for the disk", "commits", 1.0, 1),
    ):
        values = [f"{getattr(costs, field) * unit:.{digits}f}" for costs in MEASURED.values()]
        yield f"| {told} | {' | '.join(values)} |"
    yield ""
    yield f"| submissions a day | {' | '.join(f'{count:,.0f}' for count in DAYS)} |"
    yield f"|---|{'---|' * len(DAYS)}"
    found = [needs(Day(submissions=count), MEASURED["PostgreSQL"]) for count in DAYS]
    for told, field, form in ROWS:
        scale = 1 / 60 if field == "longest_wait_s" else 1
        values = [getattr(one, field) for one in found]
        cells = [form.format(value if isinstance(value, int) else value * scale) for value in values]
        yield f"| {told} | {' | '.join(cells)} |"


# Measuring.


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
    """Measure, and print what is to stand in ``MEASURED``."""
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
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2] if len(sys.argv) > 2 else "")
    else:
        print("\n".join(lines()))
