"""Tells who follows what has changed. One look at the database, once a second, serves all of a process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from harness.service.store.overseeing import class_mark
from harness.service.store.waiting import states_now
from harness.service.web.service import Service, service_of

__all__ = ["ASSIGNMENT", "SUBMISSION", "Live", "live_of", "streamed"]

_LOG = logging.getLogger(__name__)
#: Seconds between two looks, and between two signs of life on a stream on which nothing changes: proxies close it else.
_EVERY, _ALIVE = 1.0, 15.0

ASSIGNMENT, SUBMISSION = "assignment", "submission"
Key = tuple[str, str]


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
            kind: ``submission`` yields a :class:`harness.service.store.waiting.State`, ``assignment`` a value that is
                another after each grade.
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
            keys = [*self._watched]
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
            await asyncio.sleep(_EVERY)

    def _found(self, connection: sa.Connection, keys: list[Key]) -> Mapping[Key, Any]:
        ids = [what for kind, what in keys if kind == SUBMISSION]
        now = states_now(self._service.database, connection, ids, self._service.settings.dead_after_s)
        found: dict[Key, Any] = {(SUBMISSION, what): state for what, state in now.items()}
        for kind, what in keys:
            if kind == ASSIGNMENT:
                found[kind, what] = class_mark(connection, what)
        return found


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
