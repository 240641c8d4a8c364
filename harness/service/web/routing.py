"""Which route a request has, and whom it answers: each says so itself where it is made."""

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

__all__ = ["ForPrograms", "ForStreams", "route_of"]


class ForPrograms(Route):
    """Programs ask here: they are told what went wrong as ``problem+json``, and are never sent to the login."""


class ForStreams(Route):
    """A page follows a stream here.

    It would take the page of the login for a stream that has just ended, and ask again and again.
    """


def route_of(scope: Scope) -> BaseRoute | None:
    """Return the route of a request, also of one that was refused on its way there; None where none has its path."""
    found = scope.get("route")
    if found is None:
        found = next((route for route in scope["app"].routes if route.matches(scope)[0] is not Match.NONE), None)
    assert found is None or isinstance(found, BaseRoute)
    return found
