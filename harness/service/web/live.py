"""Tells who follows what has changed. One look at the database, once a second, serves all of a process."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from harness.records import Record
from harness.service.store.overseeing import Pace, class_mark, courses_waiting, pace, places, states
from harness.service.web.service import Service, service_of

__all__ = ["Live", "State", "live_of", "state_now", "streamed"]

_LOG = logging.getLogger(__name__)
#: Seconds between two looks, and between two signs of life on a stream on which nothing changes: proxies close it else.
_EVERY, _ALIVE = 1.0, 15.0
#: Seconds until the next look for each second that one took: a long queue takes long to count.
_REST = 20.0

ASSIGNMENT, SUBMISSION = "assignment", "submission"
Key = tuple[str, str]


class State(Record, frozen=True, kw_only=True):
    """What a page says of a submission that waits."""

    status: str
    gen: int
    #: In the course's queue, from 1; None when it does not wait there.
    place: int | None = None
    #: Seconds, estimated; None when nothing is known to go by.
    wait_s: int | None = None
    #: Whether any worker is at work.
    has_workers: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of itself."""
        return self.status not in ("queued", "running")


class Live:
    """The streams of a process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watched: dict[Key, set[asyncio.Queue[Any]]] = {}
        self._known: dict[Key, Any] = {}
        self._task: asyncio.Task[None] | None = None

    async def watch(self, kind: str, what: str) -> AsyncIterator[Any]:
        """Yield what is the case now and after each change; None when there is nothing new but a sign of life.

        Args:
            kind: ``submission`` yields a :class:`State`, ``assignment`` a value that is another after each grade.
            what: Its id.
        """
        key = (kind, what)
        mine: asyncio.Queue[Any] = asyncio.Queue()
        if key in self._known:
            mine.put_nowait(self._known[key])
        self._watched.setdefault(key, set()).add(mine)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        try:
            while True:
                try:
                    yield await asyncio.wait_for(mine.get(), _ALIVE)
                except TimeoutError:
                    yield None
        finally:
            self._watched[key].discard(mine)
            if not self._watched[key]:
                del self._watched[key]
                self._known.pop(key, None)

    async def _look(self) -> None:
        while self._watched:
            keys, began = [*self._watched], time.monotonic()
            try:
                found = await self._service.read(lambda connection, keys=keys: self._found(connection, keys))  # type: ignore[misc]
            except sa.exc.SQLAlchemyError:
                # The database may be starting again: pages keep what they show.
                _LOG.warning("the state of submissions could not be read", exc_info=True)
                found = {}
            for key, value in found.items():
                if key in self._watched and self._known.get(key) != value:
                    self._known[key] = value
                    for one in self._watched[key]:
                        one.put_nowait(value)
            await asyncio.sleep(max(_EVERY, _REST * (time.monotonic() - began)))

    def _found(self, connection: sa.Connection, keys: list[Key]) -> Mapping[Key, Any]:
        ids = [what for kind, what in keys if kind == SUBMISSION]
        found: dict[Key, Any] = {(SUBMISSION, what): state for what, state in self._states(connection, ids).items()}
        for kind, what in keys:
            if kind == ASSIGNMENT:
                found[kind, what] = class_mark(connection, what)
        return found

    def _states(self, connection: sa.Connection, ids: list[str]) -> dict[str, State]:
        return _states(self._service, connection, ids)


def live_of(request: Request) -> Live:
    """Return the streams of this process, which all pages and programs share."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(service_of(request))
    live: Live = state.live
    return live


def streamed(lines: AsyncIterator[str]) -> Response:
    """Return an answer that goes on, as server-sent events (HTML standard, section 9.2)."""
    # nginx keeps answers back until they are whole, unless it is told not to.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


def state_now(service: Service, connection: sa.Connection, submission_id: str) -> State:
    """Return how a submission stands."""
    return _states(service, connection, [submission_id])[submission_id]


def _states(service: Service, connection: sa.Connection, ids: list[str]) -> dict[str, State]:
    read = states(connection, ids) if ids else {}
    queued = {course for status, _, course in read.values() if status == "queued"}
    if not queued:
        return {one: State(status=status, gen=gen) for one, (status, gen, _) in read.items()}
    speed = pace(service.database, connection, service.settings.dead_after_s)
    order = {course: places(connection, course) for course in queued}
    waiting = {row["id"]: int(row["queued"]) for row in courses_waiting(service.database, connection)}
    found = {}
    for one, (status, gen, course) in read.items():
        place = order[course].get(one) if status == "queued" else None
        wait = None if place is None else _wait(place, course, waiting, speed)
        found[one] = State(status=status, gen=gen, place=place, wait_s=wait, has_workers=speed.slots > 0)
    return found


def _wait(place: int, course: str, waiting: Mapping[str, int], speed: Pace) -> int | None:
    """Return the seconds until a submission at ``place`` is graded: courses take turns, one submission each."""
    if speed.each_s is None or not speed.slots:
        return None
    ahead = place + sum(min(count, place) for other, count in waiting.items() if other != course)
    return max(1, round(ahead * speed.each_s / speed.slots))
