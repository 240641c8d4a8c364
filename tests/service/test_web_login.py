"""Logging in and out, sessions and their cookies."""

import statistics
import time

import pytest
import sqlalchemy as sa
from browsing import PASSWORD, Site

from harness.service import passwords
from harness.service.ids import digest
from harness.service.passwords import check_password, hash_password
from harness.service.schema import audit, session, user


def cookie(answer):
    [header] = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    return header


def test_who_has_the_password_is_let_in(site):
    site.person("Mina", password=True, dl="learner")
    browser = site.browser()
    answer = browser.log_in("Mina@Example.org ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Mina" in browser.get("/account").text


@pytest.mark.parametrize(("email", "password"), [("mina@example.org", "wrong"), ("nobody@example.org", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_are_answered_with_the_same_page(sqlite_site, email, password):
    sqlite_site.person("Mina", password=True)
    answer = sqlite_site.browser().log_in(email, password)
    assert answer.status_code == 401
    assert answer.text.replace(email, "E") == sqlite_site.browser().log_in("x@example.org", "y").text.replace(
        "x@example.org", "E"
    )
    assert "set-cookie" not in answer.headers


def test_an_unknown_name_takes_as_long_as_a_wrong_password():
    stored = hash_password("a long enough one")

    def seconds(hashed):
        taken = []
        for _ in range(5):
            begin = time.perf_counter()
            assert check_password(hashed, "wrong") == (False, None)
            taken.append(time.perf_counter() - begin)
        return statistics.median(taken)

    # Without the hash of nobody's password it is a thousandth.
    assert seconds(None) > seconds(stored) / 4


def test_a_person_without_a_password_cannot_log_in_with_nobodys():
    assert check_password(None, "nobody's password") == (False, None)


def test_a_disabled_person_is_not_let_in_and_is_out_at_once(sqlite_site):
    mina = sqlite_site.person("Mina", password=True, dl="learner")
    inside = sqlite_site.browser(mina)
    assert inside.get("/account").status_code == 200
    sqlite_site.writing(lambda c: c.execute(sa.update(user).values(disabled_at=1.0)))
    assert inside.get("/account").headers["location"] == "/login?next=%2Faccount"
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 401


def test_a_password_hashed_with_older_parameters_is_hashed_anew(sqlite_site, monkeypatch):
    sqlite_site.person("Mina", password=True)
    old = sqlite_site.ground.rows(user)[0]["password"]
    monkeypatch.setattr(
        passwords, "_HASHER", type(passwords._HASHER)(time_cost=3, memory_cost=19 * 1024, parallelism=1)
    )
    sqlite_site.browser().log_in("mina@example.org")
    new = sqlite_site.ground.rows(user)[0]["password"]
    assert new != old
    assert "t=3" in new
    assert check_password(new, PASSWORD) == (True, None)


def test_hangul_is_the_same_password_however_it_was_typed():
    import unicodedata

    stored = hash_password("비밀번호는 아주 길어요")
    assert check_password(stored, unicodedata.normalize("NFD", "비밀번호는 아주 길어요")) == (True, None)


def test_a_cookie_is_for_http_and_this_site_only(sqlite_site):
    sqlite_site.person("Mina", password=True)
    flags = {flag.strip().lower() for flag in cookie(sqlite_site.browser().log_in("mina@example.org")).split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= flags
    assert "secure" not in flags
    assert not any(flag.startswith("domain") for flag in flags)


def test_by_https_a_cookie_is_secure_and_has_the_prefix_that_no_other_host_can_set(sqlite_site, tmp_path):
    site = Site(sqlite_site.database, tmp_path, public_url="https://dout.test")
    site.person("Mina", password=True)
    answer = site.browser().log_in("mina@example.org")
    site.close()
    assert cookie(answer).startswith("__Host-dout=")
    assert "; Secure" in cookie(answer)
    assert "max-age" in answer.headers["strict-transport-security"]


def test_without_https_nothing_is_said_of_it(sqlite_site):
    assert "strict-transport-security" not in sqlite_site.browser().get("/login").headers


@pytest.mark.parametrize("is_valid", [True, False])
def test_a_secret_that_was_in_the_browser_before_the_login_is_worth_nothing_after_it(sqlite_site, is_valid):
    sqlite_site.person("Mina", password=True)
    browser = sqlite_site.browser(sqlite_site.person("Eve") if is_valid else None)
    planted = browser.cookies.get("dout") or "session_planted"
    browser.cookies.set("dout", planted)
    answer = browser.log_in("mina@example.org", csrf=browser.csrf)
    assert answer.status_code == 303
    assert planted not in cookie(answer)
    assert digest(planted) not in {row["secret_sha256"] for row in sqlite_site.ground.rows(session)}
    assert len(sqlite_site.ground.rows(session)) == 1


def test_a_session_ends(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person())
    sqlite_site.writing(lambda c: c.execute(sa.update(session).values(expires_at=sqlite_site.database.clock - 1)))
    assert browser.get("/account").status_code == 303


def test_the_database_knows_no_secret_of_a_session(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person())
    assert browser.cookies["dout"] not in str(sqlite_site.ground.rows(session))


def test_who_logs_out_is_out_also_with_a_kept_cookie(sqlite_site):
    browser = sqlite_site.browser(sqlite_site.person())
    kept = browser.cookies["dout"]
    answer = browser.send_form("/logout")
    assert "Max-Age=0" in cookie(answer)
    thief = sqlite_site.browser()
    thief.cookies.set("dout", kept)
    assert thief.get("/account").status_code == 303


def test_who_logs_out_everywhere_is_out_in_every_browser_and_others_are_not(sqlite_site):
    mina, jun = sqlite_site.person(), sqlite_site.person("Jun")
    here, there, other = (sqlite_site.browser(one) for one in (mina, mina, jun))
    here.send_form("/logout/everywhere")
    assert there.get("/account").status_code == 303
    assert other.get("/account").status_code == 200


def test_a_login_is_in_the_log(sqlite_site):
    mina = sqlite_site.person("Mina", password=True)
    sqlite_site.browser().log_in("mina@example.org")
    [line] = sqlite_site.ground.rows(audit)
    assert (line["actor"], line["action"], line["address"]) == (mina, "login", "testclient")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nSet-Cookie: a=b",
        " //evil.example",
        "/%0d%0a/../..//\x00",
    ],
)
def test_a_login_leads_to_no_other_site(sqlite_site, elsewhere):
    sqlite_site.person("Mina", password=True)
    answer = sqlite_site.browser().log_in("mina@example.org", next=elsewhere)
    assert answer.headers["location"] == "/"
    inside = sqlite_site.browser(sqlite_site.person("Jun"))
    assert inside.get("/login", params={"next": elsewhere}).headers["location"] == "/"


def test_a_login_leads_back_to_the_page_that_was_asked_for(sqlite_site):
    sqlite_site.person("Mina", password=True)
    browser = sqlite_site.browser()
    asked = browser.get("/account?a=1&b=%2F")
    assert asked.headers["location"] == "/login?next=%2Faccount%3Fa%3D1%26b%3D%252F"
    answer = browser.log_in("mina@example.org", next="/account?a=1&b=%2F")
    assert answer.headers["location"] == "/account?a=1&b=%2F"


def test_wrong_passwords_on_one_account_are_slowed_down(sqlite_site):
    sqlite_site.person("Mina", password=True)
    browser = sqlite_site.browser()
    answers = [browser.log_in("mina@example.org", "wrong").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    refused = browser.log_in("mina@example.org")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 120


def test_wrong_passwords_on_many_accounts_from_one_address_are_slowed_down(sqlite_site, monkeypatch):
    monkeypatch.setattr("harness.service.web.login.check_password", lambda stored, password: (False, None))
    browser = sqlite_site.browser()
    answers = [browser.log_in(f"{number}@example.org", "wrong").status_code for number in range(101)]
    assert answers == [401] * 100 + [429]


def test_a_class_that_logs_in_at_once_is_not_slowed_down(sqlite_site, monkeypatch):
    sqlite_site.person("Mina", password=True)
    monkeypatch.setattr("harness.service.web.login.check_password", lambda stored, password: (True, None))
    assert {sqlite_site.browser().log_in("mina@example.org").status_code for _ in range(120)} == {303}


def test_a_new_password_needs_the_old_one_and_logs_out_everywhere(sqlite_site):
    mina = sqlite_site.person("Mina", password=True)
    here, there = sqlite_site.browser(mina), sqlite_site.browser(mina)
    wrong = here.send_form("/account/password", before="no", after="a quite new password")
    assert wrong.status_code == 400
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 303
    assert here.send_form("/account/password", before=PASSWORD, after="a quite new password").status_code == 303
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 401
    assert sqlite_site.browser().log_in("mina@example.org", "a quite new password").status_code == 303


@pytest.mark.parametrize("bad", ["short", "x" * 1001, "MINA@example.org"])
def test_a_poor_password_is_refused(sqlite_site, bad):
    mina = sqlite_site.browser(sqlite_site.person("Mina", password=True))
    assert mina.send_form("/account/password", before=PASSWORD, after=bad).status_code == 400
    assert sqlite_site.browser().log_in("mina@example.org").status_code == 303


def test_the_page_is_in_the_language_that_was_chosen_before_that_of_the_browser(sqlite_site):
    mina = sqlite_site.browser(sqlite_site.person(), **{"accept-language": "fr;q=0.9, ko;q=0.8, en;q=0.1"})
    assert '<html lang="ko">' in mina.get("/account").text
    mina.send_form("/account/language", language="en")
    assert '<html lang="en">' in mina.get("/account").text
    assert mina.send_form("/account/language", language="../x").status_code == 404
