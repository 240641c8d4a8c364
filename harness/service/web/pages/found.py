"""Finds what an address names, and asks whether it may be seen: every page about a course begins here."""

import sqlalchemy as sa
from starlette.requests import Request

from harness.service.store.looking import Seen, assignment_of, submission_of
from harness.service.web.guarding import absent, guard
from harness.service.web.service import service_of

__all__ = ["assignment_at", "submission_at"]


async def assignment_at(request: Request, right: str) -> sa.RowMapping:
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
