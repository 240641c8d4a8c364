"""Errors of the API: RFC 9457, with a code that programs can rely on, and words in the client's language."""

from starlette.requests import Request
from starlette.responses import Response

from harness.errors import DoutError
from harness.sentence import Sentence
from harness.service.store.accepting import Refused
from harness.service.web import errors
from harness.service.web.refusal import Forbidden, NotFound, Refusal, TooLarge, TooMany, Unauthenticated

__all__ = ["CODES", "Invalid", "Unprocessable", "problem"]

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
    "unprocessable": 422,
    "too-soon": 429,
    "too-often": 429,
}
_OF_REFUSAL = {
    Unauthenticated: "not-authenticated",
    Forbidden: "forbidden",
    NotFound: "not-found",
    TooLarge: "too-large",
    TooMany: "too-often",
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
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        code, status = error.code, CODES[error.code]
        if error.retry_after is not None:
            headers["Retry-After"] = str(max(1, int(error.retry_after)))
    elif isinstance(error, Refusal):
        code = error.code if isinstance(error, Invalid) else _OF_REFUSAL.get(type(error), "bad-request")
        status, headers = error.status, error.headers
    else:
        code, status = "unprocessable", CODES["unprocessable"]
    # A page's words are no use here.
    message = Sentence("there is nothing at this address") if isinstance(error, NotFound) else error.message
    made = errors.problem(request, status, message, "" if isinstance(error, NotFound) else error.hint, code)
    made.headers.update(headers)
    return made
