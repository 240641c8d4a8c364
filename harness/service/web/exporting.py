"""Gives the marks of a class away: by a page or by the API, and never without a line in the log."""

from collections.abc import Callable

import sqlalchemy as sa
from starlette.requests import Request

from harness.service.store.auditing import note
from harness.service.web.addresses import client_address
from harness.service.web.service import service_of

__all__ = ["exported"]


async def exported(
    request: Request, assignment: sa.RowMapping, form: str, written: Callable[[sa.Connection], str]
) -> str:
    """Return what ``written`` reads, once it is in the log that it was given away.

    A class is read before anything is written: who writes on SQLite holds up all others.
    """
    service = service_of(request)
    text = await service.read(written)
    await service.writer.do(
        lambda connection: note(
            service.database,
            connection,
            request.state.actor.user_id,
            "grade.export",
            f"assignment:{assignment['id']}",
            course_id=assignment["course_id"],
            address=client_address(request),
            format=form,
        )
    )
    return text
