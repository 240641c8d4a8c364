"""Asks :mod:`harness.service.access` whether a request may be answered. What nobody asked about is not sent."""

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from harness.sentence import Sentence
from harness.service.access import NOBODY, SCOPES, Actor, allowed, may_know, of_person
from harness.service.web.layers import Layer
from harness.service.web.refusal import Forbidden, NotFound, Unauthenticated

__all__ = ["Guarded", "absent", "guard", "identified", "public", "signed_in"]


def guard(request: Request, right: str, *, course: str | None = None, owner: str | None = None) -> Actor:
    """Return who asks, if they have ``right``: see :func:`harness.service.access.allowed`.

    Raises:
        Unauthenticated: it is not known who asks.
        NotFound: they may not know that it is there: see :func:`harness.service.access.may_know`.
        Forbidden: they may not.
    """
    actor = identified(request)
    if allowed(actor, right, course=course, owner=owner):
        return actor
    if not may_know(actor, right, course=course, owner=owner):
        raise NotFound
    if allowed(of_person(actor), right, course=course, owner=owner):
        # Their owner may: it is the token that is for less.
        scopes = ", ".join(scope for scope, rights in SCOPES.items() if right in rights)
        raise Forbidden(
            Sentence("this token may not do this"),
            Sentence("make one on the page of your account with one of these: {scopes}", scopes=scopes),
        )
    raise Forbidden


def identified(request: Request) -> Actor:
    """Return who asks, a person or a program with a person's token, for what each of them is told of themselves.

    Raises:
        Unauthenticated: it is not known who asks.
    """
    actor = _asking(request)
    if not actor.user_id:
        raise Unauthenticated
    return actor


def signed_in(request: Request) -> Actor:
    """Return who asks, for what is about nobody else: their own account. A token is no person.

    Raises:
        Unauthenticated: it is not known who asks.
        Forbidden: a program asks, with a token.
    """
    actor = identified(request)
    if actor.scopes is not None:
        raise Forbidden
    return actor


def public(request: Request) -> Actor:
    """Return who asks, or ``NOBODY``: this is for everybody."""
    return _asking(request)


def absent(request: Request) -> Unauthenticated | NotFound:
    """Return what to raise for what is not there: who has not logged in is told the same as of what is there."""
    return NotFound() if _asking(request).user_id else Unauthenticated()


def _asking(request: Request) -> Actor:
    request.state.is_guarded = True
    actor = getattr(request.state, "actor", NOBODY)
    assert isinstance(actor, Actor)
    return actor


class Guarded(Layer):
    """Holds back an answer of a handler that asked no guard: a mistake of ours, and never a yes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""

        async def guarded(message: Message) -> None:
            # Errors tell of nothing but themselves.
            is_answer = message["type"] == "http.response.start" and message["status"] < 400
            if is_answer and not scope["state"].get("is_guarded"):
                raise RuntimeError(f"no guard was asked about {scope['method']} {scope['path']}")
            await send(message)

        await self.app(scope, receive, guarded)
