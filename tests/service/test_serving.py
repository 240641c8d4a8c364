"""The commands of the service, as an operator uses them."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from fleet import Fleet
from ground import Ground
from processes import until

from harness.cli import main
from harness.errors import UsageError
from harness.service import checkup, reaper
from harness.service.database import Database, cannot_keep
from harness.service.engine import Jobs
from harness.service.lti.registering import BLOCK
from harness.service.reads import Reads
from harness.service.reaper import Duties, hold_lease
from harness.service.schema import attempt, audit, blob, grade, lease, outbox, submission, worker
from harness.service.settings import Settings, read_settings
from harness.service.store.queueing import requeue
from harness.service.supervisor import Part, Supervisor
from harness.service.writer import Writer

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)

DOUT = [sys.executable, "-m", "harness.cli"]
#: For what is asked of another database than the fleet's.
ONE_DATABASE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ran(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what runs a command in this process, and returns its exit status and what it said: a new one takes seconds."""

    def run(*words: str, **more: str) -> tuple[int, str]:
        with monkeypatch.context() as patched:
            patched.chdir(fleet.data)
            for name, value in fleet.environment(**more).items():
                patched.setenv(name, value)
            status = main(words)
        return status, capsys.readouterr().out

    return run


def test_dout_serve_grades_and_ends_in_order(fleet):
    port = free_port()
    fleet.hand_in(4)
    process = subprocess.Popen(
        [*DOUT, "serve"],
        env=fleet.environment(DOUT_PORT=str(port), DOUT_WORKERS="2"),
        cwd=fleet.data,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: fleet.graded() == 4)
        until(lambda: _answers(port))
    finally:
        process.send_signal(signal.SIGTERM)
    told, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert f"http://127.0.0.1:{port}/join/dout_join_" in told
    assert fleet.ground.rows(worker) == []
    assert {row["state"] for row in fleet.ground.rows(attempt)} == {"done"}


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_web_process_that_is_asked_to_end_ends_in_order(fleet):
    port = free_port()
    process = fleet.command("web", DOUT_PORT=str(port))
    until(lambda: _answers(port))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert "Traceback" not in fleet.logs()


def test_a_drained_worker_ends_by_itself(fleet):
    process = fleet.worker()
    until(lambda: fleet.ground.rows(worker))
    with fleet.database.writing() as connection:
        connection.execute(sa.update(worker).values(is_draining=True))
    assert process.wait(60) == 0


def test_what_is_wrong_with_a_deployment_is_said(fleet, ran):
    status, told = ran("service", "check")
    assert status == 1
    assert "WRONG  workers alive: 0" in told
    assert "isolation level" in told
    fleet.hand_in(2)
    assert "2 submissions wait" in ran("service", "check")[1]


@ONE_DATABASE
def test_a_database_that_is_away_is_said(ran):
    status, told = ran("service", "check", DATABASE_URL="postgresql+psycopg://dout@127.0.0.1:1/dout")
    assert status == 1
    assert "the database cannot be reached" in told


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_nothing_starts_without_its_database_and_the_reason_is_said_in_one_line(fleet, command):
    away = {"DATABASE_URL": "postgresql+psycopg://dout:a-secret@127.0.0.1:1/dout"}
    assert fleet.command(command, **away).wait(60) == 3
    assert fleet.logs().startswith("dout: the database cannot be reached: ")
    assert fleet.logs().endswith("hint: is DATABASE_URL right, and does the database run?\n")
    assert fleet.logs().count("\n") == 2


def test_dout_serve_starts_nothing_where_somebody_else_listens(fleet):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert fleet.command("serve", DOUT_PORT=port).wait(60) == 2
    assert f"dout: nobody can listen on 127.0.0.1, port {port}: Address already in use\n" in fleet.logs()
    assert "DOUT_PORT" in fleet.logs()


@ONE_DATABASE
def test_a_database_without_tables_is_said_and_migrated(fleet, ran, tmp_path):
    here = {"DATABASE_URL": "", "DOUT_DATA": str(tmp_path / "new")}
    assert "there is no data folder" in ran("service", "check", **here)[1]
    assert fleet.command("worker", **here).wait(60) == 2
    assert ran("service", "migrate", **here) == (0, "The database is up to date.\n")
    assert re.search(r"/join/dout_join_\S{43}\n", ran("service", "admin", **here)[1])
    os.chmod(tmp_path / "new", 0o755)
    assert "others can look into the data folder" in ran("service", "check", **here)[1]


#: What is shown to be filled in, filled in.
FILLED_IN = BLOCK.replace('"https://"', '"https://lms.example.org/x"').replace('= ""', '= "1"')


def test_an_operator_is_shown_what_an_lms_asks_for_and_whether_messages_were_given_up(fleet, ran):
    here = {"DOUT_PUBLIC_URL": "https://grader.example.org"}
    status, shown = ran("service", "lti", **here)
    assert status == 0
    for address in ("/lti/login", "/lti/launch", "/lti/jwks.json"):
        assert f": https://grader.example.org{address}\n" in shown
    assert "https://grader.example.org/manage/lti" in shown
    assert "No LMS is in the settings yet." in shown
    # What is shown to be filled in is taken when it is.
    (fleet.data / "dout-service.toml").write_text(FILLED_IN, encoding="utf-8")
    _, again = ran("service", "lti", **here)
    assert "In the settings: https://lms.example.org 1 1; courses: 42 = deep-learning" in again
    fleet.ground.insert(
        outbox, id="lost", kind="ags", target="ags:a:b", payload="{}", created_at=1.0, next_at=1.0, tries=1,
        done_at=2.0, error="the answer was status 404",
    )  # fmt: skip
    _, checked = ran("service", "check", **here)
    assert "WRONG  messages to other systems that were given up: 1" in checked


def test_an_lms_cannot_be_registered_without_tls(fleet, ran):
    (fleet.data / "dout-service.toml").write_text(FILLED_IN, encoding="utf-8")
    status, _ = ran("service", "lti")
    assert status == 2


def test_a_part_that_dies_is_started_again_and_one_that_cannot_run_ends_all(tmp_path):
    supervisor = Supervisor([Part("check", ["service", "check"])], os.environ | {"DOUT_DATA": str(tmp_path / "none")})
    began = time.monotonic()
    while supervisor._running[0].process is not None and time.monotonic() - began < 60:
        supervisor._look(supervisor._running[0])
        time.sleep(0.05)
    assert supervisor._running[0].again_at > 0
    supervisor.ask_to_stop()
    assert supervisor.run() == 0
    wrong = Supervisor([Part("web", ["web", "--config", str(tmp_path / "none.toml")])], os.environ)
    assert wrong.run() == 2


SETTINGS = {
    "a port": ("port = 80\n", {}, ("port", 80)),
    "the environment wins": ("port = 80\n", {"DOUT_PORT": "81"}, ("port", 81)),
    "the database's own variable": (
        "",
        {"DATABASE_URL": "postgresql+psycopg://x/y"},
        ("url", "postgresql+psycopg://x/y"),
    ),
    "an address for people": ("", {"DOUT_PUBLIC_URL": "https://x.org/"}, ("address", "https://x.org")),
    "IPv6": ("", {"DOUT_HOST": "::1"}, ("address", "http://[::1]:8000")),
    "workers": ("workers = 3\n", {}, ("worker_count", 3)),
}


@pytest.mark.parametrize(("text", "environment", "wanted"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_is_read(tmp_path, text, environment, wanted):
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    name, value = wanted
    assert getattr(read_settings(path, environment), name) == value


WRONG = {
    "unknown": ("prot = 80\n", {}, "there is no setting prot"),
    "no TOML": ("port 80", {}, "is not TOML"),
    "not a number": ("", {"DOUT_PORT": "many"}, "DOUT_PORT: port cannot be that"),
    "no address": (
        "",
        {"DOUT_PUBLIC_URL": "grader.example.org"},
        "'grader.example.org' is not the address of a service",
    ),
    "out of range": ("port = 99999\n", {}, "port cannot be that"),
    "a time zone that there is not": ("", {"DOUT_TIMEZONE": "Mars"}, "there is no time zone"),
}


@pytest.mark.parametrize(("text", "environment", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_stops_the_start(tmp_path, text, environment, message):
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_settings(path, environment)


def test_a_file_of_settings_that_is_not_there_or_not_readable_is_said(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        read_settings(tmp_path / "none.toml", {})
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(tmp_path, {})


def test_settings_show_no_secret():
    assert "geheim" not in repr(Settings(database_url="postgresql+psycopg://u:geheim@h/d"))


@pytest.mark.parametrize("url", ["mysql://x/y", "no address", "postgresql://x/y"])
def test_another_kind_of_database_is_refused(url):
    with pytest.raises(UsageError):
        Database(url)


def test_a_connection_in_use_is_closed_once_it_is_given_back(url):
    database = Database(url)
    with database.reading() as used, database.writing() as also_used:
        inner = [connection.connection.dbapi_connection for connection in (used, also_used)]
        database.close()
        assert used.execute(sa.text("SELECT 1")).scalar_one() == 1
    for connection in inner:
        with pytest.raises(connection.ProgrammingError if url.startswith("sqlite") else Exception, match="closed"):
            connection.cursor()


def test_a_full_disk_is_known_from_another_trouble(sqlite_url):
    database = Database(sqlite_url)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the pages that there are
        with pytest.raises(sa.exc.DBAPIError) as full:
            connection.execute(sa.insert(blob).values(sha256="0" * 64, data=bytes(1 << 20)))
        with pytest.raises(sa.exc.DBAPIError) as wrong:
            connection.execute(sa.text("SELECT nothing"))
    database.close()
    assert (cannot_keep(full.value), cannot_keep(wrong.value), cannot_keep(OSError())) == (True, False, False)


def duties(database: Database, jobs: Jobs, executor: str = "me") -> Duties:
    return Duties(database, jobs, Settings(dead_after_s=5.0), executor)


def alive(ground: Ground, executor: str, seconds_ago: float) -> None:
    ground.insert(
        worker,
        executor=executor,
        host="h",
        version="1",
        isolation="A",
        slots=1,
        is_draining=False,
        started_at=ground.database.clock,
        seen_at=ground.database.clock - seconds_ago,
    )


def test_a_silent_worker_is_forgotten_and_a_living_one_is_not(database, jobs):
    ground = Ground(database, jobs)
    alive(ground, "dead", 60.0)
    alive(ground, "living", 1.0)
    assert duties(database, jobs).reap() == []
    assert [row["executor"] for row in ground.rows(worker)] == ["living"]
    assert [row["action"] for row in ground.rows(audit)] == ["worker.reaped"]


def test_what_the_queue_does_not_know_is_put_in_again(database, jobs):
    ground = Ground(database, jobs)
    course = ground.course()
    one = ground.hand_in(ground.assignment(course), ground.learner(course)).id
    jobs.forget([(one, 0)])
    with database.writing() as connection:
        connection.execute(sa.update(submission).values(received_at=submission.c.received_at - 60))
    does = duties(database, jobs)
    assert (does.reconcile(), does.reconcile()) == (1, 0)
    assert jobs.known([(one, 0)]) == {(one, 0)}
    does.do()
    requeue(database, jobs, one, 0)
    assert jobs.known([(one, 0)]) == {(one, 0)}


@pytest.mark.parametrize(("gen", "is_well"), [(0, False), (1, True)], ids=["first grade", "regrade"])
def test_work_that_waits_for_ten_minutes_is_said_to_be_wrong_and_a_regrade_is_not_as_old_as_its_submission(
    database, gen, is_well
):
    ground = Ground(database)
    course = ground.course()
    ground.hand_in(ground.assignment(course), ground.learner(course))
    aged = submission.c.received_at - checkup._OLD
    with database.writing() as connection:
        connection.execute(sa.update(submission).values(received_at=aged, gen=gen))
    *_, waits = checkup._work(Settings(), database)
    assert waits.what.startswith("1 submissions wait")
    assert waits.is_well is is_well


def test_the_queue_forgets_more_in_a_day_than_a_million_submissions():
    assert 86400 / reaper._FORGET_EVERY_SECONDS * reaper._MOST_FORGOTTEN > 2e6


def test_a_lease_has_one_holder_until_it_ends(database):
    assert hold_lease(database, "x", "a", 60.0)
    assert not hold_lease(database, "x", "b", 60.0)
    assert hold_lease(database, "x", "a", -1.0)
    assert hold_lease(database, "x", "b", 60.0)


def test_one_write_that_fails_takes_no_other_with_it(database):
    writer = Writer(database)

    def fails(connection: sa.Connection) -> None:
        connection.execute(sa.delete(grade))
        raise KeyError("mine")

    async def write() -> list[Any]:
        return await asyncio.gather(
            writer.do(fails),
            writer.do(lambda connection: connection.execute(sa.text("SELECT 7")).scalar_one()),
            writer.do(lambda connection: connection.execute(sa.text("SELECT nothing"))),
            return_exceptions=True,
        )

    try:
        bad, good, twice = asyncio.run(write())
    finally:
        writer.close()
    with pytest.raises(KeyError, match="mine"):
        raise bad
    assert good == 7
    with pytest.raises(sa.exc.DBAPIError):
        raise twice


def test_writes_that_are_well_need_no_savepoint(database):
    writer, made = Writer(database), []
    sa.event.listen(database.engine, "savepoint", lambda *_: made.append(1))
    try:
        found = asyncio.run(come_at_once(writer, 3))
    finally:
        writer.close()
    assert [number for number, _ in found] == [0, 1, 2]
    assert made == []


def picky(connection: sa.Connection, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return each number, and with how many it came; a 3 is bad, after all were written."""
    connection.execute(sa.insert(lease), [{"name": str(number), "holder": "", "until": 0.0} for number in numbers])
    if 3 in numbers:
        raise KeyError(3)
    return [(number, len(numbers)) for number in numbers]


async def come_at_once(writer: Writer, count: int) -> list[Any]:
    begin = threading.Event()
    held = writer.do_together(lambda _, ones: [begin.wait(20) for _ in ones], None)
    waiting = [writer.do_together(picky, number) for number in range(count)]
    begin.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(("count", "together"), [(3, 3), (5, 1)])
def test_writes_of_one_kind_are_one_and_a_bad_one_takes_no_other_with_it(database, count, together):
    writer = Writer(database)
    try:
        found = asyncio.run(come_at_once(writer, count))
    finally:
        writer.close()
    good = [number for number in range(count) if number != 3]
    assert [one for one in found if not isinstance(one, KeyError)] == [(number, together) for number in good]
    assert sorted(row["name"] for row in Ground(database).rows(lease)) == [str(number) for number in good]


def read_numbers(database: Database, connection: sa.Connection, numbers: Sequence[int]) -> list[tuple[int, int]]:
    assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    if 3 in numbers:
        raise KeyError(3)
    return [(number, len(numbers)) for number in numbers]


@pytest.mark.parametrize(("count", "together"), [(3, 3), (5, 1)])
def test_reads_of_one_kind_are_one_and_a_bad_one_takes_no_other_with_it(database, count, together):
    reads = Reads(database)

    async def ask() -> list[Any]:
        begin = threading.Event()
        held = reads.ask(lambda _, __, ones: [begin.wait(20) for _ in ones], None)
        asked = [reads.ask(read_numbers, one) for one in range(count)]
        begin.set()
        await held
        return await asyncio.gather(*asked, return_exceptions=True)

    try:
        for _ in range(2):
            found = asyncio.run(ask())
            assert [one for one in found if not isinstance(one, KeyError)] == [
                (number, together) for number in range(count) if number != 3
            ]
    finally:
        reads.close()
