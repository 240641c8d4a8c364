"""Operations that only look: courses, one submission, its report, and the submissions of a class."""

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.feedback import Feedback, with_feedback
from harness.language import language
from harness.records import Report
from harness.render import format_names, is_format, render
from harness.render.visible import visible_part
from harness.sentence import Sentence
from harness.service.access import allowed
from harness.service.store.looking import (
    Filter,
    Seen,
    assignment_of,
    assignments_of,
    courses_of,
    report_of,
    submissions_by_id,
    submissions_of,
    used_attempts,
)
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, answer, body_of, query_of, read
from harness.service.web.api.problems import Invalid
from harness.service.web.api.seen import shown_all
from harness.service.web.api.shapes import moment
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.guarding import identified
from harness.service.web.rendering import language_of
from harness.service.web.service import service_of

__all__ = ["MEDIA", "one_submission", "operations"]

#: Of formats; those of other distributions are text.
MEDIA = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "svg": "image/svg+xml",
    "junit": "application/xml",
    **dict.fromkeys(
        ("ctrf", "gradescope", "classroom50", "exercism", "prairielearn", "codequality"), "application/json"
    ),
}
#: Those that ``Accept`` can ask for, the first of which is for a client that takes anything.
_ACCEPTED = ("json", "text", "html", "markdown", "svg")
#: These leave hidden checks out by themselves, and say how many there are.
_TELL_HIDDEN = frozenset({"text", "html", "markdown"})


async def _courses(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    actor = identified(request)

    def found(connection: sa.Connection) -> shapes.Assignments:
        mine = [one for one in courses_of(connection, actor) if allowed(actor, "course.see", course=one["id"])]
        below: dict[str, list[shapes.Assignment]] = {one["id"]: [] for one in mine}
        for row in assignments_of(connection, below):
            about = {name: row[name] for name in shapes.Assignment.__struct_fields__ if name in row}
            times = {name: moment(at) for name, at in about.items() if name.endswith("_at") and at is not None}
            used = used_attempts(connection, row["id"], actor.user_id)
            below[row["course_id"]].append(shapes.Assignment(**{**about, **times, "used_attempts": used}))
        return shapes.Assignments(
            courses=[
                shapes.Course(
                    id=one["id"], slug=one["slug"], name=one["name"], role=one["role"], assignments=below[one["id"]]
                )
                for one in mine
            ]
        )

    return answer(await read(request, found))


async def one_submission(request: Request, found: Seen) -> shapes.Submission:
    """Return what is told of a submission."""
    service = service_of(request)
    (told,) = await read(
        request,
        lambda connection: shown_all(service.database, connection, [found], service.settings.dead_after_s),
    )
    return told


async def _submission(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    found = await submission_at(request, "submission.see")
    return answer(await one_submission(request, found))


async def _look_up(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    actor, service = identified(request), service_of(request)
    wanted = await body_of(request, shapes.Wanted)

    def looked_up(connection: sa.Connection) -> shapes.Found:
        found = submissions_by_id(connection, wanted.ids)
        seen = [
            one
            for submission_id in dict.fromkeys(wanted.ids)
            if (one := found.get(submission_id)) is not None
            # What they may not see is told of as what is not there.
            and allowed(actor, "submission.see", course=one.course_id, owner=one.user_id)
        ]
        told = shown_all(service.database, connection, seen, service.settings.dead_after_s)
        return shapes.Found(submissions=told)

    return answer(await read(request, looked_up))


async def _submissions(request: Request) -> Response:
    page = query_of(request, shapes.Page)
    assignment = await assignment_at(request, "class.see")
    service = service_of(request)

    def listed(connection: sa.Connection) -> shapes.Submissions:
        wanted = Filter(status=page.status)
        found = submissions_of(connection, assignment["id"], wanted, page.before, page.limit + 1)
        told = shown_all(service.database, connection, found[: page.limit], service.settings.dead_after_s)
        return shapes.Submissions(submissions=told, next=told[-1].id if len(found) > page.limit else None)

    return answer(await read(request, listed))


async def _report(request: Request) -> Response:
    form = query_of(request, shapes.ReportForm)
    name = form.format or _accepted(request.headers.get("accept", ""))
    if not is_format(name):
        raise Invalid(
            "bad-request",
            Sentence("there is no format of this name"),
            Sentence("choose from: {known}", known=", ".join(format_names())),
        )
    found = await submission_at(request, "submission.see")
    if found.grade is None:
        raise Invalid(
            "no-report", Sentence("there is no report yet"), Sentence("it is there when the status is graded")
        )
    is_staff = allowed(identified(request), "class.see", course=found.course_id)
    spoken = language(form.lang) if form.lang else language_of(request)
    grade = found.grade

    def rendered(connection: sa.Connection) -> str:
        report = msgspec.json.decode(report_of(connection, grade.report_id), type=Report)
        if not is_staff:
            assignment = assignment_of(connection, found.assignment_id)
            assert assignment is not None, "the assignment of a submission is never deleted"
            report = with_feedback(report, Feedback(assignment["feedback"]))
            report = report if name in _TELL_HIDDEN else visible_part(report)
        return render(report, name, spoken)

    headers = {"Cache-Control": "no-store", "Content-Language": spoken.code}
    if name in ("html", "svg"):
        # A page of its own, with its own style: it is saved, and not shown as a part of this site.
        headers["Content-Disposition"] = f'attachment; filename="report.{name}"'
    text = await read(request, rendered)
    return Response(text, headers=headers, media_type=MEDIA.get(name, "text/plain; charset=utf-8"))


def _accepted(header: str) -> str:
    """Return the format that ``Accept`` asks for (RFC 9110, section 12.5.1); the order decides, weights are not read.

    Raises:
        Invalid: it asks for none that there is.
    """
    known = {MEDIA[name].partition(";")[0]: name for name in _ACCEPTED}
    wanted = [part.partition(";")[0].strip() for part in header.split(",") if part.strip()]
    for media in wanted or ["*/*"]:
        kind = media.partition("/")[0]
        if media == "*/*":
            return _ACCEPTED[0]
        if media in known:
            return known[media]
        for one, name in known.items():
            if media == f"{kind}/*" and one.startswith(f"{kind}/"):
                return name
    raise Invalid(
        "not-acceptable",
        Sentence("there is no report of this kind"),
        Sentence("choose from: {known}", known=", ".join(known)),
    )


operations = (
    Operation(
        name="listCourses",
        method="GET",
        path="/courses",
        told="The courses of the caller, with their assignments.",
        handle=_courses,
        answers={200: Answer(told="The courses.", shape=shapes.Assignments)},
    ),
    Operation(
        name="listSubmissions",
        method="GET",
        path="/assignments/{id}/submissions",
        told="The submissions of a class, the newest first; for assistants and instructors.",
        handle=_submissions,
        query=shapes.Page,
        answers={200: Answer(told="A page of submissions.", shape=shapes.Submissions)},
    ),
    Operation(
        name="getSubmission",
        method="GET",
        path="/submissions/{id}",
        told="How a submission stands: its status, its place in the queue, its grade.",
        handle=_submission,
        answers={200: Answer(told="The submission.", shape=shapes.Submission)},
    ),
    Operation(
        name="lookUpSubmissions",
        method="POST",
        path="/submissions/lookup",
        told="How many submissions stand, asked for at once. Of those that the caller may not see nothing is told.",
        handle=_look_up,
        body=shapes.Wanted,
        problems=("unprocessable", "too-large"),
        answers={200: Answer(told="Those that were found.", shape=shapes.Found)},
    ),
    Operation(
        name="getReport",
        method="GET",
        path="/submissions/{id}/report",
        told="The report on a submission, in every format of `dout grade`; Accept decides where format does not.",
        handle=_report,
        query=shapes.ReportForm,
        problems=("no-report", "not-acceptable"),
        answers={
            200: Answer(
                told="The report.",
                media=tuple(sorted({*(media.partition(";")[0] for media in MEDIA.values()), "text/plain"})),
            )
        },
    ),
)
