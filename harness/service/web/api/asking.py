"""Who asks, and whether they may: what they may not know of is not there."""

from functools import partial

import msgspec
import sqlalchemy as sa
from starlette.requests import Request

from harness.service.access import Actor, allowed
from harness.service.store.looking import Seen, assignment_of, courses_of, submission_of
from harness.service.web.api.operations import read
from harness.service.web.guarding import absent, public
from harness.service.web.refusal import Forbidden, NotFound, Unauthenticated

__all__ = ["asked_assignment", "asked_course", "asked_submission", "may", "path_id", "signed_in"]


def signed_in(request: Request) -> Actor:
    """Return who asks.

    Raises:
        Unauthenticated: it is not known.
    """
    actor = public(request)
    if not actor.user_id:
        raise Unauthenticated
    return actor


def may(request: Request, right: str, *, course: str, owner: str | None = None) -> Actor:
    """Return who asks, if they have ``right``.

    Raises:
        Unauthenticated: it is not known who asks.
        NotFound: it is none of their business that there is such a thing.
        Forbidden: they know of it and may not, or their token is for something else.
    """
    actor = signed_in(request)
    if allowed(actor, right, course=course, owner=owner):
        return actor
    person = msgspec.structs.replace(actor, scopes=None, only_course=None)
    knows = allowed(person, right, course=course, owner=owner) or (
        owner is None and allowed(person, "course.see", course=course)
    )
    raise Forbidden if knows else NotFound


async def asked_course(request: Request, right: str) -> tuple[Actor, str]:
    """Return who asks, and the id of the course that the address names.

    Raises:
        Refusal: there is none that they may see, or they may not.
    """
    actor = signed_in(request)
    course_id = path_id(request)
    # An administrator is in no course, and may see each that there is.
    known = await read(request, partial(courses_of, actor=actor))
    if course_id not in {one["id"] for one in known}:
        raise NotFound
    return may(request, right, course=course_id), course_id


async def asked_assignment(request: Request, right: str) -> tuple[Actor, sa.RowMapping]:
    """Return who asks, and the assignment with its newest revision that the address names.

    Raises:
        Refusal: there is none that they may see, or they may not.
    """
    found = await read(request, lambda connection: assignment_of(connection, path_id(request)))
    if found is None:
        raise absent(request)
    return may(request, right, course=found["course_id"]), found


async def asked_submission(request: Request, right: str = "submission.see") -> tuple[Actor, Seen]:
    """Return who asks, and the submission that the address names.

    Raises:
        Refusal: there is none that they may see, or they may not.
    """
    found = await read(request, lambda connection: submission_of(connection, path_id(request)))
    if found is None:
        raise absent(request)
    actor = may(request, "submission.see", course=found.course_id, owner=found.user_id)
    if right != "submission.see":
        actor = may(request, right, course=found.course_id)
    return actor, found


def path_id(request: Request) -> str:
    """Return the id in the address, or what is none for certain."""
    # PostgreSQL takes no zero byte, and no id is longer.
    given: str = request.path_params["id"]
    return given[:40].replace("\0", "")
