"""People, invitations, rosters and tokens."""

import json
import threading

import pytest
import sqlalchemy as sa
from browsing import PASSWORD, a_token, seen, shown_code

from harness.errors import AssignmentError, UsageError
from harness.service.ids import digest
from harness.service.schema import (
    assignment,
    audit,
    course,
    enrolment,
    invitation,
    revision,
    token,
    user,
)
from harness.service.store.courses import Revision, create_assignment, create_course, rename_course, revise
from harness.service.store.invitations import accept_invitation, invite
from harness.service.store.people import checked_email, create_user, disable, enrol, leave
from harness.service.store.rosters import import_roster
from harness.service.store.sessions import note_token_uses
from harness.service.store.tokens import revoke_token


def actions(site):
    return [row["action"] for row in site.ground.rows(audit)]


def link_of(answer):
    [link] = [code for code in shown_code(answer.text) if "/join/" in code]
    return link.removeprefix("http://dout.test")


# Invitations


def test_an_invitation_lets_a_new_person_in_once(site):
    teacher = site.browser(site.person("Kim", dl="instructor"))
    made = teacher.send_form("/courses/dl/invitations", email="Mina@example.org", role="learner")
    link = link_of(made)
    mina = site.browser()
    assert 'value="mina@example.org"' in mina.get(link).text
    answer = mina.post(link, data={"name": "Mina Lee", "password": PASSWORD, "email": "other@example.org"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Mina Lee (mina@example.org)" in mina.get("/account").text
    assert {row["role"] for row in site.ground.rows(enrolment)} == {"instructor", "learner"}
    assert site.browser().get(link).status_code == 404
    assert site.browser().post(link, data={"name": "Eve", "password": PASSWORD}).status_code == 404
    assert {"invitation.create", "user.create", "enrolment.change", "invitation.accept"} <= set(actions(site))


def test_the_secret_of_a_link_is_shown_once_and_not_kept(sqlite_site):
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    secret = link_of(teacher.send_form("/courses/dl/invitations", email="", role="learner")).removeprefix("/join/")
    assert secret not in teacher.get("/courses/dl/people").text
    assert secret not in str(sqlite_site.ground.rows(invitation)) + str(sqlite_site.ground.rows(audit))
    assert sqlite_site.ground.rows(invitation)[0]["secret_sha256"] == digest(secret)


def test_an_old_or_withdrawn_invitation_lets_nobody_in(sqlite_site):
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    link = link_of(teacher.send_form("/courses/dl/invitations", email="", role="learner"))
    [row] = sqlite_site.ground.rows(invitation)
    assert sqlite_site.browser().get(link).status_code == 200
    assert teacher.send_form(f"/courses/dl/invitations/{row['id']}/withdraw").status_code == 303
    assert sqlite_site.browser().get(link).status_code == 404
    assert teacher.send_form(f"/courses/dl/invitations/{row['id']}/withdraw").status_code == 404
    again = link_of(teacher.send_form("/courses/dl/invitations", email="", role="learner"))
    sqlite_site.writing(lambda c: c.execute(sa.update(invitation).values(expires_at=1.0)))
    assert sqlite_site.browser().get(again).status_code == 404


def test_a_link_does_not_open_an_account_that_is_there(sqlite_site):
    mina = sqlite_site.person("Mina", password=True)
    before = sqlite_site.ground.rows(user)
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    link = link_of(teacher.send_form("/courses/dl/invitations", email="mina@example.org", role="learner"))
    assert "Log in with it first" in sqlite_site.browser().get(link).text
    taken = sqlite_site.browser().post(link, data={"name": "Eve", "password": "another long one"})
    assert taken.status_code == 400
    assert sqlite_site.browser(sqlite_site.person("Eve")).send_form(link).status_code == 400
    assert [row for row in sqlite_site.ground.rows(user) if row["id"] == mina] == before
    assert sqlite_site.browser(mina).send_form(link).status_code == 303
    assert mina in {row["user_id"] for row in sqlite_site.ground.rows(enrolment)}


def test_a_link_for_anybody_gives_no_account_with_an_address_that_somebody_has(sqlite_site):
    sqlite_site.person("Mina", password=True)
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    link = link_of(teacher.send_form("/courses/dl/invitations", email="", role="learner"))
    answer = sqlite_site.browser().post(
        link, data={"name": "Eve", "email": "MINA@example.org", "password": "another long one"}
    )
    assert answer.status_code == 400
    assert sqlite_site.browser().get(link).status_code == 200  # it was not used up


def test_an_instructor_who_opens_a_learners_link_stays_an_instructor(sqlite_site):
    kim = sqlite_site.person("Kim", dl="instructor")
    link = link_of(sqlite_site.browser(kim).send_form("/courses/dl/invitations", email="", role="learner"))
    assert sqlite_site.browser(kim).send_form(link).status_code == 303
    assert [row["role"] for row in sqlite_site.ground.rows(enrolment)] == ["instructor"]


def test_the_first_administrator_comes_by_a_link(site):
    from harness.service.running import admin_link

    link = admin_link(site.settings, site.database)
    root = site.browser()
    answer = root.post(
        link.removeprefix("http://dout.test"), data={"name": "Root", "email": "r@example.org", "password": PASSWORD}
    )
    assert answer.headers["location"] == "/"
    assert root.get("/manage/courses").status_code == 200
    assert admin_link(site.settings, site.database) is None


def test_of_two_who_accept_at_once_one_is_let_in(site):
    course = site.course()
    secret = site.writing(lambda c: invite(site.database, c, role="learner", course_id=course, by=None))
    one, two = site.person("One"), site.person("Two")
    site.writing(lambda c: accept_invitation(site.database, c, secret, actor_id=one))
    with pytest.raises(UsageError, match="was used"):
        site.writing(lambda c: accept_invitation(site.database, c, secret, actor_id=two))
    assert [row["user_id"] for row in site.ground.rows(enrolment)] == [one]


@pytest.mark.parametrize(("role", "in_course"), [("admin", True), ("learner", False), ("owner", True)])
def test_nobody_is_invited_to_be_what_there_is_not(sqlite_site, role, in_course):
    course = sqlite_site.course() if in_course else None
    with pytest.raises(UsageError, match="no role"):
        sqlite_site.writing(lambda c: invite(sqlite_site.database, c, role=role, course_id=course, by=None))


def test_an_instructor_makes_no_administrator(sqlite_site):
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    assert teacher.send_form("/courses/dl/invitations", email="", role="admin").status_code == 400
    assert sqlite_site.ground.rows(invitation) == []


# Roster


ROSTER = "name,email,id\nMina,mina@example.org,1\nJun,Jun@Example.org,2\nSora,,3\n"


def imported(site, text, course):
    kim = next((row["id"] for row in site.ground.rows(user) if row["name"] == "Kim"), None) or site.person("Kim")
    return site.writing(lambda c: import_roster(site.database, c, text.encode(), "class.csv", course_id=course, by=kim))


def test_a_roster_enrols_who_is_known_and_invites_the_others(site):
    course, mina = site.course(), site.person("Mina")
    made = imported(site, ROSTER, course)
    assert made.enrolled == ["Mina"]
    assert [(one.name, one.email, one.external_id) for one in made.invited] == [
        ("Jun", "jun@example.org", "2"),
        ("Sora", "", "3"),
    ]
    assert (made.unchanged, made.problems) == (0, [])
    [row] = site.ground.rows(enrolment)
    assert (row["user_id"], row["role"], row["external_id"]) == (mina, "learner", "1")


def test_the_same_roster_a_second_time_changes_nothing(site):
    course = site.course()
    site.person("Mina")
    imported(site, ROSTER, course)
    tables = (user, enrolment, invitation, audit)
    before = [site.ground.rows(table) for table in tables]
    again = imported(site, ROSTER, course)
    assert (again.enrolled, again.invited, again.unchanged, again.problems) == ([], [], 3, [])
    assert [site.ground.rows(table) for table in tables] == before


def test_a_roster_makes_no_instructor_a_learner(sqlite_site):
    sqlite_site.person("Mina", dl="instructor")
    imported(sqlite_site, "email\nmina@example.org\n", sqlite_site.course())
    assert [row["role"] for row in sqlite_site.ground.rows(enrolment)] == ["instructor"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name\nMina\n", "class.csv:2: there is neither an e-mail address nor an id"),
        ("name,email\nMina,mina at home\n", "class.csv:2: 'mina at home' is no e-mail address"),
        ("id,email\n9,mina@example.org\n", "class.csv:2: mina@example.org has another id in this course: 1"),
        ("id,email\n1,new@example.org\n", "class.csv:2: the id 1 is somebody else's in this course"),
        ("id,email\n1,jun@example.org\n", "class.csv:2: the id 1 is somebody else's in this course"),
    ],
)
def test_what_is_not_clear_is_listed_and_nobody_is_enrolled_for_it(sqlite_site, text, problem):
    site = sqlite_site
    course, mina = site.course(), site.person("Mina")
    site.person("Jun")
    site.writing(
        lambda c: enrol(site.database, c, course_id=course, user_id=mina, role="learner", by="kim", external_id="1")
    )
    before = site.ground.rows(enrolment)
    made = imported(site, text, course)
    assert made.problems == [problem]
    assert (made.enrolled, made.invited) == ([], [])
    assert site.ground.rows(enrolment) == before


def test_two_rows_of_one_person_are_both_left_out(sqlite_site):
    made = imported(sqlite_site, "id,email\n1,a@b.kr\n2,A@B.kr\n3,c@b.kr\n", sqlite_site.course())
    assert made.problems == [
        "class.csv:2: a@b.kr is in more than one line",
        "class.csv:3: a@b.kr is in more than one line",
    ]
    assert [one.external_id for one in made.invited] == ["3"]


def test_a_roster_is_read_from_a_form(sqlite_site):
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    files = {"roster": ("class.csv", ROSTER.encode("utf-16"), "text/csv")}
    answer = teacher.post("/courses/dl/roster", data={"csrf": teacher.csrf}, files=files)
    assert answer.status_code == 200
    assert len(shown_code(answer.text)) == 3
    broken = {"roster": ("class.csv", b"\xff\x00\x01", "text/csv")}
    assert teacher.post("/courses/dl/roster", data={"csrf": teacher.csrf}, files=broken).status_code == 400
    assert teacher.post("/courses/dl/roster", data={"csrf": teacher.csrf}).status_code == 400


# Roles


def test_a_role_is_changed_and_somebody_is_taken_out(site):
    mina = site.person("Mina", dl="learner")
    teacher = site.browser(site.person("Kim", dl="instructor"))
    assert teacher.send_form(f"/courses/dl/people/{mina}/role", role="assistant").status_code == 303
    assert site.browser(mina).get("/courses/dl/people").status_code == 200
    assert teacher.send_form(f"/courses/dl/people/{mina}/role", role="owner").status_code == 400
    assert teacher.send_form(f"/courses/dl/people/{mina}/remove").status_code == 303
    assert site.browser(mina).get("/courses/dl/people").status_code == 404
    assert teacher.send_form(f"/courses/dl/people/{mina}/remove").status_code == 404
    assert teacher.send_form(f"/courses/dl/people/{mina}/role", role="learner").status_code == 404


def test_a_change_that_is_none_is_not_written_down(sqlite_site):
    mina = sqlite_site.person("Mina", dl="learner")
    course = sqlite_site.course()

    def same(connection):
        return enrol(sqlite_site.database, connection, course_id=course, user_id=mina, role="learner", by="kim")

    assert sqlite_site.writing(same) is False
    assert actions(sqlite_site) == []
    assert (
        sqlite_site.writing(lambda c: leave(sqlite_site.database, c, course_id=course, user_id="x", by="kim")) is False
    )


@pytest.mark.parametrize(
    "text", ["", "mina", "@example.org", "mina@", "a b@c.kr", "a\n@b.kr", "a\0@b.kr", "a@" + "b" * 320]
)
def test_what_is_no_e_mail_address_is_refused(text):
    with pytest.raises(UsageError, match="no e-mail address"):
        checked_email(text)


def test_two_people_cannot_have_one_address(site):
    site.person("Mina")
    with pytest.raises(UsageError, match="there is an account"):
        site.writing(lambda c: create_user(site.database, c, name="Eve", email="mina@example.org"))


# Tokens


def test_a_token_has_its_owners_roles_within_its_scopes_and_course(site):
    mina = site.person("Mina", dl="assistant", other="learner")
    secret = a_token(site, mina, course_id=site.course("dl"))
    assert secret.startswith("dout_")
    found = seen(site, secret).actor
    assert (found.user_id, found.scopes, found.only_course) == (mina, {"read"}, site.course("dl"))
    assert found.roles == {site.course("dl"): "assistant", site.course("other"): "learner"}


def test_a_token_is_asked_for_over_http(sqlite_site):
    kim = sqlite_site.person("Kim", dl="instructor", other="instructor")
    browser = sqlite_site.browser(kim)
    answer = browser.send_form("/account/tokens", name="CI", scope="read", course=sqlite_site.course("dl"), days="30")
    [secret] = shown_code(answer.text)
    assert secret not in browser.get("/account").text
    assert secret not in str(sqlite_site.ground.rows(token))
    program = sqlite_site.browser(authorization=f"Bearer {secret}")
    assert program.get("/courses/dl/people").status_code == 200
    assert program.get("/courses/other/people").status_code == 404
    assert program.post("/courses/dl/invitations", data={"role": "learner"}).status_code == 403
    assert program.get("/account").status_code == 403
    [row] = sqlite_site.ground.rows(token)
    assert browser.send_form(f"/account/tokens/{row['id']}/revoke").status_code == 303
    assert program.get("/courses/dl/people", headers={"accept": "*/*"}).headers["location"].startswith("/login")


@pytest.mark.parametrize("header", ["Bearer nothing", "Bearer ", "Basic bWluYTp4", "dout_x", "Bearer é"])
def test_what_is_no_token_is_refused_also_where_a_session_is(sqlite_site, header):
    mina = sqlite_site.browser(sqlite_site.person("Mina"))
    answer = mina.post("/account/tokens", headers=[(b"authorization", header.encode())])
    assert answer.status_code == 401


def test_a_token_that_is_revoked_or_too_old_or_of_a_disabled_person_is_worth_nothing(site):
    mina = site.person("Mina")
    old, revoked, good = (a_token(site, mina, days=days) for days in (1, None, 1))
    rows = {row["secret_sha256"]: row["id"] for row in site.ground.rows(token)}
    old_id, revoked_id = rows[digest(old)], rows[digest(revoked)]
    site.writing(lambda c: c.execute(sa.update(token).where(token.c.id == old_id).values(expires_at=1.0)))
    eve = site.person("Eve")
    assert site.writing(lambda c: revoke_token(site.database, c, revoked_id, user_id=eve)) is False
    assert seen(site, revoked) is not None
    assert site.writing(lambda c: revoke_token(site.database, c, revoked_id, user_id=mina)) is True
    assert [seen(site, one) is None for one in (old, revoked, good)] == [True, True, False]
    site.writing(lambda c: disable(site.database, c, mina, by=eve))
    assert seen(site, good) is None


def test_the_use_of_a_token_is_written_down_once_a_minute(site):
    mina = site.person("Mina")
    secret = a_token(site, mina)
    first = seen(site, secret).token_to_note
    assert first is not None
    for _ in range(2):
        site.writing(lambda c: note_token_uses(site.database, c, [(first, "::1")]))
    assert seen(site, secret).token_to_note is None
    assert actions(site).count("token.use") == 1
    site.writing(lambda c: c.execute(sa.update(token).values(last_used_at=token.c.last_used_at - 61)))
    assert seen(site, secret).token_to_note == first


@pytest.mark.parametrize("scopes", [frozenset(), frozenset({"everything"})])
def test_a_token_for_nothing_or_for_what_there_is_not_is_refused(sqlite_site, scopes):
    with pytest.raises(UsageError, match="a token cannot be for"):
        a_token(sqlite_site, sqlite_site.person("Mina"), scopes=scopes)


def test_nobody_makes_a_token_for_a_course_that_is_not_theirs(sqlite_site):
    mina = sqlite_site.browser(sqlite_site.person("Mina", dl="learner"))
    other = sqlite_site.course("other")
    assert mina.send_form("/account/tokens", name="CI", scope="read", course=other).status_code == 404


# Courses


def test_a_course_gets_an_assignment_and_a_second_revision(site):
    root = site.browser(site.person("Root", is_admin=True))
    assert root.send_form("/manage/courses", slug="dl", name="Deep Learning").status_code == 303
    first = {"slug": "ch05", "title": "Layers", "source": "ch05-add-mul", "due_at": "2026-12-24T23:59"}
    assert root.send_form("/courses/dl/assignments", **first).status_code == 303
    path = "/courses/dl/assignments/ch05/revisions"
    again = {"source": "ch05-add-mul", "max_attempts": "3", "cooldown_s": "60", "late_factor": "0.5", "seed": "7"}
    assert root.send_form(path, **again).status_code == 303
    one, two = sorted(site.ground.rows(revision), key=lambda row: row["number"])
    assert one["source_sha256"] == two["source_sha256"] == site.service.installed.get("ch05-add-mul").sha256
    assert (one["due_at"], one["late_factor"], one["max_attempts"]) == (1798156740.0, 1.0, None)
    assert (two["number"], two["due_at"], two["late_factor"], two["max_attempts"], two["cooldown_s"]) == (
        2,
        None,
        0.5,
        3,
        60,
    )
    assert "Revision 2" in root.get("/courses/dl/manage").text


def test_a_time_in_a_form_is_by_the_clock_of_the_service(sqlite_site, tmp_path):
    from starlette.datastructures import FormData

    from harness.service.settings import Settings
    from harness.service.web.forms import time

    zone = Settings(timezone="Asia/Seoul").zone
    assert time(FormData({"due_at": "2026-12-25T08:59"}), "due_at", zone) == 1798156740.0
    assert time(FormData({"due_at": "2026-12-24T23:59+00:00"}), "due_at", zone) == 1798156740.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "../../etc"}, "there is no assignment"),
        ({"source": "/etc/passwd"}, "there is no assignment"),
        ({"feedback": "everything"}, "no feedback"),
        ({"due_at": 1.0, "close_at": 0.5}, "in this order"),
        ({"late_factor": 1.5}, "from 0 to 1"),
        ({"late_factor": float("nan")}, "from 0 to 1"),
        ({"seed": -1}, "a seed is"),
        ({"max_attempts": 0}, "at least one"),
        ({"cooldown_s": -1.0}, "the wait"),
    ],
)
def test_a_revision_that_makes_no_sense_is_refused(sqlite_site, changes, message):
    site = sqlite_site
    made = site.ground.assignment(site.course())
    new = Revision(**({"source": "ch05-add-mul"} | changes))
    with pytest.raises((UsageError, AssignmentError), match=message):
        site.writing(lambda c: revise(site.database, c, site.service.installed, made, new, by="kim"))
    assert len(site.ground.rows(revision)) == 1


@pytest.mark.parametrize("slug", ["", "new", "A", "../x", "a/b", "-a", "a" * 101, "é"])
def test_a_short_name_that_would_not_fit_into_an_address_is_refused(sqlite_site, slug):
    with pytest.raises(UsageError, match="short name"):
        sqlite_site.writing(lambda c: create_course(sqlite_site.database, c, slug=slug, name="X", by="root"))


def test_there_is_one_course_and_one_assignment_of_a_name(site):
    course = site.course("dl")
    site.ground.assignment(course, slug="ch05")
    with pytest.raises(UsageError, match="there is a course"):
        site.writing(lambda c: create_course(site.database, c, slug="dl", name="X", by="root"))
    first = Revision(source="ch05-add-mul")
    with pytest.raises(UsageError, match="there is an assignment"):
        site.writing(
            lambda c: create_assignment(
                site.database,
                c,
                site.service.installed,
                course_id=course,
                slug="ch05",
                title="X",
                first=first,
                by="kim",
            )
        )


def test_an_administrator_locks_out_and_lets_in_again_but_not_themselves(sqlite_site):
    mina, root_id = sqlite_site.person("Mina", password=True), sqlite_site.person("Root", is_admin=True)
    root = sqlite_site.browser(root_id)
    root.send_form(f"/manage/people/{mina}/disable")
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 401
    root.send_form(f"/manage/people/{mina}/enable")
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 303
    assert root.send_form(f"/manage/people/{root_id}/disable").status_code == 400


def renamed(site):
    """Return what the lines of the log that tell of a new name say: what was done, to what, in which course, by whom."""
    return [
        (row["action"], row["object"], row["course_id"], row["actor"], json.loads(row["details"]))
        for row in site.ground.rows(audit)
        if row["action"].endswith(".rename")
    ]


def test_an_instructor_renames_an_assignment_and_its_addresses_stay(site):
    made = site.ground.assignment(site.course("dl"), slug="ch05")
    kim = site.person("Kim", dl="instructor")
    teacher = site.browser(kim)
    answer = teacher.send_form("/courses/dl/assignments/ch05/title", title="  Layers, and  their gradients ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/courses/dl/manage")
    after = "Layers, and their gradients"
    assert after in teacher.get("/courses/dl/manage").text
    assert after in teacher.get(f"/assignments/{made}").text
    [row] = site.ground.rows(assignment)
    assert (row["id"], row["slug"], row["title"]) == (made, "ch05", after)
    assert len(site.ground.rows(revision)) == 1
    details = {"before": "Layers", "after": after}
    assert renamed(site) == [("assignment.rename", f"assignment:{made}", site.course("dl"), kim, details)]


def test_an_administrator_renames_a_course_and_its_addresses_stay(site):
    made, other = site.course("dl"), site.course("other")
    root_id = site.person("Root", is_admin=True)
    root = site.browser(root_id)
    answer = root.send_form("/manage/courses/dl/name", name="Deep Learning, spring")
    assert (answer.status_code, answer.headers["location"]) == (303, "/manage/courses")
    assert "Deep Learning, spring" in root.get("/manage/courses").text
    assert "Deep Learning, spring" in root.get("/courses/dl/people").text
    found = {row["id"]: (row["slug"], row["name"]) for row in site.ground.rows(course)}
    assert found[made] == ("dl", "Deep Learning, spring")
    assert found[other] == ("other", "OTHER")
    details = {"before": "DL", "after": "Deep Learning, spring"}
    assert renamed(site) == [("course.rename", f"course:{made}", made, root_id, details)]


def test_a_name_that_is_the_old_one_is_not_written_down(site):
    site.ground.assignment(site.course("dl"), slug="ch05")
    root = site.browser(site.person("Root", is_admin=True))
    assert root.send_form("/courses/dl/assignments/ch05/title", title=" Layers").status_code == 303
    assert renamed(site) == []


def test_of_two_courses_an_assignment_of_the_same_short_name_is_renamed_in_its_own(sqlite_site):
    here = sqlite_site.ground.assignment(sqlite_site.course("dl"), slug="ch05")
    sqlite_site.ground.assignment(sqlite_site.course("other"), slug="ch05")
    teacher = sqlite_site.browser(sqlite_site.person("Kim", dl="instructor"))
    assert teacher.send_form("/courses/dl/assignments/ch05/title", title="Mine").status_code == 303
    assert teacher.send_form("/courses/other/assignments/ch05/title", title="Mine").status_code == 404
    assert [row["id"] for row in sqlite_site.ground.rows(assignment) if row["title"] == "Mine"] == [here]


def test_of_many_who_rename_at_once_each_is_told_what_it_was_called_just_before(site):
    made, names = site.course("dl"), [f"Course {number}" for number in range(16)]
    start = threading.Barrier(len(names))

    def rename(name):
        start.wait()
        site.writing(lambda c: rename_course(site.database, c, made, name, by="root"))

    threads = [threading.Thread(target=rename, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [last] = [row["name"] for row in site.ground.rows(course)]
    told = [details for *_, details in renamed(site)]
    assert sorted(one["after"] for one in told) == sorted(names)
    assert sorted(one["before"] for one in told) == sorted({"DL", *names} - {last})
