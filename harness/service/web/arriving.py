"""What logins by another system have in common: a cookie that ties them to one browser, and what a page has to do."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from harness.service.ids import digest
from harness.service.store.login_states import STATE_S, LoginState

__all__ = ["Home", "StartSession", "browser_of", "forget_browser", "remember_browser"]

#: Logs a user (by id) in: makes a new session, and sets its cookie on the answer.
StartSession = Callable[[Request, Response, str], Awaitable[None]]
#: The path to go to, for the slugs of a course and of an assignment, each of which may be "".
Home = Callable[[str, str], str]


def remember_browser(response: Response, begun: LoginState, path: str) -> None:
    """Set the cookie by which the answer is known to come to the browser that began.

    The answer is a form that another site sends: only a cookie with ``SameSite=None`` comes with it.
    """
    response.set_cookie(
        _cookie(begun.state), begun.browser, max_age=STATE_S, path=path, secure=True, httponly=True, samesite="none"
    )


def browser_of(request: Request, state: str) -> str:
    """Return what :func:`remember_browser` set, or ""."""
    return request.cookies.get(_cookie(state), "")


def forget_browser(response: Response, state: str, path: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(_cookie(state), path=path, secure=True, httponly=True, samesite="none")


def _cookie(state: str) -> str:
    # Of its own for each login: two activities may be opened at once.
    return f"dout-login-{digest(state)[:16]}"
