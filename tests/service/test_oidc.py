"""Logins by an OpenID provider, which is simulated: it signs real tokens, and checks the code, the secret and PKCE."""

import base64
import hashlib
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from browsing import PASSWORD, Site
from joserfc import jwt
from limits import RateLimitItemPerMinute
from lms import KEYS, by_public_key, public, unsigned
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import UsageError
from harness.service.database import Database
from harness.service.key_sets import KeySets, Published
from harness.service.oidc import read_provider
from harness.service.schema import audit, enrolment, identity, session, token, user
from harness.service.settings import read_settings
from harness.service.store.invitations import invite
from harness.service.store.tokens import create_token

ISSUER = "https://id.example"
CLIENT, SECRET = "dout", "s3cret:with/odd characters"


class Provider:
    """Has one person. ``changes`` are made to what its tokens say, and ``sign`` is how they are signed."""

    def __init__(self):
        self.changes = {}
        self.key = KEYS[0]
        self.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        self.described_as = {}
        #: How often it was asked about itself, and for its keys.
        self.described = self.asked_for_keys = 0
        self.codes = {}
        self.asked = []
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/jwks", self.jwks),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    def client(self):
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app))

    async def describe(self, request):
        self.described += 1
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/jwks",
                "more": "than is read",
            }
            | self.described_as
        )

    async def jwks(self, request):
        self.asked_for_keys += 1
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def log_in(self, location):
        """Do what the person does at the provider; return the parameters that the browser comes back with."""
        asked = {name: value for name, [value] in parse_qs(urlsplit(location).query).items()}
        self.asked.append(asked)
        assert location.startswith(f"{ISSUER}/auth?")
        assert (asked["response_type"], asked["scope"], asked["client_id"]) == ("code", "openid email", CLIENT)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def token(self, request):
        form = await request.form()
        asked = self.codes.pop(str(form["code"]), None)
        given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        right = given == "dout:s3cret%3Awith%2Fodd%20characters"
        challenge = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proves = asked and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if not right or not proves or asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "mina-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "mina@example.org",
            "email_verified": True,
        } | self.changes
        said = self.sign({name: value for name, value in claims.items() if value is not None})
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": said})


class ById(Site):
    """A service whose people log in by the provider."""

    def __init__(self, database, folder, **settings):
        super().__init__(
            database,
            folder,
            public_url="https://dout.test",
            oidc_issuer=ISSUER,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            **settings,
        )
        self.provider, self.now = Provider(), 1000.0
        about = self.provider.client, public, lambda: self.now
        self.app.state.key_sets = KeySets(*about)
        self.app.state.providers = Published(read_provider, *about)

    def invite(self, email="mina@example.org", role="learner"):
        course, teacher = self.course("dl"), self.person("Kim")
        self.writing(
            lambda connection: invite(self.database, connection, role=role, course_id=course, by=teacher, email=email)
        )

    def begin(self, browser, path="/oidc/login"):
        answer = browser.get(path)
        assert answer.status_code == 303, answer.text
        return self.provider.log_in(answer.headers["location"])

    def come(self, browser=None, **changes):
        browser = browser or self.browser()
        return browser.get("/oidc/callback", params=self.begin(browser) | changes)

    def has_session(self):
        return [row["user_id"] for row in self.ground.rows(session)]


@pytest.fixture
def site(database, tmp_path):
    made = ById(database, tmp_path)
    yield made
    made.close()


@pytest.fixture
def one_site(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    made = ById(database, tmp_path)
    yield made
    made.close()
    database.close()


def test_who_is_invited_by_a_verified_address_is_let_in_and_enrolled(site):
    site.invite()
    browser = site.browser()
    answer = site.come(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    [enrolled] = site.ground.rows(enrolment)
    assert enrolled["role"] == "learner"
    [known] = site.ground.rows(identity)
    assert (known["issuer"], known["subject"], known["user_id"]) == (ISSUER, "mina-1", enrolled["user_id"])
    assert site.has_session() == [enrolled["user_id"]]
    assert browser.get("/account").status_code == 200
    assert {"login.oidc", "user.made"} <= {row["action"] for row in site.ground.rows(audit)}


def test_the_same_person_is_found_by_what_the_provider_calls_them_whatever_the_address_is(site):
    site.invite()
    site.come()
    site.provider.changes = {"email": "new@example.org"}
    assert site.come().status_code == 303
    site.provider.changes = {"email": None, "email_verified": None}
    assert site.come().status_code == 303
    assert len(site.ground.rows(identity)) == 1
    assert len({*site.has_session()}) == 1


@pytest.mark.parametrize("changes", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": None}, {"email": 7}])  # fmt: skip
def test_by_an_address_that_is_not_verified_nobody_is_found_and_nobody_invited(site, changes):
    site.invite()
    site.person("Mina")
    site.provider.changes = changes
    answer = site.come()
    assert (answer.status_code, "nobody here is known by this login" in answer.text) == (403, True)
    assert site.ground.rows(identity) == site.has_session() == []


def test_who_is_not_invited_is_not_let_in(site):
    site.invite("jun@example.org")
    assert site.come().status_code == 403
    assert [row["name"] for row in site.ground.rows(user)] == ["Kim"]


def test_an_account_is_left_to_who_shows_that_its_address_is_theirs_and_to_nobody_else(site):
    # Somebody made it before, with an address that they never showed to be theirs.
    mina = site.person("Mina", password=True, dl="learner")
    thief = site.browser(mina)
    site.writing(
        lambda connection: create_token(site.database, connection, user_id=mina, name="CI", scopes=frozenset({"read"}))
    )
    site.come()
    assert [row["user_id"] for row in site.ground.rows(identity)] == [mina]
    assert site.has_session() == [mina]
    assert thief.get("/account").status_code == 303
    assert site.browser().log_in("mina@example.org", PASSWORD).status_code == 401
    assert all(row["revoked_at"] is not None for row in site.ground.rows(token))
    # Only the first time: what is made afterwards is their own.
    site.writing(
        lambda connection: create_token(site.database, connection, user_id=mina, name="CI", scopes=frozenset({"read"}))
    )
    site.come()
    assert [row["revoked_at"] is None for row in sorted(site.ground.rows(token), key=lambda row: row["id"])] == [False, True]  # fmt: skip


def test_an_account_that_is_switched_off_stays_off(site):
    mina = site.person("Mina")
    with site.database.writing() as connection:
        connection.execute(sa.update(user).where(user.c.id == mina).values(disabled_at=1.0))
    answer = site.come()
    assert (answer.status_code, "switched off" in answer.text) == (403, True)
    assert site.ground.rows(identity) == []


def test_an_invitation_of_an_administrator_is_taken_up_by_its_link_alone(one_site):
    site = one_site
    site.writing(
        lambda connection: invite(
            site.database, connection, role="admin", course_id=None, by=None, email="mina@example.org"
        )
    )
    assert site.come().status_code == 403
    assert site.ground.rows(user) == []


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"iss": "https://evil.example"}, "bad-iss", id="another issuer"),
        pytest.param({"aud": "another"}, "bad-aud", id="another audience"),
        pytest.param({"aud": [CLIENT, "another"]}, "bad-azp", id="two audiences and no azp"),
        pytest.param({"azp": "another"}, "bad-azp", id="azp of another"),
        pytest.param({"nonce": "another"}, "bad-nonce", id="another nonce"),
        pytest.param({"nonce": None}, "bad-nonce", id="no nonce"),
        pytest.param({"exp": NOW - 120}, "expired", id="expired"),
        pytest.param({"iat": NOW + 3600}, "bad-iat", id="of the future"),
        pytest.param({"sub": None}, "bad-sub", id="of nobody"),
        pytest.param({"sub": ""}, "bad-sub", id="of an empty name"),
    ],
)
def test_a_token_that_says_something_wrong_is_refused(one_site, changes, word):
    one_site.invite()
    one_site.provider.changes = changes
    answer = one_site.come()
    assert (answer.status_code, word in answer.text) == (400, True)
    assert one_site.has_session() == []


@pytest.mark.parametrize(
    "sign",
    [
        lambda claims: jwt.encode({"alg": "RS256", "kid": KEYS[0].kid}, claims, KEYS[1]),
        unsigned,
        lambda claims: by_public_key(KEYS[0], claims),
        lambda claims: "a.b.c",
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(one_site, sign):
    one_site.invite()
    one_site.provider.sign = sign
    answer = one_site.come()
    assert (answer.status_code, "bad-signature" in answer.text) == (400, True)


def test_a_code_is_good_for_the_browser_alone_that_has_its_verifier(one_site):
    """A stolen code is taken in by another login, whose verifier is another."""
    one_site.invite()
    stolen = one_site.begin(one_site.browser())["code"]
    answer = one_site.come(code=stolen)
    assert (answer.status_code, "bad-code" in answer.text) == (400, True)
    asked = one_site.provider.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43


def test_an_answer_counts_once_and_in_the_browser_that_began(one_site):
    one_site.invite()
    browser = one_site.browser()
    answer = one_site.begin(browser)
    stranger = one_site.browser()
    one_site.begin(stranger)
    assert "bad-state" in stranger.get("/oidc/callback", params=answer).text
    cookies = dict(browser.cookies)
    assert browser.get("/oidc/callback", params=answer).status_code == 303
    browser.cookies.update(cookies)
    again = browser.get("/oidc/callback", params=answer)
    assert (again.status_code, "bad-state" in again.text) == (400, True)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"state": "another"}, "bad-state"),
        ({"state": ""}, "bad-state"),
        ({"code": "another"}, "bad-code"),
        ({"code": "", "error": "access_denied"}, "no-code"),
        ({"iss": "https://evil.example"}, "bad-issuer"),
    ],
)
def test_an_answer_that_is_not_the_providers_is_refused(one_site, changes, word):
    one_site.invite()
    answer = one_site.come(**changes)
    assert (answer.status_code, word in answer.text) == (400, True)
    assert one_site.has_session() == []


def test_the_state_of_a_launch_is_none_of_a_login(one_site):
    from harness.service.schema import login_state

    one_site.invite()
    browser = one_site.browser()
    answer = one_site.begin(browser)
    with one_site.database.writing() as connection:
        connection.execute(sa.update(login_state).values(purpose="lti https://lms.example c d"))
    assert "bad-state" in browser.get("/oidc/callback", params=answer).text


def test_a_provider_that_calls_itself_otherwise_is_refused(one_site):
    one_site.provider.described_as = {"issuer": "https://evil.example"}
    answer = one_site.browser().get("/oidc/login")
    assert (answer.status_code, "bad-issuer" in answer.text) == (400, True)


@pytest.mark.parametrize("described", [{"token_endpoint": 7}, {"authorization_endpoint": None}])
def test_a_provider_that_describes_itself_wrongly_is_said_to_be_away(one_site, described):
    one_site.provider.described_as = described
    assert one_site.browser().get("/oidc/login").status_code == 502


def test_a_provider_that_is_away_is_said_to_be_away(one_site):
    one_site.provider.app.router.routes[:] = [
        Route("/.well-known/openid-configuration", lambda request: Response(status_code=503))
    ]
    answer = one_site.browser().get("/oidc/login")
    assert (answer.status_code, "issuer-unreachable" in answer.text) == (502, True)


@pytest.mark.parametrize(
    ("wanted", "path"),
    [("/courses", "/courses"), ("https://evil.example", "/"), ("//evil.example", "/"), ("/" + "x" * 2000, "/")],
)
def test_after_the_login_the_browser_goes_on_to_a_page_of_this_site(one_site, wanted, path):
    one_site.invite()
    browser = one_site.browser()
    answer = one_site.begin(browser, f"/oidc/login?next={wanted}")
    assert browser.get("/oidc/callback", params=answer).headers["location"] == path


def test_the_session_is_a_new_one_and_the_cookie_of_the_login_is_gone(one_site):
    one_site.invite()
    browser = one_site.browser()
    browser.cookies.set("__Host-dout", "chosen-by-somebody-else", domain="dout.test")
    begun = browser.get("/oidc/login")
    cookie = begun.headers["set-cookie"].lower()
    assert cookie.startswith("__host-dout-login-")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    answer = browser.get("/oidc/callback", params=one_site.provider.log_in(begun.headers["location"]))
    made, gone = sorted(answer.headers.get_list("set-cookie"), key=lambda one: "login" in one)
    assert "chosen-by-somebody-else" not in made
    assert "max-age=0" in gone.lower()


def test_no_more_logins_begin_at_one_address_than_the_database_is_to_keep(one_site):
    one_site.app.state.limiter._elsewhere = RateLimitItemPerMinute(2)
    assert [one_site.browser().get("/oidc/login").status_code for _ in range(4)] == [303, 303, 429, 429]


def test_the_provider_is_asked_about_itself_once_and_again_after_an_hour(one_site):
    one_site.invite()
    for passed, asked in ((0, 1), (3500, 1), (200, 2)):
        one_site.now += passed
        assert one_site.come().status_code == 303
        assert one_site.provider.described == asked
    one_site.now += 3700
    one_site.provider.described_as = {"token_endpoint": f"{ISSUER}/elsewhere"}
    assert one_site.come().status_code == 400, "what it says now counts"


def test_a_description_that_is_mended_counts_without_an_hour_of_waiting(one_site):
    one_site.invite()
    one_site.provider.described_as = {"issuer": "https://evil.example"}
    assert one_site.browser().get("/oidc/login").status_code == 400
    one_site.provider.described_as = {}
    one_site.now += 11
    assert one_site.come().status_code == 303


def test_a_provider_that_is_away_is_not_asked_by_everybody_who_waits(one_site):
    one_site.provider.described_as = {"issuer": 7}
    assert [one_site.browser().get("/oidc/login").status_code for _ in range(5)] == [502] * 5
    assert one_site.provider.described == 1
    one_site.provider.described_as = {}
    one_site.now += 11
    assert one_site.browser().get("/oidc/login").status_code == 303


def test_a_key_that_the_provider_has_taken_up_is_asked_for_when_it_is_met(one_site):
    one_site.invite()
    assert one_site.come().status_code == 303
    one_site.provider.key = KEYS[1]
    one_site.now += 11
    assert one_site.come().status_code == 303
    assert (one_site.provider.described, one_site.provider.asked_for_keys) == (1, 2)


def test_without_a_provider_in_the_settings_there_is_no_such_login(sqlite_site):
    for path in ("/oidc/login", "/oidc/callback"):
        assert sqlite_site.browser().get(path).status_code == 404
    assert "/oidc/login" not in sqlite_site.browser().get("/login").text


def test_the_login_page_leads_to_the_provider_and_keeps_where_to_go(one_site):
    page = one_site.browser().get("/login?next=/courses").text
    assert 'href="/oidc/login?next=%2Fcourses"' in page or 'href="/oidc/login?next=/courses"' in page


def test_the_secret_is_shown_nowhere(one_site):
    assert SECRET not in repr(one_site.settings)


@pytest.mark.parametrize("missing", ["DOUT_OIDC_ISSUER", "DOUT_OIDC_CLIENT_ID", "DOUT_OIDC_CLIENT_SECRET"])
def test_the_three_settings_of_a_provider_go_together(missing):
    every = {"DOUT_OIDC_ISSUER": ISSUER, "DOUT_OIDC_CLIENT_ID": CLIENT, "DOUT_OIDC_CLIENT_SECRET": SECRET}
    assert read_settings(None, every).oidc_issuer == ISSUER
    with pytest.raises(UsageError, match="OpenID Connect needs") as refused:
        read_settings(None, {name: value for name, value in every.items() if name != missing})
    assert SECRET not in str(refused.value)
