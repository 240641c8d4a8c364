"""An LMS that signs what it says: LTI 1.3 launches, its keys, access tokens, and a gradebook that takes scores."""

import base64
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.service.settings import LtiPlatform

__all__ = ["CLAIM", "KEYS", "ROLE", "Lms", "by_public_key", "new_key", "public", "unsigned"]

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


#: Claims that have no long name.
_PLAIN = {"iss", "aud", "azp", "sub", "iat", "exp", "nonce", "name", "email", "email_verified"}


def public(host: str, port: int) -> list[str]:
    """Say of every host that it has an address that everybody can reach."""
    return ["93.184.216.34"]


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


#: Making one takes a tenth of a second.
KEYS = [new_key("first"), new_key("second")]


class Lms:
    """A platform with one course. It answers at any host: nothing of it listens unless :func:`serve` is asked."""

    def __init__(self, address: str = "https://lms.example") -> None:
        self.issuer = "https://lms.example"
        self.address = address
        self.client_id, self.deployment = "dout-at-the-lms", "deployment-1"
        self.keys = [KEYS[0]]
        #: How often the keys were asked for.
        self.asked_for_keys = 0
        #: Statuses of the next answers to scores, before they are taken; a number of seconds waits first.
        self.next_answers: list[int | float] = []
        #: How many were or are kept waiting.
        self.waiting = 0
        #: What is said with a failure.
        self.retry_after = ""
        #: The same for tokens.
        self.next_tokens: list[int] = []
        #: What the tool publishes, by which its assertions are checked.
        self.tool_keys: Any = None
        self.tokens: list[str] = []
        #: Every score that arrived, taken or not; and what stands: by learner, score, greatest score and time.
        self.posted: list[dict[str, Any]] = []
        self.book: dict[str, dict[str, Any]] = {}
        self.app = Starlette(
            routes=[
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/items/{item}/scores", self._scores, methods=["POST"]),
            ]
        )

    @property
    def line_item(self) -> str:
        # As Moodle's: what comes behind the path belongs to the address of the scores too.
        return f"{self.address}/items/7?type_id=3"

    def platform(self, **changes: Any) -> LtiPlatform:
        """Return what an operator writes into the settings."""
        return LtiPlatform(
            **{
                "issuer": self.issuer,
                "client_id": self.client_id,
                "deployment_id": self.deployment,
                "auth_login_url": f"{self.address}/auth?from=tool",
                "auth_token_url": f"{self.address}/token",
                "jwks_url": f"{self.address}/jwks",
                "courses": {"course-42": "dl"},
                **changes,
            }
        )

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app))

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """Return what a launch says; of ``changes``, None leaves a claim out."""
        now = int(time.time())
        made = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "mina-at-the-lms",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Mina Kim",
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "deployment_id": self.deployment,
            CLAIM + "target_link_uri": "https://dout.test/lti/launch",
            CLAIM + "resource_link": {"id": "link-1"},
            CLAIM + "roles": [ROLE + "Learner"],
            CLAIM + "context": {"id": "course-42"},
            CLAIM + "custom": {"assignment": "ch05"},
            AGS + "claim/endpoint": {"scope": [AGS + "scope/score"], "lineitem": self.line_item},
        }
        for name, value in changes.items():
            made[name if name in _PLAIN or ":" in name else CLAIM + name] = value
        return {name: value for name, value in made.items() if value is not None}

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        key = key or self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)

    def begin(self, browser: Any, **changes: str) -> dict[str, str]:
        """Have a browser begin a login as this LMS does; return the parameters that come back to its own address."""
        answer = self.ask_to_begin(browser, **changes)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(f"{self.address}/auth?from=tool&")
        return {name: value for name, [value] in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def ask_to_begin(self, browser: Any, **changes: str) -> httpx.Response:
        parameters = {
            "iss": self.issuer,
            "login_hint": "7",
            "lti_message_hint": "hint",
            "target_link_uri": "https://dout.test/lti/launch",
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment,
        }
        return browser.get("/lti/login", params=parameters | changes)

    def launch(self, browser: Any, **changes: Any) -> httpx.Response:
        """Send somebody there, all in order but for ``changes``."""
        begun = self.begin(browser)
        return self.post(browser, begun["state"], self.sign(self.claims(begun["nonce"], **changes)))

    def post(self, browser: Any, state: str, token: str) -> httpx.Response:
        """Have the browser send the form that this LMS gave it."""
        headers = {"Origin": self.issuer, "Sec-Fetch-Site": "cross-site"}
        return browser.post("/lti/launch", data={"state": state, "id_token": token}, headers=headers)

    async def _jwks(self, request: Request) -> Response:
        self.asked_for_keys += 1
        return JSONResponse({"keys": [{**key.as_dict(private=False), "use": "sig"} for key in self.keys]})

    async def _token(self, request: Request) -> Response:
        if self.next_tokens:
            return Response(status_code=self.next_tokens.pop(0))
        form = await request.form()
        try:
            found = jwt.decode(str(form["client_assertion"]), KeySet.import_key_set(self.tool_keys), ["RS256"])
            rules = jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": self.client_id},
                sub={"essential": True, "value": self.client_id},
                aud={"essential": True, "value": f"{self.address}/token"},
                exp={"essential": True},
                iat={"essential": True},
                jti={"essential": True},
            )
            rules.validate(found.claims)
        except JoseError:
            return JSONResponse({"error": "invalid_client"}, 401)
        if (form["grant_type"], form["client_assertion_type"]) != ("client_credentials", ASSERTION):
            return JSONResponse({"error": "invalid_request"}, 400)
        assert form["scope"] == AGS + "scope/score"
        self.tokens.append(f"token-{len(self.tokens)}")
        return JSONResponse({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600})

    async def _scores(self, request: Request) -> Response:
        answer = self.next_answers.pop(0) if self.next_answers else 200
        if isinstance(answer, float):
            self.waiting += 1
            await anyio.sleep(answer)
            answer = 200
        if answer != 200:
            return Response(status_code=answer, headers={"Retry-After": self.retry_after} if self.retry_after else {})
        if request.headers.get("authorization") != f"Bearer {self.tokens[-1] if self.tokens else ''}":
            return Response(status_code=401)
        if request.headers["content-type"] != "application/vnd.ims.lis.v1.score+json":
            return Response(status_code=415)
        assert request.query_params["type_id"] == "3"
        score = json.loads(await request.body())
        self.posted.append(score)
        known = self.book.get(score["userId"])
        # As Moodle does: seconds are compared, and what is not later is refused.
        if known is not None and known["timestamp"][:19] >= score["timestamp"][:19]:
            return Response(status_code=409)
        self.book[score["userId"]] = score
        return Response(status_code=200)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token of the algorithm ``none``."""
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def by_public_key(key: RSAKey, claims: dict[str, Any]) -> str:
    """Return a token by HS256 whose secret is the public key, which everybody has."""
    signed = f"{encoded({'alg': 'HS256', 'kid': key.kid})}.{encoded(claims)}"
    mac = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
