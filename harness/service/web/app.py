"""Puts the web application together: what every request goes through, and all routes."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

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
from harness.service.web.errors import Answered, refuse
from harness.service.web.guarding import Guarded
from harness.service.web.identifying import Identified, SameSite
from harness.service.web.limiting import Limiter
from harness.service.web.live import Live
from harness.service.web.middleware import BodyLimit, Measured, SecurityHeaders, Traced
from harness.service.web.service import Service

__all__ = ["create_app", "routes"]

routes: list[BaseRoute] = [
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


def create_app(service: Service) -> Starlette:
    """Return the web application: one for each process."""
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, is_https=service.is_https),
            Middleware(Measured),
            Middleware(Traced),
            # Whatever is raised from here on down is answered, with the headers from above.
            Middleware(Answered),
            Middleware(BodyLimit, most=service.settings.max_body),
            Middleware(Identified, service=service),
            Middleware(SameSite, service=service),
            Middleware(Guarded),
        ],
        exception_handlers={HTTPException: _refused},
    )
    # A redirect to the address with a slash tells who asks that there is something.
    app.router.redirect_slashes = False
    app.state.service = service
    app.state.limiter = Limiter(service.settings)
    app.state.live = Live(service)
    app.state.meters = metrics.Meters(service)
    app.state.key_sets = KeySets()
    app.state.providers = Published(read_provider)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    return refuse(request, error)
