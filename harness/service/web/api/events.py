"""Status changes as server-sent events, out of the same look at the database that serves the pages."""

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from harness.service.web.api import shapes
from harness.service.web.api.looking import one_submission
from harness.service.web.api.operations import Answer, Operation, query_of
from harness.service.web.finding import submission_at
from harness.service.web.live import SUBMISSION, live_of, streamed

__all__ = ["operations"]


async def _events(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    found = await submission_at(request, "submission.see")
    return streamed(_changes(request, found.id))


async def _changes(request: Request, submission_id: str) -> AsyncIterator[str]:
    last = None
    async for state in live_of(request).watch(SUBMISSION, submission_id):
        if state is None:
            yield ": still waiting\n\n"
            continue
        now = (state.status, state.gen, state.place)
        if now == last:
            continue  # only the estimate of the time is another
        last = now
        # Asked again each time: who follows may have lost the right meanwhile.
        found = await submission_at(request, "submission.see")
        told = await one_submission(request, found)
        yield f"event: status\ndata: {msgspec.json.encode(told).decode()}\n\n"
        if not found.is_waiting:
            return


operations = (
    Operation(
        name="followSubmission",
        method="GET",
        path="/submissions/{id}/events",
        told="Each change of a submission as an event `status`, whose data is as in getSubmission; ends with a grade.",
        handle=_events,
        answers={200: Answer(told="The events.", media=("text/event-stream",))},
    ),
)
