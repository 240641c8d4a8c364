"""Runs the application under uvicorn."""

import gc
import socket

import structlog
import uvicorn

from harness.service.database import Database
from harness.service.settings import Settings
from harness.service.web.app import Application, create_app
from harness.service.web.service import open_service

__all__ = ["made_server", "serve"]

#: Seconds that requests have to end by themselves.
_GRACE_SECONDS = 10

_log = structlog.get_logger("dout.web")


class _Server(uvicorn.Server):
    """Ends the streams of events before it waits for what is under way: they would go on for ever."""

    def __init__(self, config: uvicorn.Config, app: Application) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, and wait for those that are under way."""
        self._app.state.live.close()
        await super().shutdown(sockets)


def made_server(app: Application, settings: Settings) -> uvicorn.Server:
    """Return a server of ``app``, which does not run yet."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return _Server(config, app)


def serve(settings: Settings, database: Database) -> int:
    """Answer HTTP until this process is asked to end; return the exit status."""
    with open_service(settings, database) as service:
        server = made_server(create_app(service), settings)
        _log.info("serving", address=settings.address)
        # What is there now is there to the end. To look through it for garbage again and again was a tenth of what it
        # takes to accept a submission.
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        server.run()
    return 0 if server.started else 3
