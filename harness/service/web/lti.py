"""The addresses that an LMS is given: where logins begin, where launches come in, and our public key."""

import anyio
import httpx
import sqlalchemy as sa
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from harness.service.id_tokens import refused
from harness.service.key_sets import KeySets
from harness.service.lti.keys import own_key, published
from harness.service.lti.launch import Launch, chosen_platform, read_launch
from harness.service.oidc import with_query
from harness.service.store.arriving import Arrived, arrive_by_lti
from harness.service.store.login_states import Begun, LoginState, begin, take
from harness.service.web.arriving import Home, StartSession, browser_of, forget_browser, remember_browser

__all__ = ["LTI_PATHS", "lti_routes"]

_PATH = "/lti"
_LAUNCH = "/lti/launch"
#: Forms of other sites come here, without our CSRF token: the state, its cookie and a signature stand in its place.
LTI_PATHS = ("/lti/login", _LAUNCH)


def lti_routes(start_session: StartSession, home: Home, client: httpx.AsyncClient) -> list[Route]:
    """Return the routes.

    Args:
        start_session: Logs somebody in.
        home: Where to go from here.
        client: Fetches the platforms' keys; it follows no redirect.
    """
    keys = KeySets()

    async def login(request: Request) -> Response:
        """Begin a login (1EdTech Security Framework 1.0, section 5.1.1); the platform sends a browser here."""
        request.state.is_guarded = True
        service = request.app.state.service
        given = request.query_params if request.method == "GET" else await request.form()

        def said(name: str) -> str:
            value = given.get(name, "")
            return value if isinstance(value, str) else ""

        platform = chosen_platform(
            service.settings.lti_platforms, said("iss"), said("client_id"), said("lti_deployment_id")
        )
        if not said("login_hint"):
            raise refused("no-login-hint")

        def write(connection: sa.Connection) -> LoginState:
            return begin(service.database, connection, f"lti {platform.key}")

        begun = await service.writer.do(write)
        parameters = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": service.settings.address + _LAUNCH,
            "login_hint": said("login_hint"),
            "state": begun.state,
            "nonce": begun.nonce,
        }
        if said("lti_message_hint"):
            parameters["lti_message_hint"] = said("lti_message_hint")
        response = RedirectResponse(with_query(platform.auth_login_url, parameters), 303)
        remember_browser(response, begun, _PATH)
        return response

    async def launch(request: Request) -> Response:
        """Let somebody in whom a platform vouches for."""
        request.state.is_guarded = True
        service = request.app.state.service
        form = await request.form()
        state, token = form.get("state", ""), form.get("id_token", "")
        if not isinstance(state, str) or not isinstance(token, str) or not state:
            raise refused("bad-state")

        def open_it(connection: sa.Connection) -> tuple[Begun, float]:
            # Whatever comes of it, this state and its nonce are used up.
            return take(service.database, connection, state, browser_of(request, state)), service.database.now(
                connection
            )

        begun, now = await service.writer.do(open_it)
        platforms = service.settings.lti_platforms
        platform = next((one for one in platforms if begun.purpose == f"lti {one.key}"), None)
        if platform is None:
            raise refused("bad-state")
        if not token:
            # The platform could not say who it is, and sent an error in its place (section 5.1.1.3).
            raise refused("no-token")
        found: list[Launch] = []

        def reading(known: KeySet) -> dict[str, str]:
            found.append(read_launch(token, known, platforms, platform, nonce=begun.nonce, now=now))
            return {}

        await keys.read(client, platform.jwks_url, reading)
        address = request.client.host if request.client else None

        def write(connection: sa.Connection) -> Arrived:
            return arrive_by_lti(service.database, connection, found[0], address=address)

        arrived = await service.writer.do(write)
        response = RedirectResponse(home(arrived.course, arrived.assignment), 303)
        forget_browser(response, state, _PATH)
        await start_session(request, response, arrived.user_id)
        return response

    async def jwks(request: Request) -> Response:
        """Give our public key to platforms."""
        request.state.is_guarded = True
        key = await anyio.to_thread.run_sync(own_key, request.app.state.service.settings.folder)
        return JSONResponse(published(key), headers={"Cache-Control": "max-age=3600"})

    return [
        Route("/lti/login", login, methods=["GET", "POST"]),
        Route(_LAUNCH, launch, methods=["POST"]),
        Route("/lti/jwks.json", jwks, methods=["GET"]),
    ]
