"""What a load balancer and a process manager ask: whether this process lives, and whether to send it requests."""

import asyncio
import os
import shutil
import time
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import sqlalchemy as sa
import structlog
from starlette.requests import Request
from starlette.responses import Response

from harness.service.migrations import is_current
from harness.service.store.overseeing import alive_workers
from harness.service.web.guarding import public
from harness.service.web.routing import Route
from harness.service.web.service import Service, service_of

__all__ = ["routes"]

#: Seconds in which the database has to answer: load balancers give up after a few.
_PATIENCE = 2.0
#: Seconds that an answer is good for: any number of balancers cost one look at the database a second.
_FRESH = 1.0
#: Bytes below which SQLite's next commits fail: a group of 128 submissions, and the log that is written ahead.
_LEAST_ROOM = 16 << 20

_log = structlog.get_logger("dout.web")


async def _alive(request: Request) -> Response:
    public(request)
    return _answer(200, {"status": "alive"})


async def _ready(request: Request) -> Response:
    public(request)
    state = request.app.state
    if not hasattr(state, "readiness"):
        state.readiness = _Readiness(service_of(request))
    found = await state.readiness.now()
    return _answer(200 if found["status"] == "ready" else 503, found)


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(
        msgspec.json.encode(body), status, headers={"Cache-Control": "no-store"}, media_type="application/json"
    )


class _Readiness:
    """Looks once for all who ask at the same time. A look that hangs is waited for by nobody, and is the only one."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._looking: asyncio.Task[dict[str, Any]] | None = None
        self._found: dict[str, Any] = {}
        self._until = 0.0

    async def now(self) -> dict[str, Any]:
        """Return what is the case: ``status``, and what stands in its way."""
        if time.monotonic() < self._until:
            return self._found
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            return await asyncio.wait_for(asyncio.shield(self._looking), _PATIENCE)
        except TimeoutError:
            return {"status": "not ready", "database": "does not answer"}

    async def _look(self) -> dict[str, Any]:
        # A thread of its own: those for requests may all wait for the same database.
        found = await anyio.to_thread.run_sync(_looked, self._service, limiter=anyio.CapacityLimiter(1))
        self._found, self._until = found, time.monotonic() + _FRESH
        return found


def _looked(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = {"status": "not ready"}
    try:
        with service.database.reading() as connection:
            if not is_current(connection):
                return found | {"database": "ok", "schema": "of another version"}
            # Told, and no reason to send nobody here: what is handed in is kept until there is a worker.
            workers = alive_workers(service.database, connection, service.settings.dead_after_s)
    except sa.exc.SQLAlchemyError as error:
        _log.warning("not ready: the database cannot be reached", error=type(error).__name__)
        return found | {"database": "cannot be reached"}
    if service.database.is_sqlite and not _is_writable(service):
        return found | {"database": "ok", "schema": "ok", "disk": "full, or not to be written to"}
    return {"status": "ready", "database": "ok", "schema": "ok", "disk": "ok", "workers": workers}


def _is_writable(service: Service) -> bool:
    file = service.database.engine.url.database or ""
    folder = os.path.dirname(file)
    return os.access(folder, os.W_OK) and os.access(file, os.W_OK) and shutil.disk_usage(folder).free >= _LEAST_ROOM


routes = [Route("/healthz", _alive, name="healthz"), Route("/readyz", _ready, name="readyz")]
