"""What logins by another system have in common: a cookie that ties each to one browser, and what comes at the end."""

from collections.abc import Callable

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.service.ids import digest
from harness.service.key_sets import KeySets, Published
from harness.service.oidc import Provider
from harness.service.store.arriving import Arrived
from harness.service.store.login_states import STATE_S, Begun, LoginState, begin, take
from harness.service.web.addresses import client_address
from harness.service.web.limiting import limiter_of
from harness.service.web.login import log_in
from harness.service.web.service import service_of

__all__ = ["answered", "begun", "key_sets_of", "let_in", "providers_of", "remember_browser"]


def key_sets_of(request: Request) -> KeySets:
    """Return what asks other systems for their keys, in this process."""
    found = request.app.state.key_sets
    assert isinstance(found, KeySets)
    return found


def providers_of(request: Request) -> Published[Provider]:
    """Return what asks OpenID providers for their descriptions of themselves, in this process."""
    found = request.app.state.providers
    assert isinstance(found, Published)
    return found


async def begun(request: Request, purpose: str, *, with_verifier: bool = False) -> LoginState:
    """Note that a login begins.

    Raises:
        TooMany: too many begin at this address.
    """
    limiter_of(request).login_elsewhere(client_address(request))
    service = service_of(request)
    return await service.writer.do(
        lambda connection: begin(service.database, connection, purpose, with_verifier=with_verifier)
    )


async def answered(request: Request, state: str) -> tuple[Begun, float]:
    """Return the login that is answered, and the time by the database's clock. It cannot be answered once more.

    Raises:
        LoginRefused: there is none, or another browser began it.
    """
    service = service_of(request)
    browser = request.cookies.get(_cookie(request, state), "")

    def write(connection: sa.Connection) -> tuple[Begun, float]:
        return take(service.database, connection, state, browser), service.database.now(connection)

    return await service.writer.do(write)


async def let_in(
    request: Request, state: str, arrive: Callable[[sa.Connection], Arrived], *, to: str = "/"
) -> Response:
    """Log somebody in who has shown who they are: in a new session, whatever the browser had before.

    Args:
        request: The answer.
        state: Of the login.
        arrive: Says who it is.
        to: A path of this site to go on to, where ``arrive`` names no assignment.

    Raises:
        LoginRefused: ``arrive`` raises it.
    """
    service = service_of(request)
    try:
        arrived = await service.writer.do(arrive)
    except sa.exc.IntegrityError:
        # The same person came at the same moment by another process, and is known now.
        arrived = await service.writer.do(arrive)
    # Never where the other system says: only to what is here.
    path = f"/assignments/{arrived.assignment_id}" if arrived.assignment_id else to
    response = await log_in(request, arrived.user_id, to=path)
    response.delete_cookie(_cookie(request, state), path="/", secure=service.is_https, httponly=True)
    return response


def remember_browser(request: Request, response: Response, made: LoginState, *, by_form: bool) -> None:
    """Set the cookie by which an answer is known to come to the browser that began.

    Args:
        request: What the login begins with.
        response: Where the cookie is set.
        made: The login.
        by_form: Whether the answer is a form that another site sends: only a cookie with ``SameSite=None`` comes with
            it, which browsers take by TLS alone.
    """
    response.set_cookie(
        _cookie(request, made.state),
        made.browser,
        max_age=STATE_S,
        path="/",
        secure=service_of(request).is_https,
        httponly=True,
        samesite="none" if by_form else "lax",
    )


def _cookie(request: Request, state: str) -> str:
    # Of its own for each login: two activities may be opened at once. The prefix as that of the session's cookie.
    prefix = "__Host-" if service_of(request).is_https else ""
    return f"{prefix}dout-login-{digest(state)[:16]}"
