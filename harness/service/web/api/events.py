"""Status changes as server-sent events, out of the same look at the database that serves the pages."""

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from harness.service.web.api import shapes
from harness.service.web.api.asking import asked_submission, may
from harness.service.web.api.operations import Answer, Operation, query_of
from harness.service.web.api.seen import seen_now
from harness.service.web.live import SUBMISSION, live_of, streamed
from harness.service.web.service import service_of

__all__ = ["operations"]


async def _events(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    _, found = await asked_submission(request)
    return streamed(_changes(request, found.id))


async def _changes(request: Request, submission_id: str) -> AsyncIterator[str]:
    last, service = None, service_of(request)
    async for state in live_of(request).watch(SUBMISSION, submission_id):
        if state is None:
            yield ": still waiting\n\n"
            continue
        now = (state.status, state.gen, state.place)
        if now == last:
            continue  # only the estimate of the time is another
        last = now
        # All who follow are told after the same look: what they are told is read together.
        seen = await service.reads.ask(seen_now, (submission_id, service.settings.dead_after_s))
        if seen is None:
            return
        found, told = seen
        may(request, "submission.see", course=found.course_id, owner=found.user_id)
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
