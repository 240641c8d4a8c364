"""What an LMS says when it sends somebody: LTI Core 1.3, section 5, checked and read."""

from collections.abc import Mapping, Sequence
from typing import Any

from joserfc.jwk import KeySet

from harness.records import Record
from harness.sentence import Sentence
from harness.service.id_tokens import read_id_token, words
from harness.service.refusals import LoginRefused, refused
from harness.service.schema import ASSISTANT, INSTRUCTOR, LEARNER
from harness.service.settings import LtiPlatform

__all__ = ["SCORE_SCOPE", "Launch", "chosen_platform", "is_ours", "read_launch", "role_of"]

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
#: The right to send scores (AGS 2.0, section 3.4.2).
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"


class Launch(Record, frozen=True, kw_only=True):
    """Somebody comes from an LMS."""

    platform: LtiPlatform
    #: Who it is there, for ever.
    subject: str
    name: str
    role: str
    #: The LMS's id of the course.
    context: str
    #: The LMS's id of the activity.
    resource_link: str
    #: Slug of the assignment, from the custom parameter ``assignment``; "" for the course.
    assignment: str
    #: Where scores of this activity go; None where the LMS wants none.
    line_item: str | None


def chosen_platform(
    platforms: Sequence[LtiPlatform], issuer: str, client_id: str = "", deployment_id: str = ""
) -> LtiPlatform:
    """Return the platform that begins a login; what it leaves out does not have to be the same.

    Raises:
        LoginRefused: none is meant, or it is not clear which.
    """
    found = [
        platform
        for platform in platforms
        if platform.issuer == issuer
        and client_id in ("", platform.client_id)
        and deployment_id in ("", platform.deployment_id)
    ]
    if not found:
        raise LoginRefused(
            "unknown-platform",
            Sentence("this LMS is not known here"),
            Sentence("ask the operator of this service to register it (docs/lti.md)"),
            status=400,
        )
    # Deployments of one registration log in alike; which one it was, the launch itself says.
    if len({(platform.client_id, platform.auth_login_url) for platform in found}) > 1:
        raise refused("unclear-platform")
    return found[0]


def read_launch(
    token: str,
    keys: KeySet,
    platforms: Sequence[LtiPlatform],
    begun: LtiPlatform,
    *,
    address: str,
    nonce: str,
    now: float,
) -> Launch:
    """Return what a launch says.

    Args:
        token: The ``id_token`` of the form.
        keys: What the platform publishes.
        platforms: All that are registered: one registration may have several deployments.
        begun: The platform that the login was begun with.
        address: How people reach the service.
        nonce: What we sent along.
        now: Seconds since 1970.

    Raises:
        UnknownKey: the platform has a key that is not in ``keys``.
        LoginRefused: it is not to be believed, or is not for us.
    """
    claims = read_id_token(token, keys, issuer=begun.issuer, client_id=begun.client_id, nonce=nonce, now=now)
    if claims.get(_CLAIM + "version") != "1.3.0":
        raise refused("bad-version")
    if claims.get(_CLAIM + "message_type") != "LtiResourceLinkRequest":
        raise refused("bad-message-type")
    deployment = claims.get(_CLAIM + "deployment_id")
    platform = next(
        (
            one
            for one in platforms
            if (one.issuer, one.client_id, one.deployment_id) == (begun.issuer, begun.client_id, deployment)
        ),
        None,
    )
    if platform is None:
        raise refused("bad-deployment")
    if not is_ours(claims.get(_CLAIM + "target_link_uri"), address):
        raise refused("bad-target")
    resource_link = words(_object(claims, _CLAIM + "resource_link"), ["id"])
    if not 0 < len(resource_link) <= 255:  # LTI Core 1.3, section 5.3.5
        raise refused("bad-resource-link")
    return Launch(
        platform=platform,
        subject=claims["sub"],
        name=_name(claims),
        role=role_of(claims.get(_CLAIM + "roles")),
        context=words(_object(claims, _CLAIM + "context"), ["id"]),
        resource_link=resource_link,
        assignment=words(_object(claims, _CLAIM + "custom"), ["assignment"]),
        line_item=_line_item(_object(claims, _ENDPOINT)),
    )


def is_ours(target: Any, address: str) -> bool:
    """Tell whether what a platform wants to be opened is of this service."""
    return isinstance(target, str) and (target == address or target.startswith((f"{address}/", f"{address}?")))


def role_of(roles: Any) -> str:
    """Return what somebody is in the course. Roles in the institution, or of the system, are no right in a course.

    An assistant is called an instructor as well (LTI Core 1.3, appendix A.2): the lesser counts.

    Raises:
        LoginRefused: no role is one that there is here.
    """
    named = {role for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()
    if f"{_MEMBERSHIP}/Instructor#TeachingAssistant" in named:
        return ASSISTANT
    # The short names are old, and still allowed for roles in a course.
    for role, names in ((INSTRUCTOR, "Instructor"), (LEARNER, "Learner")):
        if named & {f"{_MEMBERSHIP}#{names}", names}:
            return role
    raise LoginRefused(
        "no-role",
        Sentence("your LMS does not say that you are a learner or a teacher of this course"),
        Sentence("ask your instructor to add you to the course in the LMS"),
    )


def _object(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _name(claims: Mapping[str, Any]) -> str:
    # Whether names are sent is the LMS's choice: a course may be anonymous.
    parts = [words(claims, [part]) for part in ("given_name", "family_name")]
    return (words(claims, ["name"]) or " ".join(filter(None, parts)) or "—")[:200]


def _line_item(endpoint: Mapping[str, Any]) -> str | None:
    scopes = endpoint.get("scope")
    address = endpoint.get("lineitem")
    if not isinstance(scopes, list) or SCORE_SCOPE not in scopes or not isinstance(address, str):
        return None
    return address if len(address) <= 2000 and address.startswith(("https://", "http://")) else None
