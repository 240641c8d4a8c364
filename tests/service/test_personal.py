"""What is known about one person: handed to them, or made nobody's."""

import io
import json
import zipfile

import msgspec
import pytest
import sqlalchemy as sa
from browsing import a_token, seen
from ground import EXAMPLES

from harness.assignment import built_in
from harness.errors import UsageError
from harness.grader import grade as grade_file
from harness.records import Report
from harness.sandbox.runner import Sandbox
from harness.service.ids import digest, new_id
from harness.service.schema import (
    audit,
    blob,
    grade,
    identity,
    metadata,
    override,
    report,
    session,
    submission,
    user,
)
from harness.service.store.invitations import invite
from harness.service.store.people import enrol
from harness.service.store.personal import ERASED_TEXT, erase_person
from harness.service.store.summing import summary_of
from harness.submission import submission_from_bytes


def actions(site):
    return [row["action"] for row in site.ground.rows(audit)]


TEXT = (EXAMPLES / "seed.py").read_bytes() + b"\n# by Mina Lee, student 20260001\n"


@pytest.fixture(scope="module")
def told():
    """A report on a wrong file, with lines of it."""
    wrong = TEXT.replace(b"return x * y", b"return x + y").replace(b"x * y", b"x + y")
    with Sandbox() as sandbox:
        made = grade_file(submission_from_bytes("mina-lee.py", wrong), built_in(), sandbox=sandbox)
    return msgspec.json.encode(made)


def graded(site, user_id, assignment_id, data, made):
    """Hand in, and store a grade with a report that shows lines of the file."""
    accepted = site.ground.hand_in(assignment_id, user_id, data, name="mina-lee.py", key=f"mina-{new_id()}")
    report_id = new_id()
    site.ground.insert(report, id=report_id, json=made)
    site.ground.insert(
        grade,
        submission_id=accepted.id,
        gen=0,
        attempt_n=1,
        revision=1,
        outcome="graded",
        score=1.0,
        max_score=2.0,
        report_id=report_id,
        summary=summary_of(msgspec.json.decode(made, type=Report)),
        shape="made of the text"[:16],
        at=site.database.clock,
    )
    site.ground.insert(
        override, id=new_id(), submission_id=accepted.id, score=2.0, reason="Mina was ill", by=user_id, at=0.0
    )
    done = sa.update(submission).where(submission.c.id == accepted.id).values(status="graded", reason="Mina's file")
    site.writing(lambda c: c.execute(done))
    return accepted.id


def everything(site):
    """Return the whole database as one text, without the log."""
    return repr([[*map(dict, site.ground.rows(table))] for table in metadata.sorted_tables if table is not audit])


def test_all_about_one_person_is_exported_and_nothing_about_others(site, told):
    mina, jun = site.person("Mina", password=True, dl="learner"), site.person("Jun", dl="learner")
    made = site.ground.assignment(site.course())
    hers, his = graded(site, mina, made, TEXT, told), graded(site, jun, made, b"x = 1", told)
    secret = a_token(site, mina)
    site.ground.insert(identity, user_id=mina, issuer="https://id.example", subject="mina-7")
    browser = site.browser(mina)
    answer = browser.send_form("/account/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    found = archive.read("person.json").decode()
    person = json.loads(found)
    assert (person["user"]["email"], person["identities"][0]["subject"]) == ("mina@example.org", "mina-7")
    assert [row["score"] for row in person["grades"]] == [1.0]
    assert archive.read(f"submissions/{hers}.txt") == TEXT
    assert len([name for name in archive.namelist() if name.startswith("reports/")]) == 1
    assert jun not in found
    assert his not in "".join(archive.namelist())
    for kept in (digest(secret), digest(browser.cookies["dout"]), "argon2"):
        assert kept not in found
    assert "person.export" in actions(site)


def test_a_person_who_is_erased_is_nobody_and_their_grades_stay(site, told):
    mina, course = site.person("Mina", password=True), site.course()
    site.writing(
        lambda c: enrol(
            site.database, c, course_id=course, user_id=mina, role="learner", by="kim", external_id="20260001"
        )
    )
    made = site.ground.assignment(course)
    hers = graded(site, mina, made, TEXT, told)
    secret, browser = a_token(site, mina), site.browser(mina)
    site.ground.insert(identity, user_id=mina, issuer="https://id.example", subject="mina-7")
    site.writing(
        lambda c: invite(site.database, c, role="learner", course_id=course, by=None, email="mina@example.org")
    )
    assert b"mina-lee.py" in told
    assert b"20260001" in TEXT
    site.writing(lambda c: erase_person(site.database, c, mina, by="root"))
    left = everything(site)
    for gone in ("Mina", "mina", "20260001", "argon2", digest(secret)):
        assert gone not in left
    for kept in site.ground.rows(report):
        assert b"def forward" not in kept["json"]
        assert b"return x" not in kept["json"]
        assert msgspec.json.decode(kept["json"], type=Report).score == msgspec.json.decode(told, type=Report).score
    assert [(row["submission_id"], row["score"]) for row in site.ground.rows(grade)] == [(hers, 1.0)]
    assert [row["blob_sha256"] for row in site.ground.rows(submission)] == [ERASED_TEXT]
    assert [row["shape"] for row in site.ground.rows(grade)] == [""]
    assert site.ground.rows(session) == []
    assert browser.get("/account").status_code == 303
    assert seen(site, secret) is None
    assert "mina" not in repr(site.ground.rows(audit)).lower()


def test_the_same_text_of_another_person_stays(site, told):
    mina, jun = site.person("Mina", dl="learner"), site.person("Jun", dl="learner")
    made = site.ground.assignment(site.course())
    for one in (mina, jun):
        graded(site, one, made, TEXT, told)
    site.writing(lambda c: erase_person(site.database, c, mina, by="root"))
    assert sorted(row["data"] for row in site.ground.rows(blob)) == [b"", TEXT]


def test_nobody_is_erased_while_something_of_theirs_is_graded(site):
    mina = site.person("Mina", dl="learner")
    site.ground.hand_in(site.ground.assignment(site.course()), mina)
    with pytest.raises(UsageError, match="being graded"):
        site.writing(lambda c: erase_person(site.database, c, mina, by="root"))
    assert "Mina" in everything(site)


def test_an_administrator_erases_by_writing_the_name(sqlite_site):
    mina = sqlite_site.person("Mina", dl="learner")
    root_id = sqlite_site.person("Root", is_admin=True)
    root = sqlite_site.browser(root_id)
    assert root.send_form(f"/manage/people/{mina}/erase", name="Jun").status_code == 400
    assert root.send_form(f"/manage/people/{root_id}/erase", name="Root").status_code == 400
    assert root.send_form(f"/manage/people/{mina}/erase", name="Mina").status_code == 303
    page = root.get("/manage/people").text
    assert "(erased)" in page
    assert "Mina" not in page
    # Nobody is there to be let in again.
    root.send_form(f"/manage/people/{mina}/enable")
    assert all(row["disabled_at"] is not None for row in sqlite_site.ground.rows(user) if row["id"] == mina)
