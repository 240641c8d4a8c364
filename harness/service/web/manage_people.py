"""The people of a course: roles, invitations, and the roster."""

import sqlalchemy as sa
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.escape import plain
from harness.sentence import Sentence
from harness.service.schema import ROLES
from harness.service.store.invitations import invite, open_invitations, withdraw
from harness.service.store.people import checked_email, enrol, leave, people_of_course, role_in
from harness.service.store.rosters import Imported, import_roster
from harness.service.web.forms import text
from harness.service.web.guarding import absent
from harness.service.web.looking_up import course_of
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]


async def _show(request: Request) -> Response:
    course = await course_of(request, "people.see")
    return await _page(request, course)


async def _page(
    request: Request,
    course: sa.RowMapping,
    *,
    link: str = "",
    imported: Imported | None = None,
    error: UsageError | None = None,
    typed: str = "",
) -> Response:
    service = service_of(request)
    people = await service.read(lambda connection: people_of_course(connection, course["id"]))
    waiting = await service.read(lambda connection: open_invitations(service.database, connection, course["id"]))
    return render(
        request,
        "people_course.html",
        status_code=400 if error else 200,
        course=course,
        people=people,
        invitations=waiting,
        roles=ROLES,
        address=service.settings.address,
        link=link,
        imported=imported,
        error=error,
        typed=typed,
    )


async def _invite(request: Request) -> Response:
    course = await course_of(request, "people.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        written, role = text(form, "email"), text(form, "role")
    try:
        email = checked_email(written) if written else None
        secret = await service.writer.do(
            lambda connection: invite(
                service.database, connection, role=role, course_id=course["id"], by=by, email=email
            )
        )
    except UsageError as error:
        return await _page(request, course, error=error, typed=written)
    return await _page(request, course, link=f"{service.settings.address}/join/{secret}")


async def _withdraw(request: Request) -> Response:
    course = await course_of(request, "people.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    invitation_id = request.path_params["invitation"]
    done = await service.writer.do(
        lambda connection: withdraw(service.database, connection, invitation_id, course_id=course["id"], by=by)
    )
    if not done:
        raise absent(request)
    return RedirectResponse(f"/courses/{course['slug']}/people", 303)


async def _import(request: Request) -> Response:
    course = await course_of(request, "people.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        file = form.get("roster")
        data = await file.read() if isinstance(file, UploadFile) else b""
        shown = plain(file.filename or "", 100) if isinstance(file, UploadFile) else ""
    try:
        if not data:
            raise UsageError(Sentence("choose a CSV file first"))
        imported = await service.writer.do(
            lambda connection: import_roster(service.database, connection, data, shown, course_id=course["id"], by=by)
        )
    except UsageError as error:
        return await _page(request, course, error=error)
    return await _page(request, course, imported=imported)


async def _change(request: Request) -> Response:
    course = await course_of(request, "people.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    user_id: str = request.path_params["user"]
    async with request.form() as form:
        role = text(form, "role")

    def change(connection: sa.Connection) -> bool:
        # Nobody is put into a course by their id alone.
        if role_in(connection, course["id"], user_id) is None:
            return False
        enrol(service.database, connection, course_id=course["id"], user_id=user_id, role=role, by=by)
        return True

    try:
        done = await service.writer.do(change)
    except UsageError as error:
        return await _page(request, course, error=error)
    if not done:
        raise absent(request)
    return RedirectResponse(f"/courses/{course['slug']}/people", 303)


async def _remove(request: Request) -> Response:
    course = await course_of(request, "people.change")
    service = service_of(request)
    by: str = request.state.actor.user_id
    user_id = request.path_params["user"]
    done = await service.writer.do(
        lambda connection: leave(service.database, connection, course_id=course["id"], user_id=user_id, by=by)
    )
    if not done:
        raise absent(request)
    return RedirectResponse(f"/courses/{course['slug']}/people", 303)


routes = [
    Route("/courses/{course}/people", _show),
    Route("/courses/{course}/people/{user}/role", _change, methods=["POST"]),
    Route("/courses/{course}/people/{user}/remove", _remove, methods=["POST"]),
    Route("/courses/{course}/invitations", _invite, methods=["POST"]),
    Route("/courses/{course}/invitations/{invitation}/withdraw", _withdraw, methods=["POST"]),
    Route("/courses/{course}/roster", _import, methods=["POST"]),
]
