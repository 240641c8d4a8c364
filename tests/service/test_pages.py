"""The pages as a browser without scripts gets them: what is on them, who may see them, and what their forms do."""

import re
import time

import pytest
from ground import EXAMPLES

from harness.assignment import built_in
from harness.grader import grade
from harness.sandbox.runner import Sandbox
from harness.service.schema import audit, outbox, override, submission, worker
from harness.service.store.grading import claim, finish, result_of
from harness.submission import submission_from_bytes

NASTY = '</textarea><script>alert("x")</script>'


@pytest.fixture(scope="module")
def graded():
    """Reports on the files of examples, each made once."""
    with Sandbox() as sandbox:

        def made(data, known={}):  # noqa: B006 - kept on purpose
            if data not in known:
                known[data] = grade(submission_from_bytes("layers.py", data), built_in(), sandbox=sandbox)
            return known[data]

        yield made


@pytest.fixture
def course(site, graded):
    return Course(site, graded)


class Course:
    """A course with an assignment, and one person of each role."""

    def __init__(self, site, graded):
        self.site, self.ground, self.graded = site, site.ground, graded
        self.people = {role: site.person(role.title(), dl=role) for role in ("learner", "assistant", "instructor")}
        self.people["admin"] = site.person("Root", is_admin=True)
        self.people["stranger"] = site.person("Stranger", other="instructor")
        self.assignment = self.ground.assignment(site.course("dl"))

    def browser(self, role="learner", **headers):
        return self.site.browser(self.people.get(role), **headers)

    def at(self, rest=""):
        return f"/assignments/{self.assignment}{rest}"

    def hand_in(self, data=None, *, grade=True, name="layers.py", role="learner"):
        data = (EXAMPLES / "seed.py").read_bytes() if data is None else data
        made = self.ground.hand_in(self.assignment, self.people[role], data, name=name)
        if grade:
            self.grade(made.id, 0, data)
        return f"/submissions/{made.id}"

    def grade(self, submission_id, gen, data):
        database = self.site.database
        with database.writing() as connection:
            claimed = claim(database, connection, "w1", submission_id, gen)
            assert finish(database, connection, result_of(claimed, self.graded(data)))


def test_a_learner_sees_their_courses_and_assignments(course):
    page = course.browser().get("/courses").text
    assert course.at() in page
    assert course.at("/class") not in page


def test_a_text_is_handed_in_by_a_form_without_scripts(course):
    browser = course.browser()
    assert "class AddLayer" in browser.get(course.at()).text
    answer = browser.send_form(course.at("/submissions"), text="class AddLayer: pass\r\n")
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.headers["location"])
    assert "Your place in the queue: 1" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    (row,) = course.ground.rows(submission)
    assert (row["name"], row["status"]) == ("layers.py", "queued")


def test_the_button_pressed_twice_hands_in_once(course):
    browser = course.browser()
    values = fields(browser.get(course.at()).text) | {"csrf": browser.csrf} | {"text": "x = 1\n"}
    answers = [browser.post(course.at("/submissions"), data=values, follow_redirects=False) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(course.ground.rows(submission)) == 1


def test_a_file_goes_before_the_text(course):
    browser = course.browser()
    values = fields(browser.get(course.at()).text) | {"csrf": browser.csrf} | {"text": "x = 1\n"}
    files = {"file": ("C:\\work\\mine.py", b"y = 2\n")}
    answer = browser.post(course.at("/submissions"), data=values, files=files, follow_redirects=False)
    assert browser.get(answer.headers["location"] + "/file").content == b"y = 2\n"
    assert course.ground.rows(submission)[0]["name"] == "mine.py"


def test_what_is_refused_stays_in_the_editor(course):
    course.ground.revise(course.assignment, 2, close_at=1.0)
    browser = course.browser()
    answer = browser.send_form(course.at("/submissions"), text="precious = 1\n")
    assert answer.status_code == 409
    assert "this assignment is closed" in answer.text
    assert "precious = 1" in answer.text


def test_who_hands_in_too_often_keeps_the_text(course, monkeypatch):
    # Over the end of a minute one more would be taken: what was long ago counts a little less.
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    browser = course.browser()
    most = course.site.settings.submissions_per_minute
    answers = [browser.send_form(course.at("/submissions"), text=f"often = {n}\n") for n in range(most + 1)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert f"often = {most}" in answers[-1].text
    assert len(course.ground.rows(submission)) == most


def test_an_empty_text_is_refused(course):
    answer = course.browser().send_form(course.at("/submissions"), text="  \n")
    assert answer.status_code == 422
    assert course.ground.rows(submission) == []


def test_a_learners_text_is_never_markup(course):
    course.hand_in(NASTY.encode(), grade=False, name=f"{NASTY}.py")
    browser = course.browser()
    where = course.hand_in(NASTY.encode() + b"\n# 2\n", grade=False)
    for place in (course.at(), course.at("/history"), where, where + "/changes"):
        page = browser.get(place).text
        assert "<script>alert" not in page, place


def test_the_report_is_on_the_page_with_its_graph_and_hints(course):
    page = course.browser().get(course.hand_in((EXAMPLES / "swapped.py").read_bytes())).text
    assert page.count("<main") == page.count("<h1") == 1
    assert 'class="graph' in page
    assert "<details><summary>Hint 1" in page
    assert not re.search(r"<style|style=|<script>|onclick", page)


def test_the_page_says_what_changed_between_two_attempts(course):
    course.hand_in(b"x = 1\n", grade=False)
    page = course.browser().get(course.hand_in(b"x = 2\n", grade=False) + "/changes").text
    assert "<del>- x = 1</del>" in page
    assert "<ins>+ x = 2</ins>" in page


def test_the_old_grade_stands_until_the_new_one_is_there(course):
    where = course.hand_in()
    browser = course.browser("assistant")
    assert browser.send_form(where + "/regrade").status_code == 303
    page = browser.get(where).text
    assert "A new grade is on its way" in page
    assert 'class="score"' in page


def test_all_of_an_assignment_is_graded_again(course):
    for number in range(3):
        course.hand_in(f"x = {number}".encode())
    browser = course.browser("assistant")
    assert browser.send_form(course.at("/regrade")).status_code == 303
    assert {(row["status"], row["gen"]) for row in course.ground.rows(submission)} == {("queued", 1)}


def test_a_score_is_changed_with_a_reason_that_the_learner_reads(course):
    where = course.hand_in()
    browser = course.browser("instructor")
    answer = browser.send_form(where + "/override", score="77,5", reason="an <oral> exam")
    assert answer.status_code == 303, answer.text
    page = course.browser().get(where).text
    assert "77.5/100" in page
    assert "an &lt;oral&gt; exam" in page
    assert "grade.override" in {row["action"] for row in course.ground.rows(audit)}


@pytest.mark.parametrize(("score", "reason"), [("101", "x"), ("-1", "x"), ("nan", "x"), ("ten", "x"), ("5", " ")])
def test_a_score_that_cannot_be_is_refused(course, score, reason):
    where = course.hand_in()
    answer = course.browser("instructor").send_form(where + "/override", score=score, reason=reason)
    assert answer.status_code == 422
    assert course.ground.rows(override) == []


def test_the_class_is_shown_with_links_to_reports(course):
    where = course.hand_in((EXAMPLES / "swapped.py").read_bytes())
    page = course.browser("assistant").get(course.at("/class")).text
    assert f"./../..{where}" in page
    assert "MUL-SWAP" in page


def test_submissions_are_filtered_and_paged_by_key(course):
    for number in range(53):
        course.hand_in(f"x = {number}".encode(), grade=False)
    browser = course.browser("assistant")
    first = browser.get(course.at("/submissions?status=queued&learner=LEARN")).text
    assert first.count("<tr>") == 51
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)[1].replace("&amp;", "&")
    assert browser.get(course.at("/submissions") + older).text.count("<tr>") == 4
    assert "There is no such submission" in browser.get(course.at("/submissions?status=graded")).text
    assert "There is no such submission" in browser.get(course.at("/submissions?learner=100%25")).text


@pytest.mark.parametrize("form", ["plain", "canvas", "moodle", "blackboard"])
def test_a_gradebook_is_exported_and_noted(course, form):
    course.hand_in()
    answer = course.browser("instructor").get(course.at(f"/grades.csv?format={form}"))
    assert answer.headers["content-type"].startswith("text/csv")
    assert "Learner" in answer.text
    assert [row["action"] for row in course.ground.rows(audit)].count("grade.export") == 1


@pytest.mark.parametrize(("lang", "told"), [("en", "due 1970-01-01 00:01"), ("ko", "1970-01-01 00:01")])
def test_the_class_says_when_it_is_due(course, lang, told):
    course.ground.revise(course.assignment, 2, due_at=60.0)
    page = course.browser("assistant", **{"Accept-Language": lang}).get(course.at("/class")).text
    facts = page.partition('<p class="facts">')[2].partition("</p>")[0]
    assert told in re.sub("<[^>]*>", "", facts)


def test_equal_answers_are_shown_together(course):
    other = course.site.person("Jun", dl="learner")
    course.people["jun"] = other
    right = (EXAMPLES / "seed.py").read_bytes()
    course.hand_in(right)
    course.hand_in(right + b"\n", role="jun")
    page = course.browser("assistant").get(course.at("/similar")).text
    assert "2 learners" in page


def test_the_operator_sees_workers_and_lets_one_finish(course):
    course.ground.insert(
        worker, executor="w1", host="h", version="1", isolation="A", slots=2, is_draining=False,
        started_at=course.site.database.clock, seen_at=course.site.database.clock,
    )  # fmt: skip
    course.hand_in(b"x", grade=False)
    browser = course.browser("admin")
    assert "at work" in browser.get("/service").text
    assert browser.send_form("/service/drain", executor="w1", drain="yes").status_code == 303
    assert course.ground.rows(worker)[0]["is_draining"]
    assert "takes nothing new" in browser.get("/service").text


def test_the_operator_sees_what_was_given_up_and_has_it_tried_again(course):
    for name, error in (("waiting", None), ("lost", "the answer was status <404>")):
        course.ground.insert(
            outbox, id=name, kind="webhook", target=f"webhook:{name}", payload="{}", created_at=1.0, next_at=1e12,
            tries=1, done_at=2.0 if error else None, error=error,
        )  # fmt: skip
    browser = course.browser("admin")
    page = browser.get("/service").text
    assert "the answer was status &lt;404&gt;" in page
    assert "1 wait; 1 of these" in page
    assert browser.send_form("/service/again", message="lost").status_code == 303
    assert browser.send_form("/service/again", message="another").status_code == 303
    [row] = [row for row in course.ground.rows(outbox) if row["id"] == "lost"]
    assert (row["done_at"], row["error"], row["tries"]) == (None, None, 0)
    assert [row["object"] for row in course.ground.rows(audit) if row["action"] == "message.again"] == ["message:lost"]
    assert "None was given up." in browser.get("/service").text


@pytest.mark.parametrize("role", ["learner", "stranger", None])
def test_pages_of_teachers_are_not_for_others(course, role):
    where = course.hand_in(role="assistant")
    browser = course.browser(role)
    for place in ("/class", "/submissions", "/similar", "/grades.csv", f"/learners/{course.people['assistant']}"):
        assert browser.get(course.at(place), follow_redirects=False).status_code in (303, 403, 404), place
    assert browser.get(where, follow_redirects=False).status_code in (303, 403, 404)
    assert browser.get("/service", follow_redirects=False).status_code in (303, 403)


def test_the_language_is_kept_and_leads_to_no_other_site(course):
    browser = course.browser()
    answer = browser.get("/language/ko?next=//evil.example", follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert '<html lang="ko">' in browser.get("/courses").text


def fields(page):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.partition('class="hand-in"')[2]))
