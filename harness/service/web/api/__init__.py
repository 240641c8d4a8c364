"""The API for programs, below ``/api/v1``. One table of operations makes its routes and the document about them."""

from starlette.requests import Request
from starlette.responses import Response

from harness.service.web.api import batch, events, hooks, looking, people, regrading, submitting
from harness.service.web.api.openapi import document
from harness.service.web.api.operations import Answer, Operation, answer, made_routes
from harness.service.web.guarding import public
from harness.service.web.service import service_of

__all__ = ["operations", "routes"]


async def _document(request: Request) -> Response:
    public(request)
    return answer(document(operations, service_of(request).settings.address))


operations = (
    *looking.operations,
    *submitting.operations,
    *batch.operations,
    *events.operations,
    *regrading.operations,
    *people.operations,
    *hooks.operations,
    Operation(
        name="getDescription",
        method="GET",
        path="/openapi.json",
        told="This document.",
        handle=_document,
        is_public=True,
        answers={200: Answer(told="An OpenAPI 3.1 document.")},
    ),
)
routes = made_routes(operations)
