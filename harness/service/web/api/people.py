"""The people of a course: who is in it, and a roster that is taken over."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.render.gradebook import csv_text, safe_cell
from harness.service.schema import enrolment, user
from harness.service.store.rosters import import_roster
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, answer, query_of, read
from harness.service.web.api.submitting import file_of
from harness.service.web.finding import course_at
from harness.service.web.guarding import identified
from harness.service.web.service import service_of

__all__ = ["operations"]


async def _roster(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    course_id = await course_at(request, "people.see")

    def rows(connection: sa.Connection) -> list[list[str]]:
        found = connection.execute(
            sa.select(enrolment.c.external_id, user.c.name, user.c.email, enrolment.c.role)
            .join(user, user.c.id == enrolment.c.user_id)
            .where(enrolment.c.course_id == course_id)
            .order_by(user.c.name, user.c.id)
        )
        return [[safe_cell(cell or "") for cell in row] for row in found]

    text = csv_text([["id", "name", "email", "role"], *await read(request, rows)])
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="roster.csv"'}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


async def _take_roster(request: Request) -> Response:
    course_id = await course_at(request, "people.change")
    name, data = await file_of(request, query_of(request, shapes.RosterName).name)
    service, actor = service_of(request), identified(request)
    done = await service.writer.do(
        lambda connection: import_roster(
            service.database, connection, data, name, course_id=course_id, by=actor.user_id
        )
    )
    address = service.settings.address
    return answer(
        shapes.Imported(
            enrolled=done.enrolled,
            invited=[
                shapes.Invited(
                    name=one.name,
                    email=one.email,
                    external_id=one.external_id,
                    link=f"{address}/join/{one.secret}",
                )
                for one in done.invited
            ],
            unchanged=done.unchanged,
            problems=[str(one) for one in done.problems],
        )
    )


operations = (
    Operation(
        name="getRoster",
        method="GET",
        path="/courses/{id}/roster",
        told="Who is in a course, as CSV; for assistants and instructors.",
        handle=_roster,
        answers={200: Answer(told="A line for each, below the names of the columns.", media=("text/csv",))},
    ),
    Operation(
        name="takeRoster",
        method="POST",
        path="/courses/{id}/roster",
        told="Enrol or invite the learners of a CSV file. The same file once more changes nothing.",
        handle=_take_roster,
        query=shapes.RosterName,
        takes=("text/csv", "multipart/form-data"),
        problems=("unprocessable", "too-large"),
        answers={200: Answer(told="What became of each line.", shape=shapes.Imported)},
    ),
)
