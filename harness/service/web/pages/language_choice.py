"""Keeps the language that somebody chose at the top of a page."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.language import LANGUAGES
from harness.service.web.addresses import local_path
from harness.service.web.guarding import public
from harness.service.web.refusal import NotFound
from harness.service.web.rendering import LANGUAGE_COOKIE
from harness.service.web.routing import Route

__all__ = ["routes"]

_A_YEAR = 365 * 24 * 3600


async def _choose(request: Request) -> Response:
    public(request)
    code = request.path_params["code"]
    if code not in LANGUAGES:
        raise NotFound
    response = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
    secure = request.app.state.service.is_https
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=_A_YEAR, httponly=True, samesite="lax", secure=secure)
    return response


routes = [Route("/language/{code}", _choose, name="language")]
