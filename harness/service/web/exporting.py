"""Gives the marks of a class away, or the log: by a page or by the API, and never without a line in the log."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request

from harness.service.store.auditing import note
from harness.service.web.addresses import client_address
from harness.service.web.service import service_of

__all__ = ["exported", "given_away"]


async def exported(
    request: Request, assignment: sa.RowMapping, form: str, written: Callable[[sa.Connection], str]
) -> str:
    """Return the marks of a class that ``written`` reads, once it is in the log that they were given away."""
    what = f"assignment:{assignment['id']}"
    return await given_away(request, "grade.export", what, assignment["course_id"], written, format=form)


async def given_away(
    request: Request,
    action: str,
    what: str,
    course_id: str | None,
    written: Callable[[sa.Connection], str],
    **details: Any,
) -> str:
    """Return what ``written`` reads, once it is in the log as :func:`harness.service.store.auditing.note` has it.

    All of it is read before anything is written: who writes on SQLite holds up all others.
    """
    service = service_of(request)
    text = await service.read(written)
    await service.writer.do(
        lambda connection: note(
            service.database,
            connection,
            request.state.actor.user_id,
            action,
            what,
            course_id=course_id,
            address=client_address(request),
            **details,
        )
    )
    return text
