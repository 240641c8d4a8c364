"""Status changes as server-sent events. One look at the database in a while tells all who follow a submission."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from harness.service.store.overseeing import places, states
from harness.service.web.api import shapes
from harness.service.web.api.asking import asked_submission
from harness.service.web.api.looking import one_submission
from harness.service.web.api.operations import Answer, Operation, query_of, read

__all__ = ["Watch", "operations"]

#: Seconds between two looks at what is followed.
_LOOK_SECONDS = 0.5
#: Seconds without a change after which a line is sent, so that no proxy takes the connection for dead.
_QUIET_SECONDS = 15.0


class Watch:
    """Follows submissions for everybody of this process who wants to know; looks at nothing while nobody does."""

    def __init__(self) -> None:
        self._followed: dict[str, set[asyncio.Event]] = {}
        self._known: dict[str, tuple[Any, ...]] = {}
        self._work: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, request: Request, submission_id: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the status or the place of a submission changes."""
        changed = asyncio.Event()
        self._followed.setdefault(submission_id, set()).add(changed)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._look(request))
        try:
            yield changed
        finally:
            self._followed[submission_id].discard(changed)
            if not self._followed[submission_id]:
                del self._followed[submission_id]
                self._known.pop(submission_id, None)

    async def _look(self, request: Request) -> None:
        while self._followed:
            ids = [*self._followed]
            try:
                now = await read(request, lambda connection, ids=ids: _standing(connection, ids))  # type: ignore[misc]
            except sa.exc.SQLAlchemyError:
                # The database is away: those who follow wait, and are told when it is back.
                now = {}
            for one, standing in now.items():
                if self._known.get(one) != standing and one in self._followed:
                    self._known[one] = standing
                    for changed in self._followed[one]:
                        changed.set()
            await asyncio.sleep(_LOOK_SECONDS)


def _standing(connection: sa.Connection, ids: list[str]) -> dict[str, tuple[Any, ...]]:
    found = states(connection, ids)
    waiting = {course for status, _, course in found.values() if status == "queued"}
    order = {course: places(connection, course) for course in waiting}
    return {one: (status, gen, order.get(course, {}).get(one)) for one, (status, gen, course) in found.items()}


async def _events(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    _, found = await asked_submission(request)
    del found
    watch = _watch(request)
    submission_id = request.path_params["id"]

    async def stream() -> AsyncIterator[bytes]:
        async with watch.following(request, submission_id) as changed:
            while True:
                changed.clear()
                _, found = await asked_submission(request)
                told = await one_submission(request, found)
                yield b"event: status\ndata: " + msgspec.json.encode(told) + b"\n\n"
                if not found.is_waiting:
                    return
                try:
                    await asyncio.wait_for(changed.wait(), _QUIET_SECONDS)
                except TimeoutError:
                    yield b": still waiting\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), headers=headers, media_type="text/event-stream")


def _watch(request: Request) -> Watch:
    state = request.app.state
    if not hasattr(state, "api_watch"):
        state.api_watch = Watch()
    watch: Watch = state.api_watch
    return watch


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
