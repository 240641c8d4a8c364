"""What every request goes through: headers that make a browser careful, figures, traces, and a largest body."""

import re
import time
from collections.abc import Sequence
from itertools import chain

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.service.ids import new_id
from harness.service.tracing import continued, is_on, span
from harness.service.web.layers import Layer
from harness.service.web.refusal import TooLarge
from harness.service.web.routing import route_of

__all__ = ["BodyLimit", "Measured", "SecurityHeaders", "Traced"]

#: Nothing but files of this site, and no script or style inside a page.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: A year, as https://hstspreload.org asks for.
_STRICT_TRANSPORT = "max-age=31536000"
#: What a proxy or a client may call a request: nothing that a log or a header could take for something else.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_LINE_END = re.compile(rb"[\r\n\0]")


class SecurityHeaders(Layer):
    """Adds headers to every answer, and refuses to send one with a line end inside a header."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        super().__init__(app)
        headers = {
            "content-security-policy": _CONTENT_SECURITY_POLICY,
            # Not "no-referrer": then browsers send "Origin: null" with our own forms.
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
        }
        if is_https:
            headers["strict-transport-security"] = _STRICT_TRANSPORT
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._own = {name for name, _ in self._headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        # Of its own for each request: what a server hands over is shared by all.
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                _check_lines(message["headers"])
                kept = [pair for pair in message["headers"] if pair[0].lower() not in self._own]
                message["headers"] = [*kept, *self._headers, (b"x-request-id", request_id.encode())]
            await send(message)

        # In every line of the log that the request causes: each has a task, and so a context, of its own.
        structlog.contextvars.bind_contextvars(request=request_id)
        await self.app(scope, receive, secured)


def _check_lines(headers: Sequence[tuple[bytes, bytes]]) -> None:
    if _LINE_END.search(b"".join(chain.from_iterable(headers))):
        bad = next(name for name, value in headers if _LINE_END.search(name + value))
        raise ValueError(f"a line end in the header {bad!r}")


class Measured(Layer):
    """Counts every answer, and how long it took until it began."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        begun = time.perf_counter()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - begun
                path: str = getattr(route_of(scope), "path", "")
                scope["app"].state.meters.answered(path, scope["method"], message["status"], seconds)
            await send(message)

        await self.app(scope, receive, measured)


class Traced(Layer):
    """Makes a span of each request, which goes on with the trace that the client is in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if not is_on():
            await self.app(scope, receive, send)
            return
        about = {"request": scope["state"]["request_id"]}
        with continued(Headers(scope=scope).get("traceparent", "")), span(scope["method"], **about) as made:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    made.set_attribute("http.response.status_code", message["status"])
                    # As the route has it: an address may hold a secret.
                    if path := getattr(route_of(scope), "path", ""):
                        made.update_name(f"{scope['method']} {path}")
                        made.set_attribute("http.route", path)
                await send(message)

            await self.app(scope, receive, noted)


class BodyLimit(Layer):
    """Refuses a body that is too large: by what it says of itself, and by what comes."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        super().__init__(app)
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            TooLarge: more bytes are to come, or came.
        """
        said = Headers(scope=scope).get("content-length", "0")
        if not (said.isascii() and said.isdigit()) or int(said[:20]) > self._most:
            raise TooLarge(self._most)
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            if message["type"] == "http.request":
                come += len(message.get("body", b""))
                if come > self._most:
                    raise TooLarge(self._most)
            return message

        await self.app(scope, counted, send)
