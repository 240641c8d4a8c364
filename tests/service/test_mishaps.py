"""What goes wrong in front of the screen: nothing that was typed is lost, and the page says what to do next."""

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa
from browsing import PASSWORD
from ground import graded as report

from harness.records import Outcome
from harness.service.schema import assignment, course, enrolment, invitation
from harness.service.store.grading import fail

NASTY = '</textarea><script>alert("x")</script>'


@pytest.fixture
def work(sqlite_site):
    return sqlite_site.ground.assignment(sqlite_site.course("dl"))


def test_what_was_written_is_given_back_to_whoever_was_logged_out_meanwhile(sqlite_site, work):
    answer = sqlite_site.browser().post(f"/assignments/{work}/submissions", data={"text": f"mine = 1\n{NASTY}"})
    assert answer.status_code == 401
    assert f"mine = 1\n{html.escape(NASTY, quote=False)}" in answer.text.replace("&#34;", '"')
    assert NASTY not in answer.text
    assert "Copy it before you leave this page" in answer.text


def test_what_was_written_in_a_form_of_another_session_is_given_back(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="learner"))
    browser.csrf = "of the session before"
    answer = browser.send_form(f"/assignments/{work}/submissions", text="mine = 1\n")
    assert answer.status_code == 403
    assert "mine = 1\n</textarea>" in answer.text
    assert "open the page anew" in answer.text
    assert "ask your instructor" not in answer.text


def test_a_page_about_a_form_leads_back_to_the_page_of_the_form(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="learner"))
    at = f"/assignments/{work}"
    headers = {"Referer": f"{sqlite_site.settings.address}{at}"}
    answer = browser.post(f"{at}/submissions", data={"csrf": browser.csrf, "text": " "}, headers=headers)
    assert answer.status_code == 422
    assert f'href="/language/ko?next={at}"' in answer.text
    large = browser.post(f"{at}/submissions", content=b"x" * ((1 << 20) + 1), headers=headers)
    assert large.status_code == 413
    assert f'href="{at}">Back</a>' in large.text
    assert "choose a smaller file" in large.text


def test_a_page_about_a_form_leads_to_no_other_site(sqlite_site, work):
    answer = sqlite_site.browser().post(
        "/nowhere", headers={"Referer": f"{sqlite_site.settings.address}//evil.example"}
    )
    assert answer.status_code == 404
    assert "evil.example" not in answer.text


def test_a_submission_that_could_not_be_judged_says_on_its_page_that_it_costs_no_attempt(sqlite_site, work):
    mina = sqlite_site.person("Mina", dl="learner")
    made = sqlite_site.ground.hand_in(work, mina, b"x = 1\n").id
    browser = sqlite_site.browser(mina)
    assert "costs no attempt" not in browser.get(f"/submissions/{made}").text
    sqlite_site.ground.grade(made, report(0.0, Outcome.NOT_GRADABLE))
    assert "<span>costs no attempt</span>" in browser.get(f"/submissions/{made}").text


def test_what_was_sent_while_the_database_was_away_can_be_sent_again_without_being_typed_again(
    sqlite_site, work, monkeypatch
):
    browser = sqlite_site.browser(sqlite_site.person(dl="learner"))

    async def away(*_):
        raise sa.exc.OperationalError("SELECT", None, Exception("away"))

    monkeypatch.setattr(type(sqlite_site.service), "read", away)
    sent = browser.send_form(f"/assignments/{work}/submissions", text="mine = 1\n")
    assert sent.status_code == 503
    assert "reload this page" in sent.text
    assert "reload this page" not in browser.get("/courses").text


def test_a_choice_of_language_keeps_what_was_filtered(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    page = browser.get(f"/assignments/{work}/submissions?learner=Mina").text
    assert f'href="/language/ko?next=/assignments/{work}/submissions%3Flearner%3DMina"' in page


def test_a_file_that_is_empty_is_named_and_the_text_stays_in_the_editor(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="learner"))
    values = {"csrf": browser.csrf, "text": "precious = 1\n"}
    answer = browser.post(f"/assignments/{work}/submissions", data=values, files={"file": ("mine.py", b"")})
    assert answer.status_code == 422
    assert "mine.py is empty" in answer.text
    assert "precious = 1" in answer.text


def test_the_editor_begins_with_the_last_code_and_not_with_the_insides_of_a_notebook(sqlite_site, work):
    learner = sqlite_site.person(dl="learner")
    sqlite_site.ground.hand_in(work, learner, b"code = 1\n", name="layers.py")
    sqlite_site.ground.hand_in(work, learner, b'{"cells": []}\n', name="layers.ipynb")
    page = sqlite_site.browser(learner).get(f"/assignments/{work}").text
    assert "code = 1" in page
    assert "cells" not in page


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"close_at": 1.0}, "this assignment is closed"),
        ({"open_at": 4102444800.0}, "this assignment is not open yet"),
        ({"max_attempts": 1}, "all 1 submissions are used"),
        ({}, None),
    ],
)
def test_an_assignment_that_takes_nothing_says_so_before_somebody_writes(sqlite_site, work, dates, told):
    learner = sqlite_site.person(dl="learner")
    sqlite_site.ground.hand_in(work, learner, b"x = 1\n")
    sqlite_site.ground.revise(work, 2, **dates)
    page = sqlite_site.browser(learner).get(f"/assignments/{work}").text
    assert re.findall(r'class="alert"><p><strong>([^<]*)\.</strong>', page) == ([told] if told else [])


def test_times_are_shown_with_their_zone_and_are_set_in_it(sqlite_site, work, monkeypatch):
    due = dt.datetime(2027, 1, 2, 3, 4, tzinfo=dt.UTC).timestamp()
    sqlite_site.ground.revise(work, 2, due_at=due)
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    assert "due 2027-01-02 03:04 UTC" in browser.get("/courses").text
    form = browser.get("/courses/dl/manage").text
    assert 'value="2027-01-02 03:04"' in form
    assert "Is due (UTC)" in form


def test_a_year_of_three_digits_comes_back_as_it_was_typed(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    answer = browser.send_form(
        "/courses/dl/assignments", title="T", slug="t", source="ch05-add-mul", open_at="0987-01-02T03:04"
    )
    assert answer.status_code == 303
    assert 'value="0987-01-02 03:04"' in browser.get("/courses/dl/manage").text


def test_a_form_for_an_assignment_that_is_refused_keeps_every_field_and_says_what_to_do(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    typed = {"title": "My own", "slug": "Not A Slug", "source": "ch05-add-mul", "feedback": "none", "seed": "7"}
    typed |= {"due_at": "2027-01-02T03:04", "late_factor": "0.75", "max_attempts": "3", "cooldown_s": "60"}
    page = browser.send_form("/courses/dl/assignments", **typed).text
    assert "cannot be a short name" in page
    assert "use small letters, digits and hyphens" in page
    new = page.partition("New assignment")[2]
    for value in set(typed.values()) - {"none", "ch05-add-mul"}:
        assert f'value="{value}"' in new, value
    assert '<option value="none" selected>' in new
    # The assignment that is there is shown as it is.
    assert "My own" not in page.partition("New assignment")[0]


def test_a_revision_that_is_refused_is_still_in_its_form(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    page = browser.send_form(
        "/courses/dl/assignments/ch05/revisions", source="ch05-add-mul", feedback="full", late_factor="most", seed="7"
    ).text
    assert "&#39;most&#39; is no number" in page
    assert 'value="most"' in page.partition("New assignment")[0]
    assert 'value="most"' not in page.partition("New assignment")[2]


def test_a_course_that_is_refused_keeps_its_name(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person("Root", is_admin=True))
    page = browser.send_form("/manage/courses", slug="Not A Slug", name="Deep Learning").text
    assert 'value="Deep Learning"' in page
    assert 'value="Not A Slug"' in page


def test_an_assignment_without_a_title_is_refused_beside_what_was_typed(sqlite_site, work):
    browser = sqlite_site.browser(sqlite_site.person(dl="instructor"))
    sqlite_site.ground.assignment(sqlite_site.course("dl"), slug="ch06")
    answer = browser.send_form("/courses/dl/assignments/ch05/title", title=" \u3000")
    assert answer.status_code == 400
    assert "a title is missing" in answer.text
    one, other = renamings(answer.text)
    assert one == ("open", "/courses/dl/assignments/ch05/title", "")
    assert other == ("", "/courses/dl/assignments/ch06/title", "Layers")
    assert {row["title"] for row in sqlite_site.ground.rows(assignment)} == {"Layers"}


def test_a_course_without_a_name_is_refused_beside_what_was_typed(sqlite_site):
    for slug in ("dl", "other"):
        sqlite_site.course(slug)
    browser = sqlite_site.browser(sqlite_site.person("Root", is_admin=True))
    answer = browser.send_form("/manage/courses/dl/name", name="")
    assert answer.status_code == 400
    assert "a title is missing" in answer.text
    one, other = renamings(answer.text)
    assert one == ("open", "/manage/courses/dl/name", "")
    assert other == ("", "/manage/courses/other/name", "OTHER")
    assert [row["name"] for row in sqlite_site.ground.rows(course)] == ["DL", "OTHER"]


def renamings(page):
    """Return the forms of a page that rename: whether it is open, where it is sent, and what is in its field."""
    pattern = (
        r'<details( open)?><summary>Rename</summary>\s*<form method="post" action="([^"]*)">'
        r'<input type="hidden" name="csrf" value="[^"]+">.*?maxlength="200" value="([^"]*)"'
    )
    return [(is_open.strip(), action, value) for is_open, action, value in re.findall(pattern, page, re.DOTALL)]


def test_a_course_that_is_renamed_says_that_its_short_name_stays(sqlite_site):
    sqlite_site.course("dl")
    browser = sqlite_site.browser(sqlite_site.person("Root", is_admin=True), **{"Accept-Language": "ko"})
    assert "짧은 이름은 그대로 dl입니다." in browser.get("/manage/courses").text


def test_nobody_is_taken_out_of_a_course_by_one_click(sqlite_site, work):
    sqlite_site.person("Mina", dl="learner")
    page = sqlite_site.browser(sqlite_site.person("Prof", dl="instructor")).get("/courses/dl/people").text
    forms = page.count("/remove")
    assert forms == len(sqlite_site.ground.rows(enrolment)) == 2
    assert page.count("<details><summary>Take out of the course</summary>") == forms


def test_a_link_for_an_administrator_is_withdrawn(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person("Root", is_admin=True))
    link = re.search(r"<code>http://dout.test(/join/[^<]+)</code>", browser.send_form("/manage/invitations").text)
    (row,) = sqlite_site.ground.rows(invitation)
    assert f"/manage/invitations/{row['id']}/withdraw" in browser.get("/manage/people").text
    assert browser.send_form(f"/manage/invitations/{row['id']}/withdraw").status_code == 303
    assert sqlite_site.browser().get(link[1]).status_code == 404
    assert browser.send_form(f"/manage/invitations/{row['id']}/withdraw").status_code == 404


def test_a_new_password_is_confirmed(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person(password=True, dl="learner"))
    answer = browser.send_form("/account/password", before=PASSWORD, after="another good password")
    assert answer.status_code == 303
    browser.keep(answer.cookies["dout"])
    assert "Your password was changed" in browser.get(answer.headers["location"]).text
    assert "Your password was changed" not in browser.get("/account").text


def test_a_learner_chooses_words_and_no_codes(sqlite_site, work):
    page = sqlite_site.browser(sqlite_site.person(dl="learner")).get("/account").text
    assert ">English</option>" in page
    assert "hand files in" in page


def test_work_of_a_person_who_was_erased_is_found_and_opened_all_the_same(sqlite_site, work):
    mina = sqlite_site.person("Mina", dl="learner")
    made = sqlite_site.ground.hand_in(work, mina, b"x = 1\n").id
    sqlite_site.writing(lambda connection: fail(sqlite_site.database, connection, made, 0, "grader_crash"))
    root = sqlite_site.browser(sqlite_site.person("Root", is_admin=True))
    assert root.send_form(f"/manage/people/{mina}/erase", name="Mina").status_code == 303
    assert ">(erased)</bdi></a>" in root.get(f"/assignments/{work}/submissions").text.replace("\n", "")
    assert ">(erased)</bdi></h1>" in root.get(f"/submissions/{made}").text.replace("\n", "")
    assert ">(erased)</bdi></h1>" in root.get(f"/assignments/{work}/learners/{mina}").text.replace("\n", "")
