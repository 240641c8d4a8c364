"""Signed tokens that say who somebody is: an LMS's launches and an OpenID provider's, read in one way.

The rules are those of OpenID Connect Core 1.0, section 3.1.3.7, and of 1EdTech's Security Framework 1.0, section 5.1.3.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from harness.service.refusals import refused

__all__ = ["ALGORITHMS", "LEEWAY_S", "UnknownKey", "key_set", "read_id_token", "words"]

#: Those with a key of two halves: by the others anybody could sign who knows what a platform publishes.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384")
#: Seconds by which two clocks may differ.
LEEWAY_S = 60
#: Seconds after which a token is too old, whatever it says itself.
_OLDEST_S = 3600


class UnknownKey(Exception):  # noqa: N818 - not an error before the newest keys were looked at
    """No known key has the name that the token gives; the issuer may have a new one."""


def key_set(content: Any) -> KeySet:
    """Return the keys of a JSON Web Key Set (RFC 7517) that can be used here: those of two halves.

    Raises:
        ValueError: it is none, or holds no such key.
    """
    try:
        keys = [key for key in content["keys"] if key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"]
        return KeySet.import_key_set(cast("Any", {"keys": keys}))
    except (JoseError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(str(error)) from None


def read_id_token(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: float
) -> Mapping[str, Any]:
    """Return the claims of a token that ``issuer`` made for us, now, and for this login.

    Args:
        token: As it came, in the compact form.
        keys: What the issuer publishes.
        issuer: Who must have made it.
        client_id: Whom it must be for.
        nonce: What was sent with the question that it answers.
        now: Seconds since 1970.

    Raises:
        UnknownKey: it names a key that is not in ``keys``.
        LoginRefused: it is not to be believed.
    """
    try:
        found = jwt.decode(
            token, keys, algorithms=ALGORITHMS, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        )
    except InvalidKeyIdError:
        raise UnknownKey from None
    # A header that is no object, or a kid that is a list, ends in errors of other kinds.
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise refused("bad-signature") from None
    claims = found.claims
    rules = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        rules.validate(claims)
    except ExpiredTokenError:
        raise refused("expired") from None
    except ClaimError as error:
        raise refused(f"bad-{error.claim}".replace(",", "-")) from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
        raise refused("bad-azp")
    if claims.get("azp", client_id) != client_id:
        raise refused("bad-azp")
    if claims["iat"] < now - _OLDEST_S:
        raise refused("expired")
    if not isinstance(claims["nonce"], str):
        raise refused("bad-nonce")
    # OpenID Connect Core, section 2: at most 255 characters.
    if len(claims["sub"]) > 255:
        raise refused("bad-sub")
    return claims


def words(claims: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the first of some claims that is text and not empty, on one line; "" without one."""
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and (line := " ".join(value.split())):
            return line
    return ""
