"""Finds out who asks, by a session's cookie or a token, and that a form was sent by a page of this site."""

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.sentence import Sentence
from harness.service.access import NOBODY
from harness.service.store.sessions import Seen, actor_by_session, actors_by_token, note_token_uses
from harness.service.web.addresses import client_address
from harness.service.web.guarding import guard
from harness.service.web.layers import Layer
from harness.service.web.refusal import Forbidden, TooOld, Unauthenticated
from harness.service.web.service import Service, service_of

__all__ = ["CROSS_SITE", "Identified", "SameSite", "forget_session", "keep_session", "session_secret", "still_may"]

#: Where other sites have browsers post forms to, by the standard; each message is signed. Nobody is logged in there.
CROSS_SITE = ("/lti/",)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Asked every second, also while the database is away, and about nobody.
_ABOUT_NOBODY = frozenset({"/healthz", "/readyz"})
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


class Identified(Layer):
    """Puts who asks into ``request.state``: ``actor``, and ``csrf`` of a session."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        super().__init__(app)
        self._service = service

        def note_uses(connection: sa.Connection, uses: Sequence[tuple[str, str | None]]) -> list[None]:
            return note_token_uses(service.database, connection, uses)

        self._note_uses = note_uses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            Unauthenticated: a token was shown that is not valid.
        """
        headers = Headers(scope=scope)
        seen = await _seen(self._service, headers) if _is_somebodys(scope) else None
        scope["state"]["actor"] = seen.actor if seen else NOBODY
        scope["state"]["csrf"] = seen.csrf if seen else None
        if seen is None or seen.token_to_note is None:
            await self.app(scope, receive, send)
        else:
            await self._noted(seen.token_to_note, scope, receive, send)

    async def _noted(self, token_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the use of a token written down while the request is handled; nothing is answered before it is."""
        use = (token_id, client_address(Request(scope)))
        written = self._service.writer.do_together(self._note_uses, use)

        async def sent(message: Message) -> None:
            await written
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            await written


def _is_somebodys(scope: Scope) -> bool:
    """Tell whether it matters who asks: not to those who watch the process, nor for what another site had posted."""
    if scope["path"] in _ABOUT_NOBODY:
        return False
    return scope["method"] in _SAFE or not scope["path"].startswith(CROSS_SITE)


async def _seen(service: Service, headers: Headers) -> Seen | None:
    """Return who shows a token or a cookie; None where nobody does.

    Raises:
        Unauthenticated: a token was shown that is not valid.
    """
    if "authorization" in headers:
        kind, _, secret = headers["authorization"].partition(" ")
        seen = None
        if kind.lower() == "bearer" and secret:
            seen = await service.reads.ask(actors_by_token, secret.strip())
        if seen is None:
            raise Unauthenticated(Sentence("this token is not valid"))
        return seen
    cookie = _secret(service, headers)
    if not cookie:
        return None
    return await service.read(lambda connection: actor_by_session(service.database, connection, cookie))


async def still_may(request: Request, right: str, *, course: str, owner: str | None = None) -> None:
    """Ask once more what was asked when a request came that is answered for long.

    Raises:
        Refusal: the session or the token has ended since, or who asked lost the right.
    """
    seen = await _seen(service_of(request), request.headers)
    request.state.actor = NOBODY if seen is None else seen.actor
    guard(request, right, course=course, owner=owner)


class SameSite(Layer):
    """Refuses what another site had a browser send (CSRF): by where it came from, and by the session's own secret."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        super().__init__(app)
        self._origin = service.settings.address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            Forbidden: it does not come from a page of this site.
        """
        headers = Headers(scope=scope)
        by_browser = scope["method"] not in _SAFE and "authorization" not in headers
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
        TooOld: it did not.
    """
    given: object = headers.get("x-csrf-token")
    written: object = None
    if given is None and headers.get("content-type", "").lower().startswith(_FORMS):
        # At most as many bytes as `BodyLimit` lets through.
        body = await Request(scope, receive).body()
        async with Request(scope, _Again(body, receive)).form() as form:
            given, written = form.get("csrf"), form.get("text")
        receive = _Again(body, receive)
    # In bytes: text with other letters than ASCII cannot be compared.
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise TooOld(written if isinstance(written, str) else "")
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
