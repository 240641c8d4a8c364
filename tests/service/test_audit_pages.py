"""The log of who did what, as its readers see it."""

import csv
import html
import io
import json
import re

import pytest
import sqlalchemy as sa

from harness.service.ids import first_id, new_id
from harness.service.schema import audit, user
from harness.service.store.auditing import Wanted, lines, note
from harness.service.store.grading import fail
from harness.service.web.pages import auditing


def noted(site, actor, action, what, *, slug=None, **details):
    course = None if slug is None else site.course(slug)
    site.writing(
        lambda connection: note(
            site.database, connection, actor, action, what, course_id=course, address="192.0.2.7", **details
        )
    )


def actions(page):
    return re.findall(r"<code>([a-z]+\.[a-z]+)</code>", page)


@pytest.fixture
def told(site):
    """A site with three lines in the course, one in another, one in none."""
    site.teacher = site.person("Kim", dl="instructor")
    site.course("other")
    noted(site, site.teacher, "grade.override", "submission:1", slug="dl", before=10, after=20)
    noted(site, site.teacher, "submission.regrade", "submission:2", slug="dl")
    noted(site, "worker", "grade.made", "submission:1", slug="dl", score=45)
    noted(site, "worker", "grade.made", "submission:9", slug="other")
    noted(site, "system", "worker.reaped", "worker:w")
    return site


def test_an_instructor_sees_what_was_done_in_the_course_and_nothing_else(told):
    page = told.browser(told.teacher).get("/courses/dl/log")
    assert page.status_code == 200
    assert actions(page.text) == ["grade.made", "submission.regrade", "grade.override"]
    assert "Kim" in page.text
    assert '{"before":10,"after":20}' in html.unescape(page.text)
    assert "192.0.2.7" in page.text


def test_an_instructor_sees_that_a_submission_of_the_course_failed(told):
    work = told.ground.assignment(told.course("dl"))
    one = told.ground.hand_in(work, told.person("Mina", dl="learner")).id
    told.writing(lambda connection: fail(told.database, connection, one, 0, "grader_crash"))
    page = told.browser(told.teacher).get(f"/courses/dl/log?object=submission:{one}")
    assert actions(page.text) == ["submission.failed"]


def test_an_administrator_sees_everything(told):
    admin = told.browser(told.person("Root", is_admin=True))
    assert {"worker.reaped", "grade.made", "grade.override"} <= set(actions(admin.get("/log").text))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=grade.made", ["grade.made"]),
        ("object=submission:1", ["grade.made", "grade.override"]),
        ("actor=kim@example.org", ["submission.regrade", "grade.override"]),
        ("actor=worker", ["grade.made"]),
        ("actor=worker&action=grade.override", []),
        ("actor=nobody@example.org", []),
        ("since=2000-01-01T00:00", ["grade.made", "submission.regrade", "grade.override"]),
        ("until=2000-01-01T00:00", []),
        ("since=2100-01-01T00:00", []),
        ("until=2100-01-01T00:00", ["grade.made", "submission.regrade", "grade.override"]),
    ],
)
def test_lines_are_found_by_who_what_and_when(told, query, found):
    assert actions(told.browser(told.teacher).get(f"/courses/dl/log?{query}").text) == found


def test_a_time_that_is_none_is_said_and_nothing_is_shown(told):
    page = told.browser(told.teacher).get("/courses/dl/log?since=yesterday")
    assert page.status_code == 400
    assert "is no date and time" in page.text
    assert actions(page.text) == []
    assert told.browser(told.teacher).get("/courses/dl/log.csv?since=yesterday").status_code == 400


def test_a_zero_byte_in_a_filter_is_no_error_of_ours(told):
    assert told.browser(told.teacher).get("/courses/dl/log?actor=a%00b&before=%00").status_code == 200


def test_a_long_log_is_read_page_by_page_and_no_line_comes_twice(told, monkeypatch):
    monkeypatch.setattr(auditing, "PAGE", 2)
    browser, seen, path = told.browser(told.teacher), [], "/courses/dl/log?actor="
    while path:
        page = browser.get(path).text
        seen += actions(page)
        older = re.search(r'href="([^"]*before=[^"]*)"', page)
        path = html.unescape(older[1]) if older else ""
    assert seen == ["grade.made", "submission.regrade", "grade.override"]


def test_the_log_as_csv_runs_in_no_spreadsheet_and_is_itself_in_the_log(told):
    told.writing(lambda connection: connection.execute(sa.update(user).values(name='=HYPERLINK("http://x")')))
    answer = told.browser(told.teacher).get("/courses/dl/log.csv?actor=" + told.teacher)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="dl-log.csv"' in answer.headers["content-disposition"]
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head[:5] == ["id", "time", "actor", "name", "action"]
    assert [row[4] for row in rows] == ["submission.regrade", "grade.override"]
    assert {row[3] for row in rows} == {'\'=HYPERLINK("http://x")'}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    [line] = [row for row in told.ground.rows(audit) if row["action"] == "audit.export"]
    assert (line["actor"], line["course_id"]) == (told.teacher, told.course("dl"))
    assert json.loads(line["details"]) == {"filters": ["actor"]}


def test_names_are_shown_as_text(told):
    told.writing(lambda connection: connection.execute(sa.update(user).values(name="<script>alert(1)</script>")))
    page = told.browser(told.teacher).get("/courses/dl/log").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_line_is_found_by_its_time_although_a_process_clock_was_an_hour_off(site):
    with site.database.writing() as connection:
        at = site.database.now(connection)
        connection.execute(
            sa.insert(audit).values(
                id=first_id(at + 3600), at=at, actor="worker", action="grade.made", object="x", details="{}"
            )
        )
    with site.database.reading() as connection:
        assert len(lines(connection, Wanted(since=at - 1, until=at + 1), "", 5)) == 1


def test_the_first_id_of_a_time_is_below_those_made_then():
    import time

    now = time.time()
    assert first_id(now - 0.01) < new_id() < first_id(now + 10)
    assert first_id(-5.0) < first_id(1e18)


def test_a_page_of_the_log_takes_an_index_on_both_databases(told):
    queries = [
        (Wanted(course_id="c"), "ix_audit_course"),
        (Wanted(action="grade.override"), "ix_audit_action"),
        (Wanted(actor="someone"), "ix_audit_actor"),
        (Wanted(object="submission:1"), "ix_audit_object"),
    ]
    asked = []
    engine = told.database._reader

    def noted_query(connection, cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    for wanted, index in queries:
        sa.event.listen(engine, "before_cursor_execute", noted_query)
        with told.database.reading() as connection:
            lines(connection, wanted, "0192", 51)
        sa.event.remove(engine, "before_cursor_execute", noted_query)
        statement, parameters = asked[-1]
        with told.database.reading() as connection:
            if not told.database.is_sqlite:
                # So few rows are read from the first to the last.
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            explain = "EXPLAIN QUERY PLAN " if told.database.is_sqlite else "EXPLAIN "
            plan = str(connection.exec_driver_sql(explain + statement, parameters).all())
        assert index in plan, plan
