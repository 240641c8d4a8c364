"""The learner's pages: courses, an assignment with its editor, a submission with its report, and what changed."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from harness.escape import plain
from harness.feedback import Feedback, with_feedback
from harness.render.html import content
from harness.render.json import read_json
from harness.service.access import allowed
from harness.service.ids import new_id
from harness.service.store.counting import counting_submissions
from harness.service.store.looking import (
    PAGE,
    Seen,
    assignment_of,
    assignments_of,
    courses_of,
    history,
    report_of,
    text_of,
    used_attempts,
)
from harness.service.store.waiting import states_now
from harness.service.web.addresses import attachment
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.guarding import guard, signed_in
from harness.service.web.refusal import NotFound
from harness.service.web.rendering import language_of, render
from harness.service.web.routing import Route
from harness.service.web.service import service_of
from harness.template import template_directory

__all__ = ["assignment_page", "history_page", "routes", "text_in"]

#: Lines of a file that are compared; a submission is a page or two.
_MOST_LINES = 5000


async def _courses(request: Request) -> Response:
    actor = signed_in(request)

    def read(connection: sa.Connection) -> tuple[Any, Any]:
        courses = courses_of(connection, actor)
        return courses, assignments_of(connection, [one["id"] for one in courses])

    courses, assignments = await service_of(request).read(read)
    return render(request, "courses.html", courses=courses, assignments=assignments)


async def _assignment(request: Request) -> Response:
    return await assignment_page(request, await assignment_at(request, "course.see"))


async def assignment_page(
    request: Request,
    found: sa.RowMapping,
    *,
    text: str | None = None,
    refused: Exception | None = None,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the page to write and hand in on.

    Args:
        request: Who asks, and how.
        found: The assignment.
        text: What the editor begins with; None for what was handed in last.
        refused: Why the submission that was just made was not taken.
        status_code: Of the answer.
        headers: Of the answer, beside its own.
    """
    actor = guard(request, "course.see", course=found["course_id"])

    service = service_of(request)

    def read(connection: sa.Connection) -> tuple[list[Seen], int, str, str | None, float]:
        mine = history(connection, found["id"], actor.user_id, most=5)
        # A notebook is no text to go on with, nor is whatever else was handed in as a file.
        code = next((one for one in mine if one.name.endswith(".py")), None)
        last = None if code is None else text_in(text_of(connection, code.blob_sha256))
        used = used_attempts(connection, found["id"], actor.user_id)
        counting = counting_submissions(connection, found["id"], [actor.user_id]).get(actor.user_id)
        now = service.database.now(connection)
        return mine, used, _first_text(found["source"]) if last is None else last, counting, now

    mine, used, last, counting, now = await service.read(read)
    page = render(
        request,
        "assignment.html",
        status_code=status_code,
        assignment=found,
        mine=mine,
        used=used,
        counting=counting,
        now=now,
        text=last if text is None else text,
        refused=refused,
        key=new_id(),
        can_submit=allowed(actor, "submission.make", course=found["course_id"]),
    )
    page.headers.update(headers or {})
    return page


@cache
def _first_text(source: str) -> str:
    """Return what a learner begins with: of the book's assignment, the file of the student's template."""
    if source != "ch05-add-mul":
        return ""
    return (template_directory("student_template") / "layers.py").read_text("utf-8")


def text_in(data: bytes) -> str | None:
    """Return a submission as text for the editor; None where it is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")


async def _submission(request: Request) -> Response:
    seen = await submission_at(request, "submission.see")
    service, spoken = service_of(request), language_of(request)
    is_staff = allowed(request.state.actor, "submission.see", course=seen.course_id)

    def read(connection: sa.Connection) -> dict[str, Any]:
        given = assignment_of(connection, seen.assignment_id)
        assert given is not None, "a submission has an assignment"
        data = None if seen.grade is None else report_of(connection, seen.grade.report_id)
        before = history(connection, seen.assignment_id, seen.user_id, seen.number, 1)
        waiting = [seen.id] if seen.is_waiting else []
        states = states_now(service.database, connection, waiting, service.settings.dead_after_s)
        state = states.get(seen.id)
        return {"assignment": given, "report": data, "before": next(iter(before), None), "state": state}

    values = await service.read(read)
    if (data := values["report"]) is not None:
        (report,) = read_json(data, seen.name)
        level = Feedback.FULL if is_staff else Feedback(values["assignment"]["feedback"])
        # Escaped where it is made: harness.render.html writes files for browsers.
        values["report"] = Markup("\n".join(content(with_feedback(report, level), spoken)))
    return render(request, "submission.html", seen=seen, is_staff=is_staff, **values)


async def _file(request: Request) -> Response:
    seen = await submission_at(request, "submission.see")
    data = await service_of(request).read(lambda connection: text_of(connection, seen.blob_sha256))
    headers = {"Content-Disposition": attachment(seen.name), "Cache-Control": "no-store"}
    return Response(data, media_type="application/octet-stream", headers=headers)


async def _history(request: Request) -> Response:
    found = await assignment_at(request, "course.see")
    return await history_page(request, found, request.state.actor.user_id, request.state.actor.name)


async def history_page(request: Request, found: sa.RowMapping, user_id: str, name: str) -> Response:
    """Return the page with the submissions of one learner."""
    before = request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise NotFound

    def read(connection: sa.Connection) -> tuple[list[Seen], str | None]:
        counting = counting_submissions(connection, found["id"], [user_id]).get(user_id)
        return history(connection, found["id"], user_id, int(before) if before else None, PAGE + 1), counting

    rows, counting = await service_of(request).read(read)
    more = rows[PAGE - 1].number if len(rows) > PAGE else None
    return render(
        request,
        "history.html",
        assignment=found,
        rows=rows[:PAGE],
        more=more,
        learner=name,
        counting=counting,
        is_mine=user_id == request.state.actor.user_id,
    )


async def _changes(request: Request) -> Response:
    seen = await submission_at(request, "submission.see")

    def read(connection: sa.Connection) -> tuple[Any, Seen | None, bytes, bytes]:
        given = assignment_of(connection, seen.assignment_id)
        before = next(iter(history(connection, seen.assignment_id, seen.user_id, seen.number, 1)), None)
        old = b"" if before is None else text_of(connection, before.blob_sha256)
        return given, before, old, text_of(connection, seen.blob_sha256)

    given, before, old, new = await service_of(request).read(read)
    texts = text_in(old), text_in(new)
    lines = None if None in texts else [*_compared(texts[0] or "", texts[1] or "")]
    return render(request, "changes.html", assignment=given, seen=seen, before=before, lines=lines)


def _compared(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield (``+``, ``-``, ``@`` or blank; line) for each line that is told of."""
    before, after = (text.splitlines()[:_MOST_LINES] for text in (old, new))
    for line in list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]:
        yield line[0], plain(line[1:].replace("\t", "    "), 500)


routes = [
    Route("/courses", _courses, name="courses"),
    Route("/assignments/{assignment_id}", _assignment, name="assignment"),
    Route("/assignments/{assignment_id}/history", _history, name="history"),
    Route("/submissions/{submission_id}", _submission, name="submission"),
    Route("/submissions/{submission_id}/file", _file, name="file"),
    Route("/submissions/{submission_id}/changes", _changes, name="changes"),
]
