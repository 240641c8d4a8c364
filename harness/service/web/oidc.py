"""The two addresses of a login by the OpenID provider: where it begins, and where the browser comes back to."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.service.oidc import authorization_url, discover, person_of
from harness.service.refusals import refused
from harness.service.store.arriving import Arrived, arrive_by_oidc
from harness.service.web.addresses import client_address, local_path
from harness.service.web.arriving import answered, begun, key_sets_of, let_in, providers_of, remember_browser
from harness.service.web.guarding import public
from harness.service.web.refusal import NotFound
from harness.service.web.routing import Route
from harness.service.web.service import Service, service_of

__all__ = ["routes"]

_BACK = "/oidc/callback"
_PURPOSE = "oidc"
#: Characters of a path to go on to that are remembered.
_LONGEST_PATH = 900


async def _login(request: Request) -> Response:
    """Send the browser to the provider."""
    public(request)
    service = _service(request)
    to = local_path(request.query_params.get("next", "/"))
    # First: it counts how often somebody comes.
    made = await begun(request, f"{_PURPOSE} {to if len(to) <= _LONGEST_PATH else '/'}", with_verifier=True)
    provider = await discover(providers_of(request), service.settings.oidc_issuer)
    url = authorization_url(provider, service.settings.oidc_client_id, service.settings.address + _BACK, made)
    response = RedirectResponse(url, 303)
    remember_browser(request, response, made, by_form=False)
    return response


async def _back(request: Request) -> Response:
    """Let somebody in whom the provider vouches for."""
    public(request)
    service = _service(request)
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    # Whatever comes of it, this state, its nonce and its verifier are used up.
    known, now = await answered(request, state)
    purpose, _, to = known.purpose.partition(" ")
    if purpose != _PURPOSE:
        raise refused("bad-state")
    if not code:
        # Somebody said no, or the provider did (RFC 6749, section 4.1.2.1).
        raise refused("no-code")
    provider = await discover(providers_of(request), service.settings.oidc_issuer)
    # RFC 9207: an answer of another provider is no answer.
    if request.query_params.get("iss", provider.issuer) != provider.issuer:
        raise refused("bad-issuer")
    key_sets = key_sets_of(request)
    async with key_sets.open_client() as client:
        person = await person_of(
            client,
            key_sets,
            provider,
            service.settings,
            code=code,
            redirect_uri=service.settings.address + _BACK,
            verifier=known.verifier,
            nonce=known.nonce,
            now=now,
        )

    def arrive(connection: sa.Connection) -> Arrived:
        return arrive_by_oidc(
            service.database,
            connection,
            person.issuer,
            person.subject,
            person.email,
            address=client_address(request),
        )

    return await let_in(request, state, arrive, to=to)


def _service(request: Request) -> Service:
    """Return the service, where its settings name a provider.

    Raises:
        NotFound: they name none.
    """
    service = service_of(request)
    if not service.settings.oidc_issuer:
        raise NotFound
    return service


routes = [Route("/oidc/login", _login, methods=["GET"]), Route(_BACK, _back, methods=["GET"])]
