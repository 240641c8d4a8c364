"""Finds what an address names, and asks whether it may be seen: every page and operation about a course begins here."""

import sqlalchemy as sa
from starlette.requests import Request

from harness.service.store.courses import course_by_id
from harness.service.store.looking import Seen, assignments_by_id, submission_of
from harness.service.web.guarding import absent, guard
from harness.service.web.service import service_of

__all__ = ["assignment_at", "course_at", "course_of_assignment_at", "id_in", "submission_at"]

#: Characters of an id, which no other is longer than.
_LONGEST_ID = 36


async def assignment_at(request: Request, right: str) -> sa.RowMapping:
    """Return the assignment of the address, with its newest revision; who asks has ``right`` in its course.

    Raises:
        Refusal: there is none that they may know of, or ``right`` is missing.
    """
    found = await service_of(request).reads.ask(assignments_by_id, id_in(request, "assignment_id"))
    if found is None:
        raise absent(request)
    guard(request, right, course=found["course_id"])
    return found


async def course_of_assignment_at(request: Request, right: str) -> tuple[str, str]:
    """Return the id of the assignment of the address and that of its course, in which who asks has ``right``.

    Raises:
        Refusal: there is none that they may know of, or ``right`` is missing.
    """
    service, wanted = service_of(request), id_in(request, "assignment_id")
    if (course := service.course_of.get(wanted)) is None:
        course = service.course_of[wanted] = (await assignment_at(request, right))["course_id"]
    else:
        guard(request, right, course=course)
    return wanted, course


async def course_at(request: Request, right: str) -> str:
    """Return the id of the course of the address, in which who asks has ``right``.

    Raises:
        Refusal: there is none that they may know of, or ``right`` is missing.
    """
    wanted = id_in(request)
    if await service_of(request).read(lambda connection: course_by_id(connection, wanted)) is None:
        raise absent(request)
    guard(request, right, course=wanted)
    return wanted


async def submission_at(request: Request, right: str) -> Seen:
    """Return the submission of the address; who asks has ``right`` over it.

    Raises:
        Refusal: there is none that they may know of, or ``right`` is missing.
    """
    wanted = id_in(request, "submission_id")
    found = await service_of(request).read(lambda connection: submission_of(connection, wanted))
    if found is None:
        raise absent(request)
    guard(request, right, course=found.course_id, owner=found.user_id)
    return found


def id_in(request: Request, name: str = "id") -> str:
    """Return the id in the address, or what is none for certain: the API calls each ``id``."""
    given: str = request.path_params.get(name) or request.path_params["id"]
    # PostgreSQL takes no zero byte.
    return given if len(given) <= _LONGEST_ID and "\0" not in given else ""
