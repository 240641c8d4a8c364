"""What an instructor sets in a course: assignments, their dates, limits, and what learners are told."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import AssignmentError, DoutError, UsageError
from harness.feedback import Feedback
from harness.service.store.courses import Revision, assignments_of, create_assignment, rename_assignment, revise
from harness.service.web.forms import number, text, time
from harness.service.web.looking_up import assignment_of, course_of
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

#: Of the forms, all texts.
_FIELDS = (
    *("title", "slug", "source", "feedback", "open_at", "due_at", "close_at"),
    *("late_factor", "max_attempts", "cooldown_s", "seed"),
)


async def _show(request: Request) -> Response:
    course = await course_of(request, "assignment.change")
    return await _page(request, course)


async def _page(
    request: Request,
    course: sa.RowMapping,
    error: DoutError | None = None,
    typed: Mapping[str, str] | None = None,
    typed_for: str | None = None,
    typed_title: Mapping[str, str] | None = None,
) -> Response:
    service = service_of(request)
    found = await service.read(lambda connection: assignments_of(connection, course["id"]))
    return render(
        request,
        "people_assignments.html",
        status_code=400 if error else 200,
        course=course,
        assignments=found,
        sources=service.installed.names(),
        feedbacks=[level.value for level in Feedback],
        error=error,
        # Whoever is refused has not typed in vain; ``typed_for`` is the assignment's short name, empty of a new one.
        typed=typed,
        typed_for=typed_for,
        # By the short name of the assignment that was to be renamed.
        typed_title=typed_title or {},
    )


def _typed(form: FormData) -> dict[str, str]:
    return {name: text(form, name) for name in _FIELDS}


def _revision(form: FormData, zone: ZoneInfo) -> Revision:
    late_factor = number(form, "late_factor", float)
    return Revision(
        source=text(form, "source"),
        seed=number(form, "seed", int) or 0,
        feedback=text(form, "feedback") or Feedback.FULL.value,
        open_at=time(form, "open_at", zone),
        due_at=time(form, "due_at", zone),
        close_at=time(form, "close_at", zone),
        late_factor=1.0 if late_factor is None else late_factor,
        max_attempts=number(form, "max_attempts", int),
        cooldown_s=number(form, "cooldown_s", float) or 0.0,
    )


async def _create(request: Request) -> Response:
    course = await course_of(request, "assignment.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        typed = _typed(form)
    slug, title = typed["slug"], typed["title"]
    try:
        first = _revision(form, service.settings.zone)
        await service.writer.do(
            lambda connection: create_assignment(
                service.database,
                connection,
                service.installed,
                course_id=course["id"],
                slug=slug,
                title=title,
                first=first,
                by=by,
            )
        )
    except (AssignmentError, UsageError) as error:
        return await _page(request, course, error, typed, "")
    return RedirectResponse(f"/courses/{course['slug']}/manage", 303)


async def _revise(request: Request) -> Response:
    course, assignment = await assignment_of(request, "assignment.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        typed = _typed(form)
    try:
        new = _revision(form, service.settings.zone)
        await service.writer.do(
            lambda connection: revise(service.database, connection, service.installed, assignment["id"], new, by=by)
        )
    except (AssignmentError, UsageError) as error:
        return await _page(request, course, error, typed, assignment["slug"])
    return RedirectResponse(f"/courses/{course['slug']}/manage", 303)


async def _rename(request: Request) -> Response:
    course, assignment = await assignment_of(request, "assignment.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        title = text(form, "title")
    try:
        await service.writer.do(
            lambda connection: rename_assignment(service.database, connection, assignment["id"], title, by=by)
        )
    except UsageError as error:
        return await _page(request, course, error, typed_title={assignment["slug"]: title})
    return RedirectResponse(f"/courses/{course['slug']}/manage", 303)


routes = [
    Route("/courses/{course}/manage", _show),
    Route("/courses/{course}/assignments", _create, methods=["POST"]),
    Route("/courses/{course}/assignments/{assignment}/revisions", _revise, methods=["POST"]),
    Route("/courses/{course}/assignments/{assignment}/title", _rename, methods=["POST"]),
]
