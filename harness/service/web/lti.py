"""The addresses that an LMS is given: where logins begin, where launches come in, and our public key."""

import anyio
import sqlalchemy as sa
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from harness.service.lti.keys import own_key, published
from harness.service.lti.launch import Launch, chosen_platform, is_ours, read_launch
from harness.service.lti.registering import JWKS, LAUNCH, LOGIN
from harness.service.oidc import with_query
from harness.service.refusals import refused
from harness.service.store.arriving import Arrived, arrive_by_lti
from harness.service.store.platforms import platforms
from harness.service.web.addresses import client_address
from harness.service.web.arriving import answered, begun, key_sets_of, let_in, remember_browser
from harness.service.web.forms import text
from harness.service.web.guarding import public
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]


async def _login(request: Request) -> Response:
    """Begin a login (1EdTech Security Framework 1.0, section 5.1.1); the platform sends a browser here."""
    public(request)
    service = service_of(request)
    settings = service.settings
    if request.method == "POST":
        async with request.form(max_files=0) as form:
            given = {name: text(form, name) for name in form}
    else:
        given = dict(request.query_params)
    platform = chosen_platform(
        await service.read(lambda connection: platforms(connection, settings)),
        given.get("iss", ""),
        given.get("client_id", ""),
        given.get("lti_deployment_id", ""),
    )
    hint = given.get("login_hint", "")
    if not hint:
        raise refused("no-login-hint")
    if not is_ours(given.get("target_link_uri"), settings.address):
        raise refused("bad-target")
    made = await begun(request, f"lti {platform.key}")
    parameters = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": settings.address + LAUNCH,
        "login_hint": hint,
        "state": made.state,
        "nonce": made.nonce,
    }
    if message_hint := given.get("lti_message_hint", ""):
        parameters["lti_message_hint"] = message_hint
    response = RedirectResponse(with_query(platform.auth_login_url, parameters), 303)
    remember_browser(request, response, made, by_form=True)
    return response


async def _launch(request: Request) -> Response:
    """Let somebody in whom a platform vouches for."""
    public(request)
    service = service_of(request)
    async with request.form(max_files=0) as form:
        state, token = text(form, "state"), text(form, "id_token")
    # Whatever comes of it, this state and its nonce are used up.
    known, now = await answered(request, state)
    registered = await service.read(lambda connection: platforms(connection, service.settings))
    platform = next((one for one in registered if known.purpose == f"lti {one.key}"), None)
    if platform is None:
        raise refused("bad-state")
    if not token:
        # The platform could not say who it is, and sent an error in its place (section 5.1.1.3).
        raise refused("no-token")

    def read(keys: KeySet) -> Launch:
        return read_launch(
            token, keys, registered, platform, address=service.settings.address, nonce=known.nonce, now=now
        )

    launch = await key_sets_of(request).read(platform.jwks_url, read, private=platform.private)

    def arrive(connection: sa.Connection) -> Arrived:
        return arrive_by_lti(service.database, connection, launch, address=client_address(request))

    return await let_in(request, state, arrive)


async def _jwks(request: Request) -> Response:
    """Give our public key to platforms."""
    public(request)
    key = await anyio.to_thread.run_sync(own_key, service_of(request).database)
    return JSONResponse(published(key), headers={"Cache-Control": "max-age=3600"})


routes = [
    Route(LOGIN, _login, methods=["GET", "POST"]),
    Route(LAUNCH, _launch, methods=["POST"]),
    Route(JWKS, _jwks, methods=["GET"]),
]
