"""Puts the web application together: what every request goes through, and all routes."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import SimpleNamespace

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.service.key_sets import KeySets, Published
from harness.service.oidc import read_provider
from harness.service.web import (
    account,
    api,
    health,
    login,
    lti,
    manage,
    manage_course,
    manage_hooks,
    manage_lti,
    manage_people,
    metrics,
    oidc,
    pages,
    static_files,
)
from harness.service.web.errors import Answered
from harness.service.web.guarding import Guarded
from harness.service.web.identifying import Identified, SameSite
from harness.service.web.layers import Layer
from harness.service.web.limiting import Limiter
from harness.service.web.live import Live
from harness.service.web.middleware import BodyLimit, Measured, SecurityHeaders, Traced
from harness.service.web.routing import Route, Routes
from harness.service.web.service import Service

__all__ = ["Application", "create_app", "routes"]

routes: list[Route] = [
    *login.routes,
    *oidc.routes,
    *lti.routes,
    *account.routes,
    *manage.routes,
    *manage_course.routes,
    *manage_people.routes,
    *manage_hooks.routes,
    *manage_lti.routes,
    *api.routes,
    *pages.routes,
    *static_files.routes,
    *health.routes,
    *metrics.routes,
]


#: Puts a layer over what lies below.
_Layered = Callable[[ASGIApp], Layer]


class Application:
    """Answers requests: through all layers, and by their routes. Handlers find ``state`` at ``request.app.state``."""

    def __init__(
        self, routes: Iterable[Route], layers: Sequence[Callable[[ASGIApp], ASGIApp]], **state: object
    ) -> None:
        self.router = Routes(routes)
        self.state = SimpleNamespace(**state)
        self._layers: ASGIApp = self.router
        for layer in reversed(layers):
            self._layers = layer(self._layers)
        #: Is told that the server starts and stops, and closes web sockets, of which there are none.
        self._others = Router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        scope["app"] = self
        await (self._layers if scope["type"] == "http" else self._others)(scope, receive, send)


def create_app(service: Service) -> Application:
    """Return the web application: one for each process."""
    layers: list[_Layered] = [
        partial(SecurityHeaders, is_https=service.is_https),
        Measured,
        Traced,
        # Whatever is raised from here on down is answered, with the headers from above.
        Answered,
        partial(BodyLimit, most=service.settings.max_body),
        partial(Identified, service=service),
        partial(SameSite, service=service),
        Guarded,
    ]
    return Application(
        routes,
        layers,
        service=service,
        limiter=Limiter(service.settings),
        live=Live(service),
        meters=metrics.Meters(service),
        key_sets=KeySets(),
        providers=Published(read_provider),
    )
