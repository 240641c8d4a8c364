"""Scores for an LMS: Assignment and Grade Services 2.0, and the token of 1EdTech's Security Framework 1.0."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from harness.service.lti.launch import SCORE_SCOPE
from harness.service.outgoing import Answer, Unreachable
from harness.service.settings import LtiPlatform
from harness.service.store.looking import Grade
from harness.service.store.telling import timestamp

__all__ = ["Post", "Tokens", "private_is_fine", "score_of", "scores_url"]

#: POSTs content with headers to an address.
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Answer]]

_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Seconds that an assertion is good for: it is used at once.
_ASSERTION_S = 300
#: A token is not used in its last seconds, in which it may end on the way.
_SPARE_S = 30
#: Seconds that a token is used when nothing is said (RFC 6749, section 5.1, leaves it open).
_TOKEN_S = 300


def score_of(stands: Grade, subject: str, at: int) -> dict[str, Any]:
    """Return what AGS calls a score (section 3.4).

    Args:
        stands: The grade.
        subject: Whose it is: the name that the LMS gave.
        at: Seconds since 1970; more than in any score that was sent for the learner before. Whole ones: some platforms
            compare no more than that, and refuse the second of two in one second.
    """
    return {
        "userId": subject,
        "timestamp": timestamp(at),
        # Of this attempt, to which nothing is left to do. Another one brings a score of its own.
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": stands.score,
        "scoreMaximum": stands.max_score,
    }


def scores_url(line_item: str) -> str:
    """Return where the scores of a line item go: ``/scores`` at the end of its path; Moodle's has a query behind it."""
    url = httpx.URL(line_item)
    return str(url.copy_with(path=url.path.rstrip("/") + "/scores"))


def private_is_fine(platform: LtiPlatform, url: str) -> bool:
    """Tell whether ``url`` may be in our own network: where the operator's own settings lead to, it may."""
    hosts = {httpx.URL(known).host for known in (platform.auth_token_url, platform.auth_login_url, platform.jwks_url)}
    return platform.private and httpx.URL(url).host in hosts


class Tokens:
    """Asks platforms for access, and remembers what they gave. To be used in one event loop.

    Args:
        own_key: Gives our key; not asked before it is needed.
        known: What was given before, by :attr:`LtiPlatform.key`: tokens, and until when they are good.
    """

    def __init__(self, own_key: Callable[[], RSAKey], known: dict[str, tuple[str, float]]) -> None:
        self._own_key = own_key
        self._known = known
        #: Platforms that gave none, and why.
        self._without: dict[str, Unreachable] = {}
        # Many scores wait for one token: they neither all ask for one, nor all wait for a platform that is away.
        self._asking = asyncio.Lock()

    async def send_score(
        self, post: Post, platform: LtiPlatform, line_item: str, score: Mapping[str, Any], now: float
    ) -> Answer:
        """Send a score and return the answer; a token that is not good any more is replaced once.

        Raises:
            Forbidden: the address is not one that we send anything to.
            Unreachable: there is no answer, or no token.
        """
        content = msgspec.json.encode(score)
        url = scores_url(line_item)
        for is_last in (False, True):
            token = await self._token(post, platform, now)
            answer = await post(url, content, {"Authorization": f"Bearer {token}", "Content-Type": _SCORE_TYPE})
            if answer.status != 401 or is_last:
                break
            if self._known.get(platform.key, ("", 0.0))[0] == token:
                del self._known[platform.key]
        return answer

    async def _token(self, post: Post, platform: LtiPlatform, now: float) -> str:
        async with self._asking:
            if platform.key in self._without:
                raise self._without[platform.key]
            known = self._known.get(platform.key)
            if known is None or now >= known[1]:
                try:
                    known = self._known[platform.key] = await self._ask(post, platform, now)
                except Unreachable as error:
                    self._without[platform.key] = error
                    raise
            return known[0]

    async def _ask(self, post: Post, platform: LtiPlatform, now: float) -> tuple[str, float]:
        claims = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.auth_audience or platform.auth_token_url,
            "iat": int(now),
            "exp": int(now) + _ASSERTION_S,
            "jti": secrets.token_urlsafe(16),
        }
        key = self._own_key()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key),
            "scope": SCORE_SCOPE,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = await post(platform.auth_token_url, urlencode(form).encode(), headers)
        try:
            found = msgspec.json.decode(answer.body, type=_Granted) if answer.status == 200 else None
        except msgspec.DecodeError:
            found = None
        if found is None or not found.access_token.isascii() or not found.access_token.isprintable():
            # It is no matter of this score: the key or the client may be set right meanwhile.
            raise Unreachable(f"the LMS gives no token: status {answer.status}")
        lasts = _TOKEN_S if found.expires_in is None else found.expires_in
        return found.access_token, now + lasts - _SPARE_S


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float | None = None
