"""What open pages are told as it happens."""

from collections.abc import AsyncIterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from harness.language import Language
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.identifying import still_may
from harness.service.web.live import ASSIGNMENT, SUBMISSION, Live, Still, live_of, streamed
from harness.service.web.refusal import Refusal
from harness.service.web.rendering import language_of, part
from harness.service.web.routing import OVER, ForStreams

__all__ = ["routes"]

_ALIVE = ": \n\n"


async def _of_submission(request: Request) -> Response:
    seen = await submission_at(request, "submission.see")
    still = partial(still_may, request, "submission.see", course=seen.course_id, owner=seen.user_id)
    return streamed(_states(live_of(request), seen.id, language_of(request), still))


async def _states(live: Live, submission_id: str, spoken: Language, still: Still) -> AsyncIterator[str]:
    try:
        async for state in live.watch(SUBMISSION, submission_id, still):
            if state is None:
                yield _ALIVE
                continue
            if state.is_over:
                yield OVER
                return
            shown = part("state.html", spoken, state=state)
            yield "".join(f"data: {line}\n" for line in shown.splitlines()) + "\n"
    except Refusal:
        yield OVER


async def _of_class(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    still = partial(still_may, request, "class.see", course=found["course_id"])
    return streamed(_changes(live_of(request), found["id"], still))


async def _changes(live: Live, assignment_id: str, still: Still) -> AsyncIterator[str]:
    first = True
    try:
        async for mark in live.watch(ASSIGNMENT, assignment_id, still):
            # What the page shows is what the first look finds.
            yield _ALIVE if mark is None or first else "event: graded\ndata: \n\n"
            first = first and mark is None
    except Refusal:
        yield OVER


routes = [
    ForStreams("/submissions/{submission_id}/events", _of_submission, name="submission-events"),
    ForStreams("/assignments/{assignment_id}/events", _of_class, name="class-events"),
]
