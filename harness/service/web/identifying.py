"""Finds out who asks, by a session's cookie or a token, and that a form was sent by a page of this site."""

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.sentence import Sentence
from harness.service.access import NOBODY
from harness.service.store.sessions import Seen, actor_by_session, actor_by_token, note_token_use
from harness.service.web.addresses import client_address
from harness.service.web.refusal import Forbidden, Unauthenticated
from harness.service.web.service import Service, service_of

__all__ = ["CROSS_SITE", "Identified", "SameSite", "forget_session", "keep_session", "session_secret"]

#: Where other sites have browsers post forms to, by the standard; each message is signed. Nobody is logged in there.
CROSS_SITE = ("/lti/",)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _cookie_name(service: Service) -> str:
    # With this prefix no other host of the domain can set it, and no page below a path (RFC 6265bis, section 4.1.3).
    return "__Host-dout" if service.is_https else "dout"


def keep_session(service: Service, response: Response, secret: str) -> None:
    """Have the browser keep the secret of a session."""
    response.set_cookie(
        _cookie_name(service),
        secret,
        max_age=int(service.settings.session_hours * 3600),
        path="/",
        secure=service.is_https,
        httponly=True,
        samesite="lax",
    )


def forget_session(service: Service, response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_cookie_name(service), path="/", secure=service.is_https, httponly=True, samesite="lax")


def session_secret(request: Request) -> str | None:
    """Return the secret of a session that the browser sent, valid or not."""
    service = service_of(request)
    return _secret(service, request.headers)


def _secret(service: Service, headers: Headers) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(_cookie_name(service))


class Identified:
    """Puts who asks into ``request.state``: ``actor``, and ``csrf`` of a session."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            Unauthenticated: a token was shown that is not valid.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        seen: Seen | None = None
        if "authorization" in headers:
            seen = await self._by_token(Request(scope), headers["authorization"])
        elif (scope["method"] in _SAFE or not scope["path"].startswith(CROSS_SITE)) and (
            secret := _secret(self._service, headers)
        ):
            database = self._service.database
            seen = await self._service.read(lambda connection: actor_by_session(database, connection, secret))
        scope["state"]["actor"] = seen.actor if seen else NOBODY
        scope["state"]["csrf"] = seen.csrf if seen else None
        await self.app(scope, receive, send)

    async def _by_token(self, request: Request, header: str) -> Seen:
        kind, _, secret = header.partition(" ")
        database, address = self._service.database, client_address(request)
        seen = None
        if kind.lower() == "bearer" and secret:
            seen = await self._service.read(lambda connection: actor_by_token(database, connection, secret.strip()))
        if seen is None:
            raise Unauthenticated(Sentence("this token is not valid"))
        if token_id := seen.token_to_note:
            await self._service.writer.do(lambda connection: note_token_use(database, connection, token_id, address))
        return seen


class SameSite:
    """Refuses what another site had a browser send (CSRF): by where it came from, and by the session's own secret."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self.app = app
        self._origin = service.settings.address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            Forbidden: it does not come from a page of this site.
        """
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        by_browser = scope["type"] == "http" and scope["method"] not in _SAFE and "authorization" not in headers
        if not by_browser or scope["path"].startswith(CROSS_SITE):
            await self.app(scope, receive, send)
            return
        if not self._is_ours(headers):
            raise Forbidden(Sentence("this form was sent by another site"))
        if wanted := scope["state"]["csrf"]:
            receive = await _checked(scope, receive, headers, wanted)
        await self.app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = headers.get("origin")
        return origin is None or origin == self._origin or urlsplit(origin).netloc == headers.get("host")


async def _checked(scope: Scope, receive: Receive, headers: Headers, wanted: str) -> Receive:
    """Return what gives the handler the body, once it is known that the session's secret came along.

    Raises:
        Forbidden: it did not.
    """
    given: object = headers.get("x-csrf-token")
    if given is None and headers.get("content-type", "").lower().startswith(_FORMS):
        # At most as many bytes as `BodyLimit` lets through.
        body = await Request(scope, receive).body()
        async with Request(scope, _Again(body, receive)).form() as form:
            given = form.get("csrf")
        receive = _Again(body, receive)
    # In bytes: text with other letters than ASCII cannot be compared.
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Forbidden(Sentence("this form is too old"))
    return receive


class _Again:
    """Gives a body that was read already, and then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """Return the next message."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
