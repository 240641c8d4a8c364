"""What open pages are told as it happens."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.language import Language
from harness.service.web.finding import assignment_at, submission_at
from harness.service.web.live import ASSIGNMENT, SUBMISSION, Live, live_of, streamed
from harness.service.web.rendering import language_of, part

__all__ = ["routes"]

_ALIVE = ": \n\n"


async def _of_submission(request: Request) -> Response:
    seen = await submission_at(request, "submission.see")
    return streamed(_states(live_of(request), seen.id, language_of(request)))


async def _states(live: Live, submission_id: str, spoken: Language) -> AsyncIterator[str]:
    async for state in live.watch(SUBMISSION, submission_id):
        if state is None:
            yield _ALIVE
            continue
        if state.is_over:
            yield "event: over\ndata: \n\n"
            return
        shown = part("state.html", spoken, state=state)
        yield "".join(f"data: {line}\n" for line in shown.splitlines()) + "\n"


async def _of_class(request: Request) -> Response:
    found = await assignment_at(request, "class.see")
    return streamed(_changes(live_of(request), found["id"]))


async def _changes(live: Live, assignment_id: str) -> AsyncIterator[str]:
    first = True
    async for mark in live.watch(ASSIGNMENT, assignment_id):
        # What the page shows is what the first look finds.
        yield _ALIVE if mark is None or first else "event: graded\ndata: \n\n"
        first = first and mark is None


routes = [
    Route("/submissions/{submission_id}/events", _of_submission, name="submission-events"),
    Route("/assignments/{assignment_id}/events", _of_class, name="class-events"),
]
