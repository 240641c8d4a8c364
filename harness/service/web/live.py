"""Tells who follows what has changed. One look at the database, once a second, serves all of a process."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from harness.service.store.overseeing import class_mark
from harness.service.store.waiting import states_now
from harness.service.web.service import Service

__all__ = ["ASSIGNMENT", "SUBMISSION", "Live", "Still", "live_of", "streamed"]

_LOG = logging.getLogger(__name__)
#: Seconds between two looks, and between two signs of life on a stream on which nothing changes: proxies close it else.
_EVERY, _ALIVE = 1.0, 15.0
#: Seconds until the next look for each second that one took: a long queue takes long to count.
_REST = 30.0

#: What is told a stream that is to end.
_END = object()

ASSIGNMENT, SUBMISSION = "assignment", "submission"
Key = tuple[str, str]
#: Raises when who follows may not any more.
Still = Callable[[], Awaitable[None]]


class Live:
    """The streams of a process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watched: dict[Key, set[asyncio.Queue[Any]]] = {}
        self._known: dict[Key, Any] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def close(self) -> None:
        """End all streams, and those that begin from now on at once: the server stops. Pages ask the next one."""
        self._is_closed = True
        for each in self._watched.values():
            for one in each:
                one.put_nowait(_END)

    async def watch(self, kind: str, what: str, still: Still) -> AsyncIterator[Any]:
        """Yield what is the case now and after each change; None when there is nothing new but a sign of life.

        It ends when the server stops.

        Args:
            kind: ``submission`` yields a :class:`harness.service.store.waiting.State`, ``assignment`` a value that is
                another after each grade.
            what: Its id.
            still: Raises when who follows may not any more; asked with each sign of life, and as often between changes.

        Raises:
            Refusal: of ``still``.
        """
        if self._is_closed:
            return
        key = (kind, what)
        mine: asyncio.Queue[Any] = asyncio.Queue()
        if key in self._known:
            mine.put_nowait(self._known[key])
        self._watched.setdefault(key, set()).add(mine)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        until = _next_sign()
        try:
            while True:
                try:
                    news = await asyncio.wait_for(mine.get(), max(0.0, until - time.monotonic()))
                except TimeoutError:
                    news = None
                if news is _END:
                    return
                if time.monotonic() >= until:
                    # Not with every change: two hundred who wait move up each second.
                    await still()
                    until = _next_sign()
                yield news
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
        now = states_now(self._service.database, connection, ids, self._service.settings.dead_after_s)
        found: dict[Key, Any] = {(SUBMISSION, what): state for what, state in now.items()}
        for kind, what in keys:
            if kind == ASSIGNMENT:
                found[kind, what] = class_mark(connection, what)
        return found


def _next_sign() -> float:
    """Return when the next sign of life is due: of all streams at once, so that what they ask is asked together."""
    return (time.monotonic() // _ALIVE + 1) * _ALIVE


def live_of(request: Request) -> Live:
    """Return the streams of this process, which all pages and programs share."""
    live: Live = request.app.state.live
    return live


def streamed(lines: AsyncIterator[str]) -> Response:
    """Return an answer that goes on, as server-sent events (HTML standard, section 9.2)."""
    # nginx keeps answers back until they are whole, unless it is told not to.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)
