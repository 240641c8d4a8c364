"""Errors of the API: RFC 9457, with a code that programs can rely on, and words in the client's language."""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from harness.errors import DoutError
from harness.sentence import Sentence
from harness.service.store.accepting import Refused
from harness.service.store.on_behalf import NoLearner
from harness.service.web import errors
from harness.service.web.api import shapes
from harness.service.web.refusal import NotFound, Refusal

__all__ = ["CODES", "Invalid", "Unprocessable", "problem", "told"]

#: Every code, with its status; ``docs/api.md`` says what each means.
CODES = {
    "bad-request": 400,
    "not-authenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "no-assignment": 404,
    "no-report": 404,
    "not-acceptable": 406,
    "not-open": 409,
    "closed": 409,
    "no-attempts-left": 409,
    "too-large": 413,
    "key-missing": 400,
    "key-reused": 422,
    "no-learner": 422,
    "unprocessable": 422,
    "too-soon": 429,
    "too-often": 429,
}


class Invalid(Refusal):
    """The request cannot be understood; ``code`` says in which way."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint, status=CODES[code])
        self.code = code


class Unprocessable(Invalid):
    """What was sent is of the right kind, and cannot be taken."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("unprocessable", message, hint)


def problem(request: Request, error: DoutError) -> Response:
    """Return the answer for an error that is the client's, or a matter of time."""
    code, status, headers = _known(error)
    made = errors.problem(request, status, *_words(error), code)
    made.headers.update(headers)
    return made


def told(request: Request, error: Exception) -> shapes.Problem:
    """Return the same as a part of an answer; also of an error that is ours, which is written into the log."""
    if not isinstance(error, DoutError):
        error = errors.refusal_of(error)
    code, status, _ = _known(error)
    body = errors.problem_body(request, status, *_words(error), code if status < 500 else "")
    return msgspec.convert(body, shapes.Problem)


def _known(error: DoutError) -> tuple[str, int, Mapping[str, str]]:
    """Return the code, the status and the headers."""
    if isinstance(error, Refused):
        wait = error.retry_after
        headers = {} if wait is None else {"Retry-After": str(max(1, int(wait)))}
        return error.code, CODES[error.code], headers
    if isinstance(error, Refusal):
        return error.code or "bad-request", error.status, error.headers
    code = "no-learner" if isinstance(error, NoLearner) else "unprocessable"
    return code, CODES[code], {}


def _words(error: DoutError) -> tuple[str, str]:
    # A page's words are no use here.
    if isinstance(error, NotFound):
        return Sentence("there is nothing at this address"), ""
    return error.message, error.hint
