"""The log of who did what: of a course for its instructors, of everything for administrators; as a page and as CSV."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.errors import UsageError
from harness.render.gradebook import csv_text, safe_cell
from harness.service.store.auditing import Wanted, lines
from harness.service.store.looking import PAGE
from harness.service.web.addresses import attachment
from harness.service.web.exporting import given_away
from harness.service.web.forms import time
from harness.service.web.guarding import guard
from harness.service.web.looking_up import course_of
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

#: Lines of one file: 15 MB, and a spreadsheet opens it. Older ones are had by the time.
_MOST_LINES = 50_000
#: Characters of a filter: the longest that a column holds is an e-mail address.
_LONGEST = 320
_FILTERS = ("actor", "action", "object", "since", "until")
_COLUMNS = ("id", "time", "actor", "name", "action", "object", "course", "details", "address")


async def _of_service(request: Request) -> Response:
    guard(request, "service.see")
    return await _page(request, None)


async def _of_course(request: Request) -> Response:
    return await _page(request, await course_of(request, "audit.see"))


async def _page(request: Request, course: sa.RowMapping | None) -> Response:
    error, found, rows = None, Wanted(), list[sa.RowMapping]()
    try:
        found = _wanted(request, course)
    except UsageError as problem:
        error = problem
    else:
        before = _given(request, "before")
        rows = [*await service_of(request).read(lambda connection: lines(connection, found, before, PAGE + 1))]
    asked = {name: _given(request, name) for name in _FILTERS}
    return render(
        request,
        "log.html",
        status_code=400 if error else 200,
        course=course,
        rows=rows[:PAGE],
        more=rows[PAGE - 1]["id"] if len(rows) > PAGE else "",
        is_first=not _given(request, "before"),
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        error=error,
        linked=lambda **only: urlencode(only),
    )


async def _csv_of_service(request: Request) -> Response:
    guard(request, "service.see")
    return await _csv(request, None)


async def _csv_of_course(request: Request) -> Response:
    return await _csv(request, await course_of(request, "audit.see"))


async def _csv(request: Request, course: sa.RowMapping | None) -> Response:
    wanted = _wanted(request, course)

    def written(connection: sa.Connection) -> str:
        return csv_text([_COLUMNS, *(_cells(row) for row in lines(connection, wanted, "", _MOST_LINES))])

    course_id = None if course is None else course["id"]
    what = "service" if course is None else f"course:{course_id}"
    # Which, and not for whom: an erased person's address would stay here.
    filters = [name for name in _FILTERS if _given(request, name)]
    text = await given_away(request, "audit.export", what, course_id, written, filters=filters)
    name = "log.csv" if course is None else f"{course['slug']}-log.csv"
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: sa.RowMapping) -> list[str]:
    at = datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds")
    return [safe_cell(str((dict(row) | {"time": at})[name] or "")) for name in _COLUMNS]


def _wanted(request: Request, course: sa.RowMapping | None) -> Wanted:
    """Return what the address asks for.

    Raises:
        UsageError: a time is none.
    """
    zone = service_of(request).settings.zone
    return Wanted(
        course_id=None if course is None else course["id"],
        actor=_given(request, "actor"),
        action=_given(request, "action"),
        object=_given(request, "object"),
        since=time(request.query_params, "since", zone),
        until=time(request.query_params, "until", zone),
    )


def _given(request: Request, name: str) -> str:
    # PostgreSQL takes no zero byte.
    return request.query_params.get(name, "").strip()[:_LONGEST].replace("\0", "")


routes = [
    Route("/log", _of_service, name="log"),
    Route("/log.csv", _csv_of_service),
    Route("/courses/{course}/log", _of_course),
    Route("/courses/{course}/log.csv", _csv_of_course),
]
