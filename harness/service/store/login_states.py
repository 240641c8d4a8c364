"""Logins that have begun here and are answered by another system. Each can be answered once, in the same browser."""

import secrets

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.ids import digest
from harness.service.refusals import refused
from harness.service.schema import login_state

__all__ = ["STATE_S", "Begun", "LoginState", "begin", "take"]

#: Seconds that somebody has for a login elsewhere: for a password, and for a code from a telephone.
STATE_S = 600


class LoginState(Record, frozen=True, kw_only=True):
    """A login that has begun. The three are secrets: the first two leave us once, the third in the cookie only."""

    state: str
    nonce: str
    browser: str
    #: PKCE; "" without it.
    verifier: str = ""


class Begun(Record, frozen=True, kw_only=True):
    """What is known of a login that is answered."""

    purpose: str
    nonce: str
    verifier: str


def begin(database: Database, connection: sa.Connection, purpose: str, *, with_verifier: bool = False) -> LoginState:
    """Note that a login begins; those that nobody came back to are forgotten."""
    made = LoginState(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        browser=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48) if with_verifier else "",
    )
    now = database.now(connection)
    connection.execute(sa.delete(login_state).where(login_state.c.expires_at < now))
    connection.execute(
        sa.insert(login_state).values(
            state_sha256=digest(made.state),
            browser_sha256=digest(made.browser),
            purpose=purpose,
            nonce=made.nonce,
            verifier=made.verifier,
            expires_at=now + STATE_S,
        )
    )
    return made


def take(database: Database, connection: sa.Connection, state: str, browser: str) -> Begun:
    """Return what a login in this browser was begun for; it cannot be answered again.

    Raises:
        LoginRefused: there is none: never begun, answered already, begun in another browser, or too long ago.
    """
    found = connection.execute(
        sa.delete(login_state)
        .where(login_state.c.state_sha256 == digest(state), login_state.c.browser_sha256 == digest(browser))
        .returning(login_state.c.purpose, login_state.c.nonce, login_state.c.verifier, login_state.c.expires_at)
    ).first()
    if found is None or found.expires_at < database.now(connection):
        raise refused("bad-state")
    return Begun(purpose=found.purpose, nonce=found.nonce, verifier=found.verifier)
