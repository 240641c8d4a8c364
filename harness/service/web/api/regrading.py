"""Operations of those who teach: a new grade for one or for all, and the marks of a class."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.render.gradebook import NEW_GRADEBOOKS, plain_csv
from harness.service.class_rows import marks
from harness.service.store.queueing import Regraded, regrade, regrade_some
from harness.service.store.standings import standings
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, answer, query_of
from harness.service.web.exporting import exported
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.guarding import identified
from harness.service.web.service import service_of

__all__ = ["operations"]


async def _regrade_one(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    found = await submission_at(request, "submission.regrade")
    service, actor = service_of(request), identified(request)
    gen = await service.writer.do(
        lambda connection: regrade(service.database, service.jobs, connection, found.id, actor.user_id)
    )
    return answer(shapes.Regraded(count=int(gen is not None)), 202)


async def _regrade_all(request: Request) -> Response:
    start = query_of(request, shapes.Follow).after
    assignment = await assignment_at(request, "submission.regrade")
    service, actor = service_of(request), identified(request)

    def some(connection: sa.Connection) -> Regraded:
        return regrade_some(service.database, service.jobs, connection, assignment["id"], start, actor.user_id)

    done = await service.writer.do(some)
    return answer(shapes.Regraded(count=done.count, next=done.after), 202)


async def _marks(request: Request) -> Response:
    form = query_of(request, shapes.Exported).format
    assignment = await assignment_at(request, "grade.export")

    def written(connection: sa.Connection) -> str:
        found = [*marks(standings(connection, assignment["course_id"], assignment["id"]), 0.0, lambda one: one.status)]
        return plain_csv(found) if form == "csv" else NEW_GRADEBOOKS[form](found, assignment["title"])

    text = await exported(request, assignment, form, written)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="marks-{form}.csv"'}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


operations = (
    Operation(
        name="regradeSubmission",
        method="POST",
        path="/submissions/{id}/regrade",
        told="Have a submission graded by the newest revision; the grade that there is stands until then.",
        handle=_regrade_one,
        answers={202: Answer(told="It will be.", shape=shapes.Regraded)},
    ),
    Operation(
        name="regradeAssignment",
        method="POST",
        path="/assignments/{id}/regrade",
        told="The same for all of an assignment, some at a time: repeat with `after` until `next` is null.",
        handle=_regrade_all,
        query=shapes.Follow,
        answers={202: Answer(told="They will be.", shape=shapes.Regraded)},
    ),
    Operation(
        name="exportMarks",
        method="GET",
        path="/assignments/{id}/marks",
        told="The marks of a class as CSV: plain, or for a gradebook.",
        handle=_marks,
        query=shapes.Exported,
        answers={200: Answer(told="The marks.", media=("text/csv",))},
    ),
)
