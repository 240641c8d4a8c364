"""What an administrator does: courses, and everybody who has an account."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.service.access import ADMIN
from harness.service.store.courses import courses, create_course, rename_course
from harness.service.store.invitations import invite, open_invitations, withdraw
from harness.service.store.people import checked_email, disable, enable, users
from harness.service.store.personal import erase_person
from harness.service.web.account import export_answer
from harness.service.web.forms import text
from harness.service.web.guarding import absent, guard
from harness.service.web.looking_up import course_of, user_of
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]


async def _courses(request: Request) -> Response:
    guard(request, "service.see")
    return await _courses_page(request)


async def _courses_page(
    request: Request,
    error: UsageError | None = None,
    typed: Mapping[str, str] | None = None,
    typed_name: Mapping[str, str] | None = None,
) -> Response:
    service = service_of(request)
    found = await service.read(courses)
    return render(
        request,
        "people_courses.html",
        status_code=400 if error else 200,
        courses=found,
        error=error,
        typed=typed,
        # By the short name of the course that was to be renamed.
        typed_name=typed_name or {},
    )


async def _new_course(request: Request) -> Response:
    actor = guard(request, "course.make")
    service = service_of(request)
    async with request.form() as form:
        slug, name = text(form, "slug"), text(form, "name")
    try:
        await service.writer.do(
            lambda connection: create_course(service.database, connection, slug=slug, name=name, by=actor.user_id)
        )
    except UsageError as error:
        return await _courses_page(request, error, {"slug": slug, "name": name})
    return RedirectResponse(f"/courses/{slug}/people", 303)


async def _rename_course(request: Request) -> Response:
    course = await course_of(request, "course.make")
    service = service_of(request)
    by: str = request.state.actor.user_id
    async with request.form() as form:
        name = text(form, "name")
    try:
        await service.writer.do(
            lambda connection: rename_course(service.database, connection, course["id"], name, by=by)
        )
    except UsageError as error:
        return await _courses_page(request, error, typed_name={course["slug"]: name})
    return RedirectResponse("/manage/courses", 303)


async def _everybody(request: Request) -> Response:
    guard(request, "service.see")
    return await _everybody_page(request)


async def _everybody_page(
    request: Request, *, link: str = "", error: UsageError | None = None, typed: str = ""
) -> Response:
    service = service_of(request)
    people = await service.read(users)
    invitations = await service.read(lambda connection: open_invitations(service.database, connection, None))
    return render(
        request,
        "people_everybody.html",
        status_code=400 if error else 200,
        people=people,
        invitations=invitations,
        link=link,
        error=error,
        typed=typed,
    )


async def _invite_admin(request: Request) -> Response:
    actor = guard(request, "service.change")
    service = service_of(request)
    async with request.form() as form:
        written = text(form, "email")
    try:
        email = checked_email(written) if written else None
    except UsageError as error:
        return await _everybody_page(request, error=error, typed=written)
    secret = await service.writer.do(
        lambda connection: invite(
            service.database, connection, role=ADMIN, course_id=None, by=actor.user_id, email=email
        )
    )
    return await _everybody_page(request, link=f"{service.settings.address}/join/{secret}")


async def _withdraw(request: Request) -> Response:
    actor = guard(request, "service.change")
    service = service_of(request)
    wanted: str = request.path_params["invitation"]
    done = await service.writer.do(
        lambda connection: withdraw(service.database, connection, wanted, course_id=None, by=actor.user_id)
    )
    if not done:
        raise absent(request)
    return RedirectResponse("/manage/people", 303)


async def _disable(request: Request) -> Response:
    actor = guard(request, "service.change")
    person = await user_of(request, "service.change")
    if person["id"] == actor.user_id:
        return await _everybody_page(request, error=UsageError(Sentence("you cannot lock yourself out")))
    service = service_of(request)
    change = enable if request.url.path.endswith("/enable") else disable
    await service.writer.do(lambda connection: change(service.database, connection, person["id"], by=actor.user_id))
    return RedirectResponse("/manage/people", 303)


async def _export(request: Request) -> Response:
    actor = guard(request, "person.export", owner=request.path_params["user"])
    person = await user_of(request, "person.export")
    return await export_answer(request, person["id"], by=actor)


async def _erase(request: Request) -> Response:
    actor = guard(request, "person.erase")
    person = await user_of(request, "person.erase")
    service = service_of(request)
    async with request.form() as form:
        is_meant = text(form, "name") == person["name"]
    try:
        if person["id"] == actor.user_id:
            raise UsageError(Sentence("you cannot lock yourself out"))
        if not is_meant:
            raise UsageError(Sentence("write their name as it is shown, so that nobody else is erased"))
        await service.writer.do(
            lambda connection: erase_person(service.database, connection, person["id"], by=actor.user_id)
        )
    except UsageError as error:
        return await _everybody_page(request, error=error)
    return RedirectResponse("/manage/people", 303)


routes = [
    Route("/manage/courses", _courses),
    Route("/manage/courses", _new_course, methods=["POST"]),
    Route("/manage/courses/{course}/name", _rename_course, methods=["POST"]),
    Route("/manage/people", _everybody),
    Route("/manage/invitations", _invite_admin, methods=["POST"]),
    Route("/manage/invitations/{invitation}/withdraw", _withdraw, methods=["POST"]),
    Route("/manage/people/{user}/disable", _disable, methods=["POST"]),
    Route("/manage/people/{user}/enable", _disable, methods=["POST"]),
    Route("/manage/people/{user}/export", _export, methods=["POST"]),
    Route("/manage/people/{user}/erase", _erase, methods=["POST"]),
]
