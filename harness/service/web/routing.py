"""Which route a request has, and whom it answers: each says so itself where it is made."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from operator import itemgetter

import starlette.routing
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["OVER", "ForPrograms", "ForStreams", "Handler", "Route", "Routes", "route_of"]

Handler = Callable[[Request], Awaitable[Response]]


class Route(starlette.routing.Route):
    """Has a handler answer. Whatever that raises is left to :class:`harness.service.web.errors.Answered`."""

    def __init__(
        self, path: str, handler: Handler, *, methods: Collection[str] | None = None, name: str | None = None
    ) -> None:
        super().__init__(path, handler, methods=methods, name=name)
        # In place of the library's own, which looks at every message, and for handlers of errors that there are not.
        self.app = _answering(handler)


def _answering(handler: Handler) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)

    return answer


class ForPrograms(Route):
    """Programs ask here: they are told what went wrong as ``problem+json``, and are never sent to the login."""


#: Nothing more will come: a page that is told so asks for itself anew, and shows what there is, or the login.
OVER = "event: over\ndata: \n\n"


class ForStreams(Route):
    """A page follows a stream here. Whoever is refused is told ``OVER``.

    A page would take any other page for what comes in the stream, and ask again and again.
    """


#: How many segments a path has, and the last of them; None for one with a ``{name}`` in it.
_Shape = tuple[int, str | None]


class Routes:
    """All routes. Of a hundred, few have the shape of a path: only those are looked at, the first one first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        #: With the place of each in the sequence.
        self._by_shape: dict[_Shape, list[tuple[int, Route]]] = {}
        self._count = 0
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Add one behind all others."""
        count, last = _shape(route.path)
        self._by_shape.setdefault((count, None if "{" in last else last), []).append((self._count, route))
        self._count += 1

    def find(self, scope: Scope) -> tuple[Route, Scope] | None:
        """Return the route of a request, and what it adds to ``scope``.

        It is the first one with the path and the method; else the first one with the path, which knows what may be done
        there; None where no route has the path.
        """
        count, last = _shape(scope["path"])
        alike = *self._by_shape.get((count, last), ()), *self._by_shape.get((count, None), ())
        partial = None
        for _, route in sorted(alike, key=itemgetter(0)):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return route, found
            if match is Match.PARTIAL and partial is None:
                partial = route, found
        return partial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the route of a request answer it.

        Raises:
            HTTPException: there is none, or not for its method.
        """
        if (found := self.find(scope)) is None:
            raise HTTPException(404)
        route, more = found
        scope.update(more, route=route)
        await route.handle(scope, receive, send)


def _shape(path: str) -> tuple[int, str]:
    return path.count("/"), path.rpartition("/")[2]


def route_of(scope: Scope) -> starlette.routing.BaseRoute | None:
    """Return the route of a request, also of one that was refused on its way there; None where none has its path."""
    route = scope.get("route")
    if route is None and (found := scope["app"].router.find(scope)) is not None:
        route = found[0]
    assert route is None or isinstance(route, starlette.routing.BaseRoute)
    return route
