"""Finds what an address names, and asks whether it may be seen: every page about a course begins here."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from harness.service.store.browsing import Seen, assignment_of, submission_of
from harness.service.web.guarding import absent, guard
from harness.service.web.service import Service

__all__ = ["assignment_at", "service_of", "submission_at"]


def service_of(request: Request) -> Service:
    """Return the service that a request is made to."""
    service: Service = request.app.state.service
    return service


async def assignment_at(request: Request, right: str) -> Mapping[str, Any]:
    """Return the assignment of the address.

    Raises:
        Refusal: there is none, or ``right`` is missing.
    """
    wanted = request.path_params["assignment_id"]
    found = await service_of(request).read(lambda connection: assignment_of(connection, wanted))
    if found is None:
        raise absent(request)
    guard(request, right, course=found["course_id"])
    return found


async def submission_at(request: Request, right: str) -> Seen:
    """Return the submission of the address.

    Raises:
        Refusal: there is none, or ``right`` is missing.
    """
    wanted = request.path_params["submission_id"]
    found = await service_of(request).read(lambda connection: submission_of(connection, wanted))
    if found is None:
        raise absent(request)
    guard(request, right, course=found.course_id, owner=found.user_id)
    return found
