"""The two addresses of a login by the OpenID provider: where it begins, and where the browser comes back to."""

import httpx
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from harness.sentence import Sentence
from harness.service.id_tokens import refused
from harness.service.key_sets import KeySets
from harness.service.oidc import authorization_url, discover, person_of
from harness.service.refusals import LoginRefused
from harness.service.store.arriving import Arrived, arrive_by_oidc
from harness.service.store.login_states import Begun, LoginState, begin, take
from harness.service.web.arriving import Home, StartSession, browser_of, forget_browser, remember_browser

__all__ = ["oidc_routes"]

_PATH = "/oidc"
_BACK = "/oidc/callback"
_PURPOSE = "oidc"


def oidc_routes(start_session: StartSession, home: Home, client: httpx.AsyncClient) -> list[Route]:
    """Return the routes; they answer 404 where the settings name no provider.

    Args:
        start_session: Logs somebody in.
        home: Where to go from here.
        client: Asks the provider; it follows no redirect.
    """
    keys = KeySets()

    async def login(request: Request) -> Response:
        """Send the browser to the provider."""
        request.state.is_guarded = True
        service = request.app.state.service
        _check_there_is_one(service.settings.oidc_issuer)
        provider = await discover(client, service.settings.oidc_issuer)

        def write(connection: sa.Connection) -> LoginState:
            return begin(service.database, connection, _PURPOSE, with_verifier=True)

        begun = await service.writer.do(write)
        url = authorization_url(provider, service.settings.oidc_client_id, service.settings.address + _BACK, begun)
        response = RedirectResponse(url, 303)
        remember_browser(response, begun, _PATH)
        return response

    async def back(request: Request) -> Response:
        """Let somebody in whom the provider vouches for."""
        request.state.is_guarded = True
        service = request.app.state.service
        _check_there_is_one(service.settings.oidc_issuer)
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")

        def open_it(connection: sa.Connection) -> tuple[Begun, float]:
            begun = take(service.database, connection, state, browser_of(request, state))
            return begun, service.database.now(connection)

        begun, now = await service.writer.do(open_it)
        if begun.purpose != _PURPOSE:
            raise refused("bad-state")
        if not code:
            # Somebody said no, or the provider did (RFC 6749, section 4.1.2.1).
            raise refused("no-code")
        provider = await discover(client, service.settings.oidc_issuer)
        # RFC 9207: an answer of another provider is no answer.
        if request.query_params.get("iss", provider.issuer) != provider.issuer:
            raise refused("bad-issuer")
        person = await person_of(
            client,
            keys,
            provider,
            service.settings,
            code=code,
            redirect_uri=service.settings.address + _BACK,
            verifier=begun.verifier,
            nonce=begun.nonce,
            now=now,
        )
        address = request.client.host if request.client else None

        def write(connection: sa.Connection) -> Arrived:
            return arrive_by_oidc(
                service.database, connection, person.issuer, person.subject, person.email, address=address
            )

        arrived = await service.writer.do(write)
        response = RedirectResponse(home(arrived.course, arrived.assignment), 303)
        forget_browser(response, state, _PATH)
        await start_session(request, response, arrived.user_id)
        return response

    return [Route("/oidc/login", login, methods=["GET"]), Route(_BACK, back, methods=["GET"])]


def _check_there_is_one(issuer: str) -> None:
    if not issuer:
        raise LoginRefused("no-provider", Sentence("there is no such page"), status=404)
