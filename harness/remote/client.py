"""Asks a grading service, again and again while it does not answer: all that is asked may be asked twice."""

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import harness
from harness.errors import SandboxError, UsageError
from harness.escape import plain
from harness.records import Record
from harness.sentence import Sentence

__all__ = ["Client", "Refused", "Response"]

#: Seconds for one answer; the server itself answers within milliseconds.
_TIMEOUT_SECONDS = 30.0
#: Seconds between two tries: the first, and the longest.
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
#: Statuses of a service that is starting, or behind a proxy that does not find it.
_AWAY = frozenset({502, 503, 504})
_TOO_OFTEN = 429
#: Seconds that are waited at once when the service says how long: limits are by the minute.
_LONGEST_PAUSE = 60.0
#: Bytes of one answer: a report has far fewer.
_MOST = 64 << 20


class Response(Record, frozen=True):
    """What the service answered."""

    status: int
    body: bytes
    #: Seconds after which the same can be asked for again; null where the service does not say.
    retry_after: float | None = None

    def json(self) -> Any:
        """Return the body.

        Raises:
            UsageError: it is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise _no_service() from None


class Refused(UsageError):  # noqa: N818 - the client is refused; nothing went wrong
    """The service does not do it; ``status`` is that of HTTP."""

    def __init__(self, status: int, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.status = status


class _SameAddress(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a token is for one service only."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Return nothing, so that the redirect itself is the answer."""


class Client:
    """One service, asked with one token.

    Args:
        server: The address of the service.
        token: Of the caller.
        lang: The language that it is to say in why it refuses, like ``ko``.
        patience_s: Seconds after which a service that does not answer is given up.
        lost: Called once when there is no answer, and the question is asked again.

    Raises:
        UsageError: the address is none.
    """

    def __init__(
        self,
        server: str,
        token: str,
        *,
        lang: str = "en",
        patience_s: float = 600.0,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.server = checked_address(server)
        self._token, self._lang, self._patience, self._lost = token, lang, patience_s, lost
        self._opener = urllib.request.build_opener(_SameAddress)

    def get(self, path: str, **query: str) -> Response:
        """Return the answer to a question.

        Raises:
            UsageError: the service refuses it.
            SandboxError: there is no service, or it does not work.
        """
        return self._asked("GET", path + (f"?{urlencode(query)}" if query else ""), None, {})

    def post(
        self, path: str, data: bytes, headers: Mapping[str, str], *, waits: bool = False, **query: str
    ) -> Response:
        """Hand something in, with a key, so that twice is once. ``waits`` where the service says that it was too often.

        Raises:
            UsageError: the service refuses it.
            SandboxError: there is no service, or it does not work.
        """
        return self._asked("POST", path + (f"?{urlencode(query)}" if query else ""), data, headers, waits=waits)

    def _asked(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str], *, waits: bool = False
    ) -> Response:
        until, wait, is_lost = time.monotonic() + self._patience, _FIRST_WAIT, False
        while True:
            try:
                answer = self._once(method, path, data, headers)
            except (OSError, http.client.HTTPException) as error:
                if not _may_pass(error) or time.monotonic() > until:
                    raise _away(self.server, error) from None
            else:
                if waits and answer.status == _TOO_OFTEN and time.monotonic() <= until:
                    time.sleep(min(answer.retry_after or wait, _LONGEST_PAUSE))
                    continue
                if answer.status not in _AWAY:
                    return _accepted(answer)
                if time.monotonic() > until:
                    raise _away(self.server, f"HTTP {answer.status}")
            if not is_lost:
                is_lost = True
                self._lost()
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _once(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Response:
        mine = {
            "User-Agent": f"dout/{harness.__version__}",
            "Authorization": f"Bearer {self._token}",
            "Accept-Language": self._lang,
        }
        asked = urllib.request.Request(self.server + path, data, {**mine, **headers}, method=method)
        try:
            with self._opener.open(asked, timeout=_TIMEOUT_SECONDS) as answer:
                body, status = answer.read(_MOST), answer.status
                said = answer.headers.get("Content-Length")
        except urllib.error.HTTPError as error:
            with error:
                said = error.headers.get("Retry-After", "")
                return Response(error.code, error.read(_MOST), float(said) if said.isdigit() else None)
        if said is not None and said.isdigit() and len(body) < min(int(said), _MOST):
            raise http.client.IncompleteRead(body)
        return Response(status, body)


def checked_address(server: str) -> str:
    """Return the address of a service without a slash at its end.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(server)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or any(letter <= " " for letter in server):
        raise UsageError(
            Sentence("{server} is not the address of a service", server=repr(plain(server[:200]))),
            Sentence("write it like {example}", example="https://grader.example.org"),
        )
    return server.rstrip("/")


def _may_pass(error: Exception) -> bool:
    """Whether the same question may be answered later: not where the certificate or the name is wrong."""
    import ssl

    reason = getattr(error, "reason", error)
    return not isinstance(reason, ssl.SSLCertVerificationError)


def _accepted(answer: Response) -> Response:
    if 200 <= answer.status < 300:
        return answer
    told: Any = None
    with contextlib.suppress(ValueError):
        told = json.loads(answer.body)
    if not isinstance(told, dict) or not isinstance(told.get("detail"), str):
        raise _no_service(answer.status)
    if answer.status >= 500:
        raise SandboxError(Sentence("the service failed: {detail}", detail=plain(told["detail"], 500)))
    if answer.status == 401:
        raise UsageError(
            Sentence("the service does not know you: {detail}", detail=plain(told["detail"], 500)),
            Sentence("make a token on the page of your account, and run `dout submit --login --server URL`"),
        )
    raise Refused(
        answer.status,
        Sentence("the service refused: {detail}", detail=plain(told["detail"], 500)),
        plain(str(told.get("hint", "")), 500),
    )


def _no_service(status: int | None = None) -> UsageError:
    said = (
        Sentence("there is no grading service at this address")
        if status is None
        else Sentence("there is no grading service at this address: it answered {status}", status=status)
    )
    return UsageError(said, Sentence("look at the address again"))


def _away(server: str, error: object) -> SandboxError:
    reason = getattr(error, "reason", error)
    return SandboxError(
        Sentence("{server} does not answer: {error}", server=server, error=plain(str(reason) or type(error).__name__)),
        Sentence("look at the address and your connection, and run the same command again"),
    )
