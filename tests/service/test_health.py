"""Whether a process lives, and whether it is to get requests: quick, told to everybody, and of no secret."""

import time

import sqlalchemy as sa
from browsing import Site

from harness.service.database import Database
from harness.service.schema import worker
from harness.service.web import health


def insert_worker(site, seconds_ago):
    now = site.database.clock
    site.ground.insert(
        worker, executor=f"w{seconds_ago}", host="h", version="1", isolation="A", slots=1, is_draining=False,
        started_at=now, seen_at=now - seconds_ago,
    )  # fmt: skip


def test_a_service_that_can_take_submissions_is_ready_and_says_how_many_workers_live(site):
    insert_worker(site, 1)
    insert_worker(site, 60)
    answer = site.browser().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "ok", "schema": "ok", "disk": "ok", "workers": 1}
    assert answer.headers["cache-control"] == "no-store"


def test_without_a_worker_it_is_ready_as_what_comes_is_kept(sqlite_site):
    answer = sqlite_site.browser().get("/readyz")
    assert (answer.status_code, answer.json()["workers"]) == (200, 0)


def test_a_newer_schema_is_not_served(site):
    with site.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    answer = site.browser().get("/readyz")
    assert (answer.status_code, answer.json()["schema"]) == (503, "of another version")


def test_a_process_is_alive_whatever_becomes_of_the_database(sqlite_site, monkeypatch):
    def away(self):
        raise AssertionError("the database was asked")

    browser = sqlite_site.browser(sqlite_site.person())
    monkeypatch.setattr(Database, "reading", away)
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = browser.get("/healthz", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
        assert answer.headers["cache-control"] == "no-store"


def test_a_full_disk_under_sqlite_is_not_ready(sqlite_site, monkeypatch):
    monkeypatch.setattr(health, "_LEAST_ROOM", 1 << 62)
    answer = sqlite_site.browser().get("/readyz")
    assert (answer.status_code, answer.json()["disk"]) == (503, "full, or not to be written to")


def test_postgresql_that_is_stopped_is_said_within_seconds_and_so_is_that_it_is_back(
    postgresql_cluster_of_its_own, tmp_path
):
    cluster = postgresql_cluster_of_its_own
    site = Site(Database(cluster.url("migrated")), tmp_path)
    try:
        with site.browser() as browser:
            assert browser.get("/readyz").status_code == 200
            cluster.stop()
            time.sleep(health._FRESH)
            began = time.monotonic()
            answer = browser.get("/readyz")
            assert time.monotonic() - began < 5
            assert (answer.status_code, answer.json()["database"]) == (503, "cannot be reached")
            assert str(cluster.folder) not in answer.text
            assert browser.get("/healthz").status_code == 200
            cluster.start()
            time.sleep(health._FRESH)
            assert browser.get("/readyz").status_code == 200
    finally:
        site.close()
        site.database.close()


def test_a_database_that_hangs_is_waited_for_a_while_and_by_one_thread_only(sqlite_site, monkeypatch):
    monkeypatch.setattr(health, "_PATIENCE", 0.1)
    looks = []

    def hangs(service):
        looks.append(service)
        time.sleep(1.0)
        return {"status": "ready"}

    monkeypatch.setattr(health, "_looked", hangs)
    with sqlite_site.browser() as browser:
        for _ in range(5):
            answer = browser.get("/readyz")
            assert (answer.status_code, answer.json()["database"]) == (503, "does not answer")
        assert len(looks) == 1


def test_many_who_ask_cost_one_look(sqlite_site, monkeypatch):
    looks, really = [], health._looked
    monkeypatch.setattr(health, "_FRESH", 60.0)
    monkeypatch.setattr(health, "_looked", lambda service: looks.append(service) or really(service))
    with sqlite_site.browser() as browser:
        assert {browser.get("/readyz").status_code for _ in range(100)} == {200}
    assert len(looks) == 1
