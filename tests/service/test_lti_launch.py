"""An LMS sends people: who is believed, who is refused, and what somebody is here."""

import re
import time

import pytest
import sqlalchemy as sa
from browsing import Site
from lms import CLAIM, KEYS, ROLE, Lms, by_public_key, public, unsigned
from structlog.testing import capture_logs

from harness.service.database import Database
from harness.service.key_sets import KeySets
from harness.service.lti.keys import own_key
from harness.service.lti.launch import Launch
from harness.service.schema import audit, enrolment, identity, lti_link, session, user
from harness.service.store import arriving
from harness.service.store.arriving import arrive_by_lti


def site_of(database, folder, lms, **changes):
    site = Site(database, folder, public_url="https://dout.test", lti_platforms=(lms.platform(**changes),))
    site.course("dl")
    site.work = site.ground.assignment(site.course("dl"))
    site.app.state.key_sets = KeySets(lms.client, public)
    return site


@pytest.fixture
def lms():
    return Lms()


@pytest.fixture
def lms_site(sqlite_url, tmp_path, lms):
    database = Database(sqlite_url)
    made = site_of(database, tmp_path, lms)
    yield made
    made.close()
    database.close()


@pytest.fixture
def any_site(database, tmp_path, lms):
    made = site_of(database, tmp_path, lms)
    yield made
    made.close()


def roles(site):
    return [(row["role"], row["user_id"]) for row in site.ground.rows(enrolment)]


def refused_as(answer):
    """Return the word that a refused person is told."""
    assert answer.status_code == 400, answer.text
    assert "dout=" not in answer.headers.get("set-cookie", "")
    found = re.search(r"the word ([a-z-]+)", answer.text)
    assert found, answer.text
    return found.group(1)


@pytest.mark.parametrize(
    ("told", "role"),
    [
        ([ROLE + "Learner"], "learner"),
        ([ROLE + "Instructor"], "instructor"),
        (["Instructor"], "instructor"),
        (
            [
                ROLE + "Instructor",
                "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
            ],
            "assistant",
        ),
        ([ROLE + "Learner", "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "learner"),
    ],
)
def test_a_launch_logs_somebody_in_with_the_role_that_the_lms_says(any_site, lms, told, role):
    browser = any_site.browser()
    answer = lms.launch(browser, roles=told)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/assignments/{any_site.work}")
    [(found, user_id)] = roles(any_site)
    assert found == role
    assert [row["user_id"] for row in any_site.ground.rows(session)] == [user_id]
    assert browser.get(answer.headers["location"]).status_code == 200
    assert "Mina Kim" in browser.get("/account").text


def test_a_second_launch_finds_the_same_person_and_takes_the_new_role(any_site, lms):
    lms.launch(any_site.browser())
    lms.launch(any_site.browser(), roles=[ROLE + "Instructor"])
    assert [role for role, _ in roles(any_site)] == ["instructor"]
    assert len(any_site.ground.rows(user)) == len(any_site.ground.rows(identity)) == 1
    changes = [row["details"] for row in any_site.ground.rows(audit) if row["action"] == "enrolment.role"]
    assert len(changes) == 2


@pytest.mark.parametrize(
    "told",
    [[], None, ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "Instructor", [["Instructor"]]],
)
def test_without_a_role_in_the_course_nobody_is_let_in(lms_site, lms, told):
    answer = lms.launch(lms_site.browser(), roles=told)
    assert answer.status_code == 403
    assert "does not say that you are" in answer.text
    assert lms_site.ground.rows(user) == []


def test_a_launch_makes_nobody_an_administrator_and_finds_nobody_by_an_address(lms_site, lms):
    lms_site.person("Mina", is_admin=True)
    lms.launch(lms_site.browser(), email="mina@example.org", email_verified=True, roles=[ROLE + "Instructor"])
    assert sorted(row["is_admin"] for row in lms_site.ground.rows(user)) == [False, True]


def test_an_erased_or_disabled_person_is_not_let_in_again_by_the_lms(lms_site, lms):
    lms.launch(lms_site.browser())
    with lms_site.database.writing() as connection:
        connection.execute(sa.update(user).values(disabled_at=1.0))
    answer = lms.launch(lms_site.browser())
    assert (answer.status_code, "switched off" in answer.text) == (403, True)


def test_a_course_that_is_not_connected_is_refused_with_its_id_in_the_lms(lms_site, lms):
    answer = lms.launch(lms_site.browser(), context={"id": "course-99"})
    assert answer.status_code == 403
    assert "course-99" in answer.text


def test_an_assignment_that_there_is_not_is_refused(lms_site, lms):
    answer = lms.launch(lms_site.browser(), custom={"assignment": "ch99"})
    assert (answer.status_code, "ch99" in answer.text) == (404, True)


NOW = time.time()
STRANGER = KEYS[1]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"aud": "somebody-else"}, "bad-aud", id="another audience"),
        pytest.param({"aud": ["somebody-else"]}, "bad-aud", id="another audience in a list"),
        pytest.param({"aud": None}, "bad-aud", id="no audience"),
        pytest.param({"aud": ["dout-at-the-lms", "another"]}, "bad-azp", id="two audiences and no azp"),
        pytest.param({"aud": ["dout-at-the-lms", "another"], "azp": "another"}, "bad-azp", id="azp of another"),
        pytest.param({"azp": "another"}, "bad-azp", id="one audience and azp of another"),
        pytest.param({"iss": "https://evil.example"}, "bad-iss", id="another issuer"),
        pytest.param({"iss": None}, "bad-iss", id="no issuer"),
        pytest.param({"exp": int(NOW) - 120}, "expired", id="expired"),
        pytest.param({"exp": None}, "bad-exp", id="never expires"),
        pytest.param({"iat": int(NOW) + 3600, "exp": int(NOW) + 7200}, "bad-iat", id="of the future"),
        pytest.param({"iat": int(NOW) - 7200, "exp": int(NOW) + 7200}, "expired", id="two hours old"),
        pytest.param({"nonce": "another"}, "bad-nonce", id="another nonce"),
        pytest.param({"nonce": None}, "bad-nonce", id="no nonce"),
        pytest.param({"sub": None}, "bad-sub", id="of nobody"),
        pytest.param({"sub": "x" * 256}, "bad-sub", id="of somebody with too long a name"),
        pytest.param({"deployment_id": None}, "bad-deployment", id="no deployment"),
        pytest.param({"deployment_id": "another"}, "bad-deployment", id="another deployment"),
        pytest.param({"message_type": "LtiDeepLinkingRequest"}, "bad-message-type", id="another message"),
        pytest.param({"message_type": None}, "bad-message-type", id="no message"),
        pytest.param({"version": "1.1.0"}, "bad-version", id="another version"),
        pytest.param({"version": None}, "bad-version", id="no version"),
        pytest.param({"target_link_uri": "https://evil.example/"}, "bad-target", id="target elsewhere"),
        pytest.param(
            {"target_link_uri": "https://dout.test.evil.example/"}, "bad-target", id="target that begins alike"
        ),
        pytest.param({"target_link_uri": "http://dout.test/"}, "bad-target", id="target without TLS"),
        pytest.param({"target_link_uri": None}, "bad-target", id="no target"),
        pytest.param({"resource_link": {}}, "bad-resource-link", id="no activity"),
        pytest.param({"resource_link": {"id": "x" * 256}}, "bad-resource-link", id="too long an activity"),
    ],
)
def test_a_token_that_says_something_wrong_is_refused(lms_site, lms, changes, word):
    assert refused_as(lms.launch(lms_site.browser(), **changes)) == word
    assert lms_site.ground.rows(user) == lms_site.ground.rows(session) == []


def test_the_operators_log_has_the_word_that_a_refused_person_is_told(lms_site, lms):
    with capture_logs() as logged:
        assert refused_as(lms.launch(lms_site.browser(), aud="somebody-else")) == "bad-aud"
    [line] = [line for line in logged if line["event"] == "login refused"]
    assert line == {"event": "login refused", "log_level": "warning", "code": "bad-aud"}


def post_token(site, lms, make):
    browser = site.browser()
    begun = lms.begin(browser)
    return lms.post(browser, begun["state"], make(lms.claims(begun["nonce"])))


def test_a_token_signed_by_another_key_is_refused(lms_site, lms):
    def forged(claims):
        return lms.sign(claims, STRANGER, kid=KEYS[0].kid)

    assert refused_as(post_token(lms_site, lms, forged)) == "bad-signature"


def test_a_token_without_a_signature_is_refused(lms_site, lms):
    assert refused_as(post_token(lms_site, lms, unsigned)) == "bad-signature"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(lms_site, lms):
    assert refused_as(post_token(lms_site, lms, lambda claims: by_public_key(KEYS[0], claims))) == "bad-signature"


def test_a_token_that_was_changed_on_the_way_is_refused(lms_site, lms):
    def changed(claims):
        header, _, signature = lms.sign(claims).split(".")
        other = lms.sign({**claims, "sub": "somebody-else"}).split(".")[1]
        return f"{header}.{other}.{signature}"

    assert refused_as(post_token(lms_site, lms, changed)) == "bad-signature"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", "." * 5000, "é"])
def test_what_is_no_token_is_refused(lms_site, lms, text):
    assert refused_as(post_token(lms_site, lms, lambda _: text)) in {"bad-signature", "no-token"}


def test_a_key_with_an_unknown_name_is_asked_for_once_and_then_not_for_a_while(lms_site, lms):
    clock = [1000.0]
    lms_site.app.state.key_sets = KeySets(lms.client, public, clock=lambda: clock[0])
    assert lms.launch(lms_site.browser()).status_code == 303
    assert lms.asked_for_keys == 1

    clock[0] += 60
    for _ in range(5):
        assert refused_as(post_token(lms_site, lms, lambda claims: lms.sign(claims, STRANGER))) == "unknown-key"
    assert lms.asked_for_keys == 2

    clock[0] += 60
    assert refused_as(post_token(lms_site, lms, lambda claims: lms.sign(claims, STRANGER))) == "unknown-key"
    assert lms.asked_for_keys == 3


def test_a_new_key_of_the_lms_is_found_and_an_old_one_is_good_for_nothing_any_more(lms_site, lms):
    clock = [1000.0]
    lms_site.app.state.key_sets = KeySets(lms.client, public, clock=lambda: clock[0])
    lms.launch(lms_site.browser())
    clock[0] += 60
    lms.keys = [KEYS[1]]
    assert lms.launch(lms_site.browser()).status_code == 303
    assert lms.asked_for_keys == 2
    old = post_token(lms_site, lms, lambda claims: lms.sign(claims, KEYS[0]))
    assert refused_as(old) == "unknown-key"


def test_an_lms_that_does_not_give_its_keys_is_said_to_be_away(lms_site, lms):
    lms.app.router.routes.clear()
    answer = lms.launch(lms_site.browser())
    assert (answer.status_code, "issuer-unreachable" in answer.text) == (502, True)


def test_an_answer_counts_once(lms_site, lms):
    browser = lms_site.browser()
    begun = lms.begin(browser)
    token = lms.sign(lms.claims(begun["nonce"]))
    cookies = dict(browser.cookies)
    assert lms.post(browser, begun["state"], token).status_code == 303
    # A thief who has the cookie, the state and the token.
    browser.cookies.update(cookies)
    assert refused_as(lms.post(browser, begun["state"], token)) == "bad-state"


def test_a_token_of_an_earlier_login_is_not_taken_for_a_new_one(lms_site, lms):
    browser = lms_site.browser()
    first = lms.begin(browser)
    token = lms.sign(lms.claims(first["nonce"]))
    assert lms.post(browser, first["state"], token).status_code == 303
    assert refused_as(lms.post(browser, lms.begin(browser)["state"], token)) == "bad-nonce"


def test_a_refused_token_uses_its_login_up(lms_site, lms):
    browser = lms_site.browser()
    begun = lms.begin(browser)
    cookies = dict(browser.cookies)
    assert refused_as(lms.post(browser, begun["state"], "a.b.c")) == "bad-signature"
    browser.cookies.update(cookies)
    assert refused_as(lms.post(browser, begun["state"], lms.sign(lms.claims(begun["nonce"])))) == "bad-state"


def test_the_state_of_another_browser_is_refused(lms_site, lms):
    begun = lms.begin(lms_site.browser())
    victim = lms_site.browser()
    lms.begin(victim)
    assert refused_as(lms.post(victim, begun["state"], lms.sign(lms.claims(begun["nonce"])))) == "bad-state"


@pytest.mark.parametrize("state", ["", "x", "é" * 100])
def test_a_state_that_nobody_was_given_is_refused(lms_site, lms, state):
    assert refused_as(lms.post(lms_site.browser(), state, "a.b.c")) == "bad-state"


def test_a_login_that_takes_too_long_is_refused(lms_site, lms):
    from harness.service.schema import login_state

    browser = lms_site.browser()
    begun = lms.begin(browser)
    with lms_site.database.writing() as connection:
        connection.execute(sa.update(login_state).values(expires_at=1.0))
    assert refused_as(lms.post(browser, begun["state"], lms.sign(lms.claims(begun["nonce"])))) == "bad-state"


def test_the_cookie_of_a_login_comes_with_a_form_of_another_site_and_is_of_this_host_alone(lms_site, lms):
    answer = lms.ask_to_begin(lms_site.browser())
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-dout-login-")
    assert {"secure", "httponly", "path=/", "samesite=none"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_the_session_is_a_new_one_after_a_launch_and_its_cookie_stays_on_this_site(lms_site, lms):
    browser = lms_site.browser()
    browser.cookies.set("__Host-dout", "chosen-by-somebody-else", domain="dout.test")
    answer = lms.launch(browser)
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-dout=")]
    assert "chosen-by-somebody-else" not in cookie
    assert "samesite=lax" in cookie.lower()


def test_a_launch_ends_the_session_that_the_browser_had(lms_site, lms):
    jun = lms_site.person("Jun", dl="learner")
    browser = lms_site.browser(jun)
    # A browser keeps the cookie of a session out of a form of another site; this one does not.
    lms.launch(browser)
    assert [row["user_id"] for row in lms_site.ground.rows(session)] != [jun]
    assert jun not in {row["user_id"] for row in lms_site.ground.rows(session)}


def test_a_launch_goes_to_what_is_here_and_never_where_a_parameter_says(lms_site, lms):
    target = "https://dout.test/lti/launch?next=https://evil.example"
    browser = lms_site.browser()
    begun = lms.begin(browser, target_link_uri=target)
    answer = lms.post(browser, begun["state"], lms.sign(lms.claims(begun["nonce"], target_link_uri=target)))
    assert answer.headers["location"] == f"/assignments/{lms_site.work}"


def test_a_link_without_an_assignment_leads_to_the_first_page(lms_site, lms):
    assert lms.launch(lms_site.browser(), custom=None).headers["location"] == "/"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"client_id": "another"},
        {"lti_deployment_id": "another"},
        {"login_hint": ""},
        {"target_link_uri": "https://evil.example/"},
        {"target_link_uri": ""},
    ],
)
def test_a_login_that_cannot_be_meant_does_not_begin(lms_site, lms, changes):
    answer = lms.ask_to_begin(lms_site.browser(), **changes)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_a_login_may_begin_by_a_form_as_well(lms_site, lms):
    form = {
        "iss": lms.issuer,
        "login_hint": "7",
        "target_link_uri": "https://dout.test/",
    }
    answer = lms_site.browser().post("/lti/login", data=form, headers={"Origin": lms.issuer})
    assert answer.status_code == 303
    assert "prompt=none" in answer.headers["location"]


def test_too_many_logins_from_one_address_do_not_fill_the_database(lms_site, lms, monkeypatch):
    from limits import RateLimitItemPerMinute

    lms_site.app.state.limiter._elsewhere = RateLimitItemPerMinute(3)
    browser = lms_site.browser()
    assert [lms.ask_to_begin(browser).status_code for _ in range(5)] == [303, 303, 303, 429, 429]


def test_the_public_key_is_published_and_the_private_one_is_not(any_site):
    found = any_site.browser().get("/lti/jwks.json").json()
    [key] = found["keys"]
    assert key["kid"] == own_key(any_site.database).kid
    assert key.keys() == {"kty", "n", "e", "kid", "alg", "use"}


def test_all_processes_have_one_key(any_site):
    # As if two asked for the first time at once.
    assert own_key(any_site.database).as_dict() == own_key(any_site.database).as_dict()


def test_two_first_launches_at_once_make_one_person(postgresql_url, tmp_path, lms, monkeypatch):
    """Another web process makes the same person when this one has looked, and has not written yet."""
    database = Database(postgresql_url)
    site = site_of(database, tmp_path, lms)
    launch = Launch(
        platform=lms.platform(),
        subject="mina-at-the-lms",
        name="Mina",
        role="learner",
        context="course-42",
        resource_link="link-1",
        assignment="ch05",
        line_item=lms.line_item,
    )
    make, first = arriving._make, []

    def late(*about):
        monkeypatch.undo()
        with database.writing() as connection:
            first.append(arrive_by_lti(database, connection, launch).user_id)
        return make(*about)

    monkeypatch.setattr(arriving, "_make", late)
    assert lms.launch(site.browser()).status_code == 303
    assert [row["id"] for row in site.ground.rows(user)] == first
    assert [row["user_id"] for row in site.ground.rows(session)] == first
    site.close()
    database.close()


def test_a_login_that_meets_another_of_the_same_person_is_tried_again(lms_site, lms, monkeypatch):
    tries = []

    def crossed(database, connection, launch, **about):
        tries.append(launch.subject)
        if len(tries) == 1:
            raise sa.exc.IntegrityError("INSERT", {}, Exception("UNIQUE"))
        return arrive_by_lti(database, connection, launch, **about)

    monkeypatch.setattr("harness.service.web.lti.arrive_by_lti", crossed)
    assert lms.launch(lms_site.browser()).status_code == 303
    assert len(tries) == 2


def test_a_link_keeps_what_the_lms_said_last(any_site, lms):
    lms.launch(any_site.browser())
    lms.launch(any_site.browser(), **{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": None}, custom=None)
    [link] = any_site.ground.rows(lti_link)
    assert (link["line_item"], link["assignment_id"]) == (None, None)
    lms.launch(any_site.browser())
    [link] = any_site.ground.rows(lti_link)
    assert (link["line_item"], link["assignment_id"]) == (lms.line_item, any_site.work)


def test_the_deployment_decides_which_platform_it_is(sqlite_site, lms, tmp_path):
    site = Site(
        sqlite_site.database,
        tmp_path,
        public_url="https://dout.test",
        lti_platforms=(
            lms.platform(deployment_id="other", courses={"course-42": "elsewhere"}),
            lms.platform(),
        ),
    )
    site.app.state.key_sets = KeySets(lms.client, public)
    site.course("dl"), site.course("elsewhere")
    browser = site.browser()
    begun = lms.begin(browser, lti_deployment_id="")
    answer = lms.post(browser, begun["state"], lms.sign(lms.claims(begun["nonce"], custom=None)))
    assert answer.status_code == 303
    [row] = site.ground.rows(enrolment)
    assert row["course_id"] == site.course("dl")
    site.close()


def test_claims_of_odd_kinds_are_no_error_of_ours(lms_site, lms):
    for name in ("context", "custom", "resource_link", "roles", "deployment_id", "version", "message_type"):
        for value in (7, [], {"id": 7}, "x"):
            answer = lms.launch(lms_site.browser(), **{CLAIM + name: value})
            assert answer.status_code in {303, 400, 403, 404}, (name, value)
