"""The LMSs whose people may come: what each has to be told, which are registered, and which courses are connected."""

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.sentence import Sentence, marked
from harness.service.lti.registering import addresses
from harness.service.settings import LtiPlatform
from harness.service.store.courses import course_by_slug, courses
from harness.service.store.platforms import (
    connect_course,
    disconnect_course,
    drop_platform,
    platforms,
    register_platform,
)
from harness.service.web.addresses import client_address
from harness.service.web.forms import text
from harness.service.web.guarding import absent, guard
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

_HERE = "/manage/lti"
#: What an LMS shows of itself, by what most of them call it.
_FIELDS = {
    "issuer": marked("Issuer, platform ID"),
    "client_id": marked("Client ID"),
    "deployment_id": marked("Deployment ID"),
    "auth_login_url": marked("Authentication request URL"),
    "auth_token_url": marked("Access token URL"),
    "jwks_url": marked("Public keyset URL"),
    "auth_audience": marked("Audience of access tokens (empty: the access token URL)"),
}
_OPTIONAL = "auth_audience"


async def _show(request: Request) -> Response:
    guard(request, "service.see")
    return await _page(request)


async def _page(request: Request, refused: UsageError | None = None) -> Response:
    service = service_of(request)
    found = await service.read(lambda connection: platforms(connection, service.settings))
    known = await service.read(courses)
    return render(
        request,
        "manage_lti.html",
        status_code=200 if refused is None else 400,
        addresses=addresses(service.settings),
        is_https=service.is_https,
        platforms=found,
        of_settings={one.id: one.courses for one in service.settings.lti_platforms},
        courses=known,
        names={one["slug"]: one["name"] for one in known},
        fields=_FIELDS,
        optional=_OPTIONAL,
        refused=refused,
    )


async def _register(request: Request) -> Response:
    actor = guard(request, "service.change")
    service, address = service_of(request), client_address(request)
    async with request.form(max_files=0) as form:
        given = {name: text(form, name) for name in _FIELDS}
    try:
        platform = _platform(given)
        await service.writer.do(
            lambda connection: register_platform(
                service.database, connection, service.settings, platform, by=actor.user_id, address=address
            )
        )
    except UsageError as error:
        return await _page(request, error)
    return RedirectResponse(_HERE, 303)


def _platform(given: dict[str, str]) -> LtiPlatform:
    for name, value in given.items():
        # By the rules of the settings, each field by itself: so it can be said which one is wrong.
        kind = next(field.type for field in msgspec.structs.fields(LtiPlatform) if field.name == name)
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            is_wrong = True
        else:
            is_wrong = not value.isprintable()
        if is_wrong:
            raise UsageError(
                Sentence("“{field}” cannot be that", field=Sentence(_FIELDS[name])),
                Sentence("copy it as the LMS shows it: no part of it may be missing"),
            )
    return msgspec.convert({**given, "private": False}, LtiPlatform)


async def _drop(request: Request) -> Response:
    actor = guard(request, "service.change")
    service, address = service_of(request), client_address(request)
    wanted: str = request.path_params["platform"]
    is_gone = await service.writer.do(
        lambda connection: drop_platform(service.database, connection, wanted, by=actor.user_id, address=address)
    )
    if not is_gone:
        raise absent(request)
    return RedirectResponse(_HERE, 303)


async def _connect(request: Request) -> Response:
    actor = guard(request, "service.change")
    service, address = service_of(request), client_address(request)
    wanted: str = request.path_params["platform"]
    async with request.form(max_files=0) as form:
        context, slug = text(form, "context"), text(form, "course")

    def write(connection: sa.Connection) -> bool:
        platform = next((one for one in platforms(connection, service.settings) if one.id == wanted), None)
        if platform is None:
            return False
        course = course_by_slug(connection, slug)
        if course is None:
            raise UsageError(Sentence("there is no such course"), Sentence("choose one of the list"))
        connect_course(service.database, connection, platform, context, course["id"], by=actor.user_id, address=address)
        return True

    try:
        if not await service.writer.do(write):
            raise absent(request)
    except UsageError as error:
        return await _page(request, error)
    return RedirectResponse(_HERE, 303)


async def _disconnect(request: Request) -> Response:
    actor = guard(request, "service.change")
    service, address = service_of(request), client_address(request)
    wanted: str = request.path_params["platform"]
    async with request.form(max_files=0) as form:
        context = text(form, "context", strip=False)
    is_gone = await service.writer.do(
        lambda connection: disconnect_course(
            service.database, connection, wanted, context, by=actor.user_id, address=address
        )
    )
    if not is_gone:
        raise absent(request)
    return RedirectResponse(_HERE, 303)


routes = [
    Route(_HERE, _show),
    Route(_HERE, _register, methods=["POST"]),
    Route(_HERE + "/{platform}/drop", _drop, methods=["POST"]),
    Route(_HERE + "/{platform}/courses", _connect, methods=["POST"]),
    Route(_HERE + "/{platform}/courses/drop", _disconnect, methods=["POST"]),
]
