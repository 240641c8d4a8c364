"""The webhooks of a course: who is told of its grades, what came of it, and new ones."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.service.store.hooks import deliveries, drop_webhook, make_webhook, webhook_by_id, webhooks_of
from harness.service.web.addresses import client_address
from harness.service.web.finding import id_in
from harness.service.web.forms import text
from harness.service.web.guarding import absent
from harness.service.web.looking_up import course_of
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]


async def _show(request: Request) -> Response:
    return await _page(request, await course_of(request, "webhook.change"))


async def _page(
    request: Request, course: sa.RowMapping, *, secret: str = "", refused: UsageError | None = None
) -> Response:
    def read(connection: sa.Connection) -> list[dict[str, object]]:
        found = webhooks_of(connection, course["id"])
        return [{**one, "told": deliveries(connection, one["id"])} for one in found]

    return render(
        request,
        "manage_hooks.html",
        status_code=200 if refused is None else 400,
        course=course,
        hooks=await service_of(request).read(read),
        secret=secret,
        refused=refused,
    )


async def _make(request: Request) -> Response:
    course = await course_of(request, "webhook.change")
    service, address = service_of(request), client_address(request)
    by: str = request.state.actor.user_id
    async with request.form(max_files=0) as form:
        url = text(form, "url")
    private = service.settings.private_webhooks
    try:
        _, secret = await service.writer.do(
            lambda connection: make_webhook(
                service.database, connection, course_id=course["id"], url=url, private=private, by=by, address=address
            )
        )
    except UsageError as error:
        return await _page(request, course, refused=error)
    # In the answer itself and nowhere else: an address with it would stay in the browser's history.
    return await _page(request, course, secret=secret)


async def _drop(request: Request) -> Response:
    course = await course_of(request, "webhook.change")
    service, address = service_of(request), client_address(request)
    by: str = request.state.actor.user_id
    wanted = id_in(request, "webhook")
    found = await service.read(lambda connection: webhook_by_id(connection, wanted))
    if found is None or found["course_id"] != course["id"]:
        raise absent(request)
    await service.writer.do(
        lambda connection: drop_webhook(service.database, connection, found, by=by, address=address)
    )
    return RedirectResponse(f"/courses/{course['slug']}/webhooks", 303)


routes = [
    Route("/courses/{course}/webhooks", _show),
    Route("/courses/{course}/webhooks", _make, methods=["POST"]),
    Route("/courses/{course}/webhooks/{webhook}/drop", _drop, methods=["POST"]),
]
