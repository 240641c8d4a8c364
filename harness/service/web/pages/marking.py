"""What a teacher changes: grades again, and a score in place of the graded one. All of it is in the log."""

import math

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.sentence import Sentence
from harness.service.ids import new_id
from harness.service.schema import override
from harness.service.store.auditing import note
from harness.service.store.queueing import Regraded, regrade, regrade_some
from harness.service.store.telling import tell_of_grade
from harness.service.web.addresses import client_address
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.refusal import Refusal
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

#: Characters of the reason for a change.
_LONGEST_REASON = 2000


async def _regrade(request: Request) -> Response:
    seen = await submission_at(request, "submission.regrade")
    service, actor = service_of(request), request.state.actor
    await service.writer.do(
        lambda connection: regrade(service.database, service.jobs, connection, seen.id, actor.user_id)
    )
    return RedirectResponse(f"/submissions/{seen.id}", 303)


async def _regrade_all(request: Request) -> Response:
    found = await assignment_at(request, "submission.regrade")
    service, actor = service_of(request), request.state.actor

    after: str | None = ""
    while after is not None:

        def some(connection: sa.Connection, after: str = after) -> Regraded:
            return regrade_some(service.database, service.jobs, connection, found["id"], after, actor.user_id)

        after = (await service.writer.do(some)).after
    return RedirectResponse(f"/assignments/{found['id']}/submissions?status=queued", 303)


async def _override(request: Request) -> Response:
    seen = await submission_at(request, "grade.override")
    form = await request.form(max_files=0, max_fields=10)
    reason = str(form.get("reason", "")).strip()[:_LONGEST_REASON]
    if seen.grade is None:
        raise Refusal(Sentence("there is no grade to change"), Sentence("grade it again first"), status=409)
    score = _score(str(form.get("score", "")).strip(), seen.grade.max_score)
    if not reason:
        raise Refusal(Sentence("a changed score needs a reason"), Sentence("the learner reads it"), status=422)
    service, actor = service_of(request), request.state.actor

    def write(connection: sa.Connection) -> None:
        connection.execute(
            sa.insert(override).values(
                id=new_id(),
                submission_id=seen.id,
                score=score,
                reason=reason,
                by=actor.user_id,
                at=service.database.clock,
            )
        )
        note(
            service.database,
            connection,
            actor.user_id,
            "grade.override",
            f"submission:{seen.id}",
            course_id=seen.course_id,
            address=client_address(request),
            score=score,
        )
        tell_of_grade(service.database, connection, seen.id)

    await service.writer.do(write)
    return RedirectResponse(f"/submissions/{seen.id}", 303)


def _score(text: str, most: float) -> float | None:
    """Return the score in a form; None for an empty one, which takes a change back."""
    if not text:
        return None
    try:
        score = float(text.replace(",", "."))
    except ValueError:
        score = math.nan
    if not 0 <= score <= most:
        raise Refusal(
            Sentence("a score is a number from 0 to {most}", most=f"{most:g}"),
            Sentence("leave it empty to take a change back"),
            status=422,
        )
    return score


routes = [
    Route("/submissions/{submission_id}/regrade", _regrade, methods=["POST"], name="regrade"),
    Route("/assignments/{assignment_id}/regrade", _regrade_all, methods=["POST"], name="regrade-all"),
    Route("/submissions/{submission_id}/override", _override, methods=["POST"], name="override"),
]
