"""The operator's page: what waits, who works, what failed or was not delivered, and how to let a worker finish."""

from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.service.schema import worker
from harness.service.store.auditing import note
from harness.service.store.messages import given_up, try_again, undelivered
from harness.service.store.overseeing import courses_waiting, failures, pace, workers
from harness.service.web.addresses import client_address
from harness.service.web.forms import text
from harness.service.web.guarding import guard
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

_MOST_FAILURES = 50


async def _overview(request: Request) -> Response:
    guard(request, "service.see")
    service = service_of(request)

    def read(connection: sa.Connection) -> dict[str, Any]:
        return {
            "courses": courses_waiting(service.database, connection),
            "workers": workers(service.database, connection),
            "failures": failures(connection, _MOST_FAILURES),
            "lost": given_up(connection, _MOST_FAILURES),
            "undelivered": undelivered(connection),
            "pace": pace(service.database, connection, service.settings.dead_after_s),
        }

    found = await service.read(read)
    return render(request, "service.html", dead_after_s=service.settings.dead_after_s, **found)


async def _drain(request: Request) -> Response:
    actor = guard(request, "service.change")
    service = service_of(request)
    form = await request.form(max_files=0, max_fields=10)
    executor, drains = str(form.get("executor", "")), form.get("drain") == "yes"

    def write(connection: sa.Connection) -> None:
        changed = connection.execute(
            sa.update(worker)
            .where(worker.c.executor == executor)
            .values(is_draining=drains)
            .returning(worker.c.executor)
        ).first()
        if changed is not None:
            action = "worker.drain" if drains else "worker.resume"
            what = f"worker:{executor}"[:100]
            note(service.database, connection, actor.user_id, action, what, address=client_address(request))

    await service.writer.do(write)
    return RedirectResponse("/service", 303)


async def _again(request: Request) -> Response:
    actor = guard(request, "service.change")
    service = service_of(request)
    async with request.form(max_files=0, max_fields=10) as form:
        message = text(form, "message")

    def write(connection: sa.Connection) -> None:
        if try_again(service.database, connection, message):
            what = f"message:{message}"
            note(service.database, connection, actor.user_id, "message.again", what, address=client_address(request))

    await service.writer.do(write)
    return RedirectResponse("/service", 303)


routes = [
    Route("/service", _overview, name="service"),
    Route("/service/drain", _drain, methods=["POST"], name="drain"),
    Route("/service/again", _again, methods=["POST"], name="again"),
]
