"""What a client is told when there is no answer: a page for people, RFC 9457 for programs."""

from http import HTTPStatus
from urllib.parse import quote

import msgspec
import sqlalchemy as sa
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from harness.errors import DoutError, SandboxError
from harness.sentence import Sentence
from harness.service.database import cannot_keep
from harness.service.refusals import LoginRefused
from harness.service.web.addresses import asked_for
from harness.service.web.layers import Layer
from harness.service.web.metrics import meters_of
from harness.service.web.refusal import NotFound, Refusal
from harness.service.web.rendering import language_of, render
from harness.service.web.routing import OVER, ForPrograms, ForStreams, route_of

__all__ = ["Answered", "error_page", "problem", "problem_body", "refusal_of", "refuse"]

_log = structlog.get_logger("dout.web")
#: Seconds after which a database that is starting again is likely to be there.
_DATABASE_BACK = 5


def error_page(request: Request, status: int, message: str, hint: str = "", kept: str = "") -> Response:
    """Return the page that says what went wrong and what to do next; and what somebody wrote, if that was refused."""
    # The browser still has what it sent: whoever goes back instead, or types it anew, does not know.
    again = request.method == "POST" and status == 503
    return render(request, "error.html", status_code=status, message=message, hint=hint, kept=kept, again=again)


def problem(request: Request, status: int, message: str, hint: str = "", code: str = "") -> Response:
    """Return what went wrong as ``application/problem+json`` (RFC 9457)."""
    body = problem_body(request, status, message, hint, code)
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")


def problem_body(request: Request, status: int, message: str, hint: str = "", code: str = "") -> dict[str, object]:
    """Return the members of a problem (RFC 9457, section 3.1), in the client's language."""
    told = language_of(request).told
    body: dict[str, object] = {
        "type": f"urn:dout:problem:{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": told(message),
    }
    if hint:
        body["hint"] = told(hint)
    if request_id := getattr(request.state, "request_id", None):
        body["instance"] = f"urn:dout:request:{request_id}"
    return body


def refuse(request: Request, error: Exception) -> Response:
    """Return the answer for an exception, whatever it is."""
    refusal = refusal_of(error)
    if refusal.status >= 500:
        meters_of(request).errors.labels(str(refusal.status)).inc()
    route = route_of(request.scope)
    # Below the API a program asks also for what there is not.
    for_program = isinstance(route, ForPrograms) or (route is None and request.url.path.startswith("/api/"))
    if isinstance(route, ForStreams):
        return Response(OVER, refusal.status, refusal.headers, media_type="text/event-stream")
    if refusal.status == 401 and not for_program and request.method in {"GET", "HEAD"}:
        return RedirectResponse(f"/login?next={quote(asked_for(request), safe='')}", 303)
    told = (request, refusal.status, refusal.message, refusal.hint)
    response = problem(*told, refusal.code) if for_program else error_page(*told, refusal.kept)
    response.headers.update(refusal.headers)
    return response


def refusal_of(error: Exception) -> Refusal:
    """Return what a client is told of an exception; what is not the client's is written into the log."""
    refusal = _refusal(error)
    if refusal.status >= 500:
        _log.error("request failed", exc_info=error)
    return refusal


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, LoginRefused):
        # Whoever is refused knows no more than a word; the operator is asked about it.
        _log.warning("login refused", code=error.code)
        return Refusal(error.message, error.hint, status=error.status)
    if isinstance(error, HTTPException):
        headers = error.headers or {}
        if error.status_code == 404:
            return NotFound()
        if error.status_code == 405:
            return Refusal(Sentence("this cannot be done here"), status=405, headers=headers)
        return Refusal(Sentence("the request could not be understood"), status=error.status_code, headers=headers)
    if cannot_keep(error):
        return Refusal(
            Sentence("the service cannot keep it: there may be no room left on its disk"),
            Sentence(
                "nothing of it was kept; try again in {seconds} s, and tell your instructor if it stays",
                seconds=_DATABASE_BACK,
            ),
            status=503,
            headers={"Retry-After": str(_DATABASE_BACK)},
        )
    if isinstance(error, (sa.exc.OperationalError, sa.exc.TimeoutError)):
        return Refusal(
            Sentence("the service cannot reach its database"),
            Sentence("nothing was lost; try again in {seconds} s", seconds=_DATABASE_BACK),
            status=503,
            headers={"Retry-After": str(_DATABASE_BACK)},
        )
    if isinstance(error, sa.exc.DataError):
        # PostgreSQL takes no NUL in a text.
        return Refusal(Sentence("the request could not be understood"), status=400)
    if isinstance(error, DoutError) and not isinstance(error, SandboxError):
        return Refusal(error.message, error.hint, status=400)
    return Refusal(
        Sentence("something went wrong on our side"),
        Sentence("try again; if it stays, tell your instructor"),
        status=500,
    )


class Answered(Layer):
    """Gives every request an answer, also when a handler, or what stands before it, raises anything."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:
            if has_begun:
                raise
            request = Request(scope)
            await refuse(request, error)(scope, receive, send)
