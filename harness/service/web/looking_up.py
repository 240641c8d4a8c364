"""Finds what an address names, for those who may see it."""

import sqlalchemy as sa
from starlette.requests import Request

from harness.service.store.courses import assignment_by_slug, course_by_slug
from harness.service.store.people import user_by_id
from harness.service.web.guarding import absent, guard
from harness.service.web.service import service_of

__all__ = ["assignment_of", "course_of", "user_of"]


async def course_of(request: Request, right: str) -> sa.RowMapping:
    """Return the course ``{course}`` (its slug) of the path, to who has ``right`` in it.

    Raises:
        Refusal: there is none, or they may not.
    """
    service = service_of(request)
    slug: str = request.path_params["course"]
    found = await service.read(lambda connection: course_by_slug(connection, slug))
    if found is None:
        raise absent(request)
    guard(request, right, course=found["id"])
    return found


async def assignment_of(request: Request, right: str) -> tuple[sa.RowMapping, sa.RowMapping]:
    """Return the course and the assignment ``{assignment}`` (slugs) of the path, with its newest revision.

    Raises:
        Refusal: there is none, or they may not.
    """
    service = service_of(request)
    course = await course_of(request, right)
    slug: str = request.path_params["assignment"]
    found = await service.read(lambda connection: assignment_by_slug(connection, course["id"], slug))
    if found is None:
        raise absent(request)
    return course, found


async def user_of(request: Request, right: str) -> sa.RowMapping:
    """Return the user ``{user}`` (an id) of the path, to who has ``right`` over them.

    Raises:
        Refusal: there is none, or they may not.
    """
    service = service_of(request)
    user_id: str = request.path_params["user"]
    guard(request, right, owner=user_id)
    found = await service.read(lambda connection: user_by_id(connection, user_id))
    if found is None:
        raise absent(request)
    return found
