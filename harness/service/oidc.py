"""Logins by an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636 and 9207)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec
from joserfc.jwk import KeySet

from harness.records import Record
from harness.service.id_tokens import read_id_token
from harness.service.key_sets import KeySets, Published, unreachable
from harness.service.refusals import refused
from harness.service.settings import Settings
from harness.service.store.login_states import LoginState

__all__ = ["Person", "Provider", "authorization_url", "discover", "person_of", "read_provider"]


class Provider(Record, frozen=True, kw_only=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Person(Record, frozen=True, kw_only=True):
    """Who the provider says that somebody is."""

    issuer: str
    subject: str
    #: "" unless the provider has verified it.
    email: str


def read_provider(content: Any) -> Provider:
    """Return what a provider's description of itself says.

    Raises:
        ValueError: it is none.
    """
    try:
        return msgspec.convert(content, Provider)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


async def discover(providers: Published[Provider], issuer: str) -> Provider:
    """Return what the provider publishes of itself.

    Raises:
        LoginRefused: it publishes nothing, or calls itself by another name than the one in our settings.
    """
    url = issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = await providers.at(url)
    if found.issuer != issuer:
        # Whoever mends the description is not told of the old one for an hour.
        found = await providers.newer(url, found)
    if found.issuer != issuer:
        raise refused("bad-issuer")
    return found


def authorization_url(provider: Provider, client_id: str, redirect_uri: str, begun: LoginState) -> str:
    """Return the address at which somebody logs in."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "response_type": "code",
        "scope": "openid email",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return with_query(provider.authorization_endpoint, parameters)


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """Return ``url`` with more in its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


async def person_of(
    client: httpx.AsyncClient,
    keys: KeySets,
    provider: Provider,
    settings: Settings,
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    nonce: str,
    now: float,
) -> Person:
    """Return who has logged in, for the code that the browser brought.

    Raises:
        LoginRefused: the provider does not take the code, or its token is not to be believed.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    try:
        # The method when nothing else was agreed on (OpenID Connect Core, section 9; its form is in RFC 6749, 2.3.1).
        ours = quote(settings.oidc_client_id, safe=""), quote(settings.oidc_client_secret, safe="")
        answer = await client.post(provider.token_endpoint, data=form, auth=ours)
        token = _id_token(answer.json()) if answer.status_code == 200 else ""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise unreachable() from None
    if not token:
        raise refused("bad-code")

    def reading(found: KeySet) -> Mapping[str, Any]:
        return read_id_token(
            token, found, issuer=provider.issuer, client_id=settings.oidc_client_id, nonce=nonce, now=now
        )

    claims = await keys.read(provider.jwks_uri, reading)
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True and isinstance(email, str) and len(email) <= 320
    return Person(issuer=provider.issuer, subject=claims["sub"], email=str(email) if is_verified else "")


def _id_token(found: Any) -> str:
    token = found.get("id_token") if isinstance(found, dict) else None
    return token if isinstance(token, str) else ""
