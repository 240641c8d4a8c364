"""What open pages are told as it happens: one look at the database for all of them."""

import asyncio
import time

import sqlalchemy as sa

from harness.language import language
from harness.service.schema import submission
from harness.service.web import live
from harness.service.web.live import SUBMISSION, Live, State
from harness.service.web.pages import streams


def waiting(site, count):
    course = site.course("dl")
    work = site.ground.assignment(course)
    return [site.ground.hand_in(work, site.ground.learner(course, f"P{one}"), b"x").id for one in range(count)]


def set_status(site, submission_id, status):
    with site.database.writing() as connection:
        connection.execute(sa.update(submission).where(submission.c.id == submission_id).values(status=status))


def test_a_page_is_told_its_place_then_that_it_runs_and_then_that_it_is_over(sqlite_site, monkeypatch):
    monkeypatch.setattr(live, "_EVERY", 0.02)
    first, second = waiting(sqlite_site, 2)

    async def follow():
        told = []
        async for lines in streams._states(Live(sqlite_site.service), second, language("en")):
            told.append(lines)
            if len(told) == 1:
                set_status(sqlite_site, first, "graded")
            elif len(told) == 2:
                set_status(sqlite_site, second, "running")
            elif len(told) == 3:
                set_status(sqlite_site, second, "graded")
        return told

    told = asyncio.run(asyncio.wait_for(follow(), 10))
    assert "queue: 2" in told[0]
    assert "queue: 1" in told[1]
    assert "being graded now" in told[2]
    assert told[3].startswith("event: over\n")
    assert len(told) == 4
    assert all(line.startswith("data:") for line in told[0].strip().splitlines())


def test_two_hundred_pages_are_one_look_and_few_processor_seconds(sqlite_site, monkeypatch):
    ids = waiting(sqlite_site, 200)
    looks = []
    found = Live._found
    monkeypatch.setattr(Live, "_found", lambda *given: looks.append(1) or found(*given))

    async def watch():
        together = Live(sqlite_site.service)

        async def one(name):
            async for lines in streams._states(together, name, language("en")):
                assert lines

        tasks = [asyncio.create_task(one(name)) for name in ids]
        await asyncio.sleep(1.5)
        began = time.process_time()
        await asyncio.sleep(4)
        spent = time.process_time() - began
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert together._watched == {}
        return spent

    spent = asyncio.run(watch())
    assert len(looks) <= 8
    # 5 % of a core is what the issue allows.
    assert spent < 0.05 * 4, spent


def test_looking_goes_on_after_the_database_was_away(sqlite_site, monkeypatch):
    monkeypatch.setattr(live, "_EVERY", 0.02)
    (name,) = waiting(sqlite_site, 1)
    found, fails = Live._found, [True, True]

    def sometimes(*given):
        if fails:
            fails.pop()
            raise sa.exc.OperationalError("SELECT 1", {}, Exception("down"))
        return found(*given)

    monkeypatch.setattr(Live, "_found", sometimes)

    async def first():
        return await anext(Live(sqlite_site.service).watch(SUBMISSION, name))

    assert asyncio.run(asyncio.wait_for(first(), 10)) == State(status="queued", gen=0, place=1, has_workers=False)
