"""Webhooks of a course: made, listed and deleted by those who teach it."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.service.store.hooks import drop_webhook, make_webhook, webhook_by_id, webhooks_of
from harness.service.web.addresses import client_address
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, answer, body_of, query_of, read
from harness.service.web.finding import course_at, id_in
from harness.service.web.guarding import absent, guard, identified
from harness.service.web.service import service_of

__all__ = ["operations"]


async def _make(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    course_id = await course_at(request, "webhook.change")
    service, actor = service_of(request), identified(request)
    wanted = await body_of(request, shapes.NewWebhook)
    row, secret = await service.writer.do(
        lambda connection: make_webhook(
            service.database,
            connection,
            course_id=course_id,
            url=wanted.url,
            private=service.settings.private_webhooks,
            by=actor.user_id,
            address=client_address(request),
        )
    )
    return answer(shapes.MadeWebhook(webhook=_shown(row), secret=secret), 201)


async def _list(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    course_id = await course_at(request, "webhook.change")
    rows = await read(request, lambda connection: webhooks_of(connection, course_id))
    return answer(shapes.Webhooks(webhooks=[_shown(row) for row in rows]))


async def _drop(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    wanted = id_in(request)
    found = await read(request, lambda connection: webhook_by_id(connection, wanted))
    if found is None:
        raise absent(request)
    actor = guard(request, "webhook.change", course=found["course_id"])
    service, address = service_of(request), client_address(request)
    await service.writer.do(
        lambda connection: drop_webhook(service.database, connection, found, by=actor.user_id, address=address)
    )
    return Response(status_code=204)


def _shown(row: sa.RowMapping) -> shapes.Webhook:
    return shapes.Webhook(
        id=row["id"],
        url=row["url"],
        created_at=shapes.moment(row["created_at"]),
        disabled_at=None if row["disabled_at"] is None else shapes.moment(row["disabled_at"]),
    )


operations = (
    Operation(
        name="listWebhooks",
        method="GET",
        path="/courses/{id}/webhooks",
        told="Who is told of a course's grades; for instructors.",
        handle=_list,
        answers={200: Answer(told="All of them, without their secrets.", shape=shapes.Webhooks)},
    ),
    Operation(
        name="makeWebhook",
        method="POST",
        path="/courses/{id}/webhooks",
        told="Have an address told of every grade of a course from now on.",
        handle=_make,
        body=shapes.NewWebhook,
        problems=("unprocessable", "too-large"),
        answers={201: Answer(told="It is made. Its secret is shown now, and never again.", shape=shapes.MadeWebhook)},
    ),
    Operation(
        name="deleteWebhook",
        method="DELETE",
        path="/webhooks/{id}",
        told="Tell an address nothing any more.",
        handle=_drop,
        answers={204: Answer(told="It is gone.", media=())},
    ),
)
