"""The instructor's pages to look at: a class, its submissions, one learner, equal answers, and gradebooks."""

import sqlalchemy as sa
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from harness.render.dashboard import content
from harness.render.gradebook import NEW_GRADEBOOKS, plain_csv
from harness.service.class_rows import class_head, class_rows, left_out, marks
from harness.service.store.looking import PAGE, Filter, learner_of, submissions_of
from harness.service.store.standings import Standing, equal_answers, standings
from harness.service.web.addresses import attachment
from harness.service.web.exporting import exported
from harness.service.web.finding import assignment_at
from harness.service.web.pages.learning import history_page
from harness.service.web.refusal import NotFound
from harness.service.web.rendering import language_of, render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

_STATUSES = ("", "queued", "running", "graded", "failed", "cancelled")
#: Of a class's marks.
_FORMATS = ("plain", *NEW_GRADEBOOKS)
#: Groups of equal answers on a page, the largest, and learners of each.
_MOST_GROUPS, _MOST_IN_GROUP = 100, 100


async def _class(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    spoken = language_of(request)

    def read(connection: sa.Connection) -> tuple[str, int]:
        head = class_head(connection, found["id"], found["title"])
        everybody = [*standings(connection, found["course_id"], found["id"])]
        absent = [*left_out(everybody)]
        if head is None:
            return "", len(absent)
        rows = [*class_rows(everybody, head)]
        return "\n".join(content(head, lambda: rows, absent, spoken)), len(absent)

    html, absent = await service_of(request).read(read)
    # Escaped where it is made: harness.render.dashboard writes files for browsers.
    body = Markup(html)
    return render(request, "class.html", assignment=found, body=body, absent=absent, formats=[*_FORMATS])


async def _submissions(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    asked = request.query_params
    wanted = Filter(
        status=asked.get("status", ""), learner=asked.get("learner", "")[:200].strip(), only_late="late" in asked
    )
    if wanted.status not in _STATUSES:
        raise NotFound
    before = asked.get("before", "")[:36]
    rows = await service_of(request).read(
        lambda connection: submissions_of(connection, found["id"], wanted, before, PAGE + 1)
    )
    more = rows[PAGE - 1].id if len(rows) > PAGE else ""
    return render(
        request,
        "submissions.html",
        assignment=found,
        rows=rows[:PAGE],
        more=more,
        wanted=wanted,
        statuses=_STATUSES,
        is_first=not before,
    )


async def _learner(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    wanted = request.path_params["user_id"]
    learner = await service_of(request).read(lambda connection: learner_of(connection, found["course_id"], wanted))
    if learner is None:
        raise NotFound
    return await history_page(request, found, learner["id"], learner["name"])


async def _similar(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    compared, equal, groups = await service_of(request).read(
        lambda connection: equal_answers(
            connection, found["course_id"], found["id"], groups=_MOST_GROUPS, each=_MOST_IN_GROUP
        )
    )
    return render(request, "similar.html", assignment=found, compared=compared, equal=equal, groups=groups)


async def _grades(request: Request) -> Response:
    found = await assignment_at(request, "grade.export")
    form = request.query_params.get("format", "plain")
    if form not in _FORMATS:
        raise NotFound

    def written(connection: sa.Connection) -> str:
        head = class_head(connection, found["id"], found["title"])
        most = 0.0 if head is None else head.max_score
        rows = [*marks(standings(connection, found["course_id"], found["id"]), most, _reason)]
        return plain_csv(rows) if form == "plain" else NEW_GRADEBOOKS[form](rows, found["title"])

    text = await exported(request, found, form, written)
    headers = {"Content-Disposition": attachment(f"{found['slug']}-{form}.csv"), "Cache-Control": "no-store"}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _reason(one: Standing) -> str:
    return "" if one.grade is None else one.grade.override_reason


routes = [
    Route("/assignments/{assignment_id}/class", _class, name="class"),
    Route("/assignments/{assignment_id}/submissions", _submissions, name="submissions"),
    Route("/assignments/{assignment_id}/learners/{user_id}", _learner, name="learner"),
    Route("/assignments/{assignment_id}/similar", _similar, name="similar"),
    Route("/assignments/{assignment_id}/grades.csv", _grades, name="grades"),
]
