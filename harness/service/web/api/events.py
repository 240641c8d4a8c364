"""Status changes as server-sent events, out of the same look at the database that serves the pages."""

from collections.abc import AsyncIterator
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from harness.service.store.waiting import State
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, query_of
from harness.service.web.api.seen import seen_now
from harness.service.web.finding import submission_at
from harness.service.web.identifying import still_may
from harness.service.web.live import SUBMISSION, Still, live_of, streamed
from harness.service.web.refusal import Refusal
from harness.service.web.service import service_of

__all__ = ["operations"]


async def _events(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    found = await submission_at(request, "submission.see")
    still = partial(still_may, request, "submission.see", course=found.course_id, owner=found.user_id)
    return streamed(_changes(request, found.id, still))


async def _changes(request: Request, submission_id: str, still: Still) -> AsyncIterator[str]:
    last, service = None, service_of(request)
    async for state in _while_allowed(live_of(request).watch(SUBMISSION, submission_id, still)):
        if state is None:
            yield ": still waiting\n\n"
            continue
        now = (state.status, state.gen, state.place)
        if now == last:
            continue  # only the estimate of the time is another
        last = now
        # All who follow are told after the same look: what they are told is read together.
        told = await service.reads.ask(seen_now, (submission_id, service.settings.dead_after_s))
        assert told is not None, "submissions are never deleted"
        yield f"event: status\ndata: {msgspec.json.encode(told).decode()}\n\n"
        if told.queue is None:
            return


async def _while_allowed(states: AsyncIterator[State | None]) -> AsyncIterator[State | None]:
    try:
        async for state in states:
            yield state
    except Refusal:
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
