"""An administrator registers an LMS on a page, and its people come as those of an LMS in the settings do."""

import re

import pytest
from browsing import Site
from ground import graded
from lms import Lms, public

from harness.service.database import Database
from harness.service.key_sets import KeySets
from harness.service.lti.keys import own_key, published
from harness.service.outbox import Outbox
from harness.service.schema import audit, lti_course, lti_member, lti_platform, outbox, user

FIELDS = ("issuer", "client_id", "deployment_id", "auth_login_url", "auth_token_url", "jwks_url", "auth_audience")


class School:
    """A service with an administrator and a course, and an LMS that it does not know."""

    def __init__(self, database, folder, **settings):
        self.lms, self.look_up = Lms(), public
        self.site = Site(database, folder, **{"public_url": "https://dout.test", **settings})
        self.site.app.state.key_sets = KeySets(self.lms.client, self.looked_up)
        self.work = self.site.ground.assignment(self.site.course("dl"))
        self.lms.tool_keys = published(own_key(database))
        self.admin = self.site.person("Root", is_admin=True)
        self.browser = self.site.browser(self.admin)

    def looked_up(self, host, port):
        return self.look_up(host, port)

    def register(self, **changes):
        one = self.lms.platform()
        return self.browser.send_form("/manage/lti", **{name: getattr(one, name) for name in FIELDS} | changes)

    def connect(self, context="course-42", course="dl"):
        return self.browser.send_form(f"/manage/lti/{self.lms.platform().id}/courses", context=context, course=course)

    def page(self):
        return self.browser.get("/manage/lti").text

    def logged(self):
        return [row["action"] for row in self.site.ground.rows(audit) if row["action"].startswith("lti.")]


@pytest.fixture
def school(database, tmp_path):
    made = School(database, tmp_path)
    yield made
    made.site.close()


@pytest.fixture
def one_school(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = School(database, tmp_path)
    yield made
    made.site.close()
    database.close()


def test_people_come_and_scores_go_back_after_an_lms_was_registered_on_the_page(school):
    assert school.lms.ask_to_begin(school.site.browser()).status_code == 400
    assert school.register().status_code == 303
    assert "course-42" in school.lms.launch(school.site.browser()).text, "the course is not connected yet"
    assert school.connect().status_code == 303
    answer = school.lms.launch(school.site.browser())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/assignments/{school.work}")
    [member] = school.site.ground.rows(lti_member)
    school.site.ground.grade(school.site.ground.hand_in(school.work, member["user_id"]).id, graded(45.0))
    Outbox(school.site.database, school.site.settings, open_client=school.lms.client, look_up=public).deliver_once()
    assert [score["scoreGiven"] for score in school.lms.posted] == [45.0]
    assert school.logged() == ["lti.register", "lti.connect"]


def test_after_an_lms_was_taken_out_nobody_comes_and_no_score_goes_there(school):
    school.register(), school.connect()
    school.lms.launch(school.site.browser())
    [member] = school.site.ground.rows(lti_member)
    browser = school.site.browser()
    begun = school.lms.begin(browser)
    assert school.browser.send_form(f"/manage/lti/{school.lms.platform().id}/drop").status_code == 303
    assert school.site.ground.rows(lti_platform) == school.site.ground.rows(lti_course) == []
    late = school.lms.post(browser, begun["state"], school.lms.sign(school.lms.claims(begun["nonce"])))
    assert (late.status_code, "bad-state" in late.text) == (400, True), "who was on the way does not come either"
    assert school.lms.ask_to_begin(school.site.browser()).status_code == 400
    school.site.ground.grade(school.site.ground.hand_in(school.work, member["user_id"]).id, graded(45.0))
    Outbox(school.site.database, school.site.settings, open_client=school.lms.client, look_up=public).deliver_once()
    assert school.lms.posted == []
    assert "not registered" in school.site.ground.rows(outbox)[0]["error"]
    assert school.logged()[-1] == "lti.drop"
    assert school.browser.send_form(f"/manage/lti/{school.lms.platform().id}/drop").status_code == 404


def test_a_course_that_was_taken_out_lets_nobody_in(one_school):
    one_school.register(), one_school.connect()
    path = f"/manage/lti/{one_school.lms.platform().id}/courses/drop"
    assert one_school.browser.send_form(path, context="course-42").status_code == 303
    assert one_school.lms.launch(one_school.site.browser()).status_code == 403
    assert one_school.browser.send_form(path, context="course-42").status_code == 404
    assert one_school.logged() == ["lti.register", "lti.connect", "lti.disconnect"]


def test_the_page_says_what_the_lms_asks_for_and_what_is_registered(one_school):
    page = one_school.page()
    assert re.findall(r"<code>(https://dout\.test[^<]*)</code>", page) == [
        "https://dout.test/lti/launch",
        "https://dout.test/lti/login",
        "https://dout.test/lti/launch",
        "https://dout.test/lti/jwks.json",
    ]
    assert "No LMS is registered here yet" in page
    one_school.register(), one_school.connect()
    page = one_school.page()
    for text in ("dout-at-the-lms", "deployment-1", "https://lms.example/token", "course-42", "DL"):
        assert text in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"issuer": ""}, "“Issuer, platform ID” cannot be that"),
        ({"issuer": "https://lms.example two"}, "“Issuer, platform ID” cannot be that"),
        ({"client_id": "x" * 256}, "“Client ID” cannot be that"),
        ({"deployment_id": "1\x00"}, "“Deployment ID” cannot be that"),
        ({"jwks_url": "lms.example/jwks"}, "“Public keyset URL” cannot be that"),
        ({"jwks_url": "https://lms.example/" + "x" * 2000}, "“Public keyset URL” cannot be that"),
        ({"auth_audience": "x" * 2001}, "“Audience of access tokens"),
        ({"auth_login_url": "javascript:alert(1)"}, "“Authentication request URL” cannot be that"),
        ({"auth_login_url": "http://lms.example/auth"}, "does not begin with https://"),
        ({"auth_token_url": "http://lms.example/token"}, "does not begin with https://"),
        ({"jwks_url": "https://me:secret@lms.example/jwks"}, "it is no address"),
    ],
)
def test_what_can_be_no_lms_is_not_registered(one_school, changes, told):
    answer = one_school.register(**changes)
    assert (answer.status_code, told in answer.text) == (400, True), answer.text
    assert one_school.site.ground.rows(lti_platform) == []
    assert one_school.logged() == []


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1"])
def test_an_address_of_the_page_never_leads_into_our_own_network(school, address):
    school.register(), school.connect()
    school.look_up = lambda host, port: [address]
    answer = school.lms.launch(school.site.browser())
    assert (answer.status_code, "issuer-unreachable" in answer.text) == (502, True)
    assert school.lms.asked_for_keys == 0
    # Somebody came while it had another address; now its scores would go inside.
    school.site.app.state.key_sets = KeySets(school.lms.client, public)
    school.lms.launch(school.site.browser())
    [member] = school.site.ground.rows(lti_member)
    school.site.ground.grade(school.site.ground.hand_in(school.work, member["user_id"]).id, graded(45.0))
    inside = Outbox(school.site.database, school.site.settings, open_client=school.lms.client, look_up=school.looked_up)
    inside.deliver_once()
    assert "not public" in school.site.ground.rows(outbox)[0]["error"]
    assert (school.lms.posted, school.lms.tokens) == ([], [])


def test_an_lms_is_registered_once(one_school):
    one_school.register()
    answer = one_school.register(auth_token_url="https://evil.example/token")
    assert (answer.status_code, "registered already" in answer.text) == (400, True)
    assert [row["auth_token_url"] for row in one_school.site.ground.rows(lti_platform)] == ["https://lms.example/token"]
    assert one_school.register(deployment_id="deployment-2").status_code == 303


def test_a_course_of_an_lms_is_connected_once_and_to_one_that_there_is(one_school):
    one_school.register(), one_school.connect()
    one_school.site.course("other")
    for context, course, told in (
        ("course-42", "other", "connected already"),
        ("course-43", "nowhere", "no such course"),
        ("", "dl", "no id of a course"),
        ("x" * 256, "dl", "no id of a course"),
        ("a\x00b", "dl", "no id of a course"),
    ):
        answer = one_school.connect(context, course)
        assert (answer.status_code, told in answer.text) == (400, True), (context, answer.text)
    assert [row["context"] for row in one_school.site.ground.rows(lti_course)] == ["course-42"]
    assert one_school.browser.send_form("/manage/lti/nowhere/courses", context="1", course="dl").status_code == 404


def test_an_lms_of_the_settings_is_shown_and_stays_and_takes_courses_of_the_page(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    school = School(database, tmp_path, lti_platforms=(Lms().platform(courses={"course-1": "dl"}),))
    assert "registered already" in school.register().text
    assert school.browser.send_form(f"/manage/lti/{school.lms.platform().id}/drop").status_code == 404
    assert "connected already" in school.connect("course-1").text
    assert school.connect().status_code == 303
    assert school.lms.launch(school.site.browser()).status_code == 303
    assert "in the settings" in school.page()
    school.site.close()
    database.close()


def test_without_https_no_lms_is_registered(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    school = School(database, tmp_path, public_url="http://dout.test")
    assert "set public_url to an https address" in school.page()
    answer = school.register()
    assert (answer.status_code, "people from an LMS cannot come" in answer.text) == (400, True)
    assert school.site.ground.rows(lti_platform) == []
    school.site.close()
    database.close()


def test_a_form_of_another_site_registers_nothing(one_school):
    one = one_school.lms.platform()
    values = {name: getattr(one, name) for name in FIELDS}
    assert one_school.browser.post("/manage/lti", data=values | {"csrf": "guessed"}).status_code == 403
    assert one_school.site.ground.rows(lti_platform) == []


def test_a_name_from_an_lms_is_never_markup(one_school):
    one_school.register(client_id="<b>bold</b>")
    assert "<b>bold</b>" not in one_school.page()
    assert "&lt;b&gt;bold" in one_school.page()


def test_a_launch_makes_nobody_an_administrator_of_the_page(one_school):
    one_school.register(), one_school.connect()
    browser = one_school.site.browser()
    one_school.lms.launch(browser, roles=["Instructor"])
    assert browser.get("/manage/lti").status_code == 403
    assert sum(row["is_admin"] for row in one_school.site.ground.rows(user)) == 1


def test_the_page_speaks_korean(one_school):
    one_school.register(), one_school.connect()
    page = one_school.site.browser(one_school.admin, **{"Accept-Language": "ko"}).get("/manage/lti").text
    assert "등록" in page
    for text in ("Register", "Take out", "Connect", "Client ID<", "Public keyset"):
        assert text not in page
