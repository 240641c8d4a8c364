"""The table of what the API can do: routes and the document that describes them are both made of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.errors import DoutError, SandboxError
from harness.records import Record
from harness.sentence import Sentence
from harness.service.web.api.problems import Invalid, Unprocessable, problem
from harness.service.web.api.shapes import Nothing
from harness.service.web.routing import ForPrograms, Handler
from harness.service.web.service import service_of

__all__ = ["PREFIX", "Answer", "Operation", "answer", "body_of", "made_routes", "query_of", "read"]

PREFIX = "/api/v1"
#: Problems that everything which needs a login can have.
ALWAYS = ("bad-request", "not-authenticated", "forbidden", "not-found")

T = TypeVar("T")


class Answer(Record, frozen=True, kw_only=True):
    """What comes back when it was done."""

    told: str
    #: Of the JSON in it; None where ``media`` says what it is.
    shape: type | None = None
    media: tuple[str, ...] = ("application/json",)
    #: Names, and what they say.
    headers: Mapping[str, str] = {}


class Operation(Record, frozen=True, kw_only=True):
    """One thing that can be asked for."""

    #: Its name in the document.
    name: str
    method: str
    #: Below ``PREFIX``; ``{id}`` is the id of what it is about.
    path: str
    told: str
    handle: Handler
    answers: Mapping[int, Answer]
    query: type = Nothing
    #: Media types of the body; none where there is none.
    takes: tuple[str, ...] = ()
    #: Of a body that is JSON.
    body: type | None = None
    #: Codes of the problems that only this one has.
    problems: tuple[str, ...] = ()
    #: Headers that are read: name to what it says.
    headers: Mapping[str, str] = {}
    is_public: bool = False


def made_routes(operations: Sequence[Operation]) -> list[ForPrograms]:
    """Return a route for each path, which does what its method says and tells errors as ``problem+json``."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        ForPrograms(PREFIX + path, _endpoint(methods), methods=[*methods], name=next(iter(methods.values())).name)
        for path, methods in by_path.items()
    ]


def _endpoint(methods: Mapping[str, Operation]) -> Handler:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        try:
            return await operation.handle(request)
        except SandboxError:
            raise
        except DoutError as error:
            return problem(request, error)

    return endpoint


def query_of(request: Request, shape: type[T]) -> T:
    """Return the query's parameters.

    Raises:
        Invalid: one of them is unknown, given twice, or no value for it.
    """
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    try:
        if len(given) != len(pairs):
            raise Invalid("bad-request", Sentence("a parameter was given twice"))
        if "\0" in "".join(given.values()):
            raise Invalid("bad-request", Sentence("there is a zero byte in a parameter"))
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("bad-request", Sentence("a parameter cannot be that: {error}", error=error)) from None


async def body_of(request: Request, shape: type[T]) -> T:
    """Return the body, which is JSON.

    Raises:
        Unprocessable: it is not, or not of this shape.
    """
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unprocessable(
            Sentence("the body cannot be read: {error}", error=error),
            Sentence("nothing of it was accepted; correct it, and send it again"),
        ) from None


async def read(request: Request, function: Callable[[sa.Connection], T]) -> T:
    """Return what ``function`` reads in the database, off the event loop."""
    return await service_of(request).read(function)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``value`` as JSON, which no cache keeps: it is about somebody."""
    return Response(
        msgspec.json.encode(value),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
