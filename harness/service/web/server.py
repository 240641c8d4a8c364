"""Runs the application under uvicorn."""

import structlog
import uvicorn

from harness.service.database import Database
from harness.service.settings import Settings
from harness.service.web.app import create_app
from harness.service.web.service import open_service

__all__ = ["serve"]

#: Seconds that requests have to end by themselves; streams of events would go on for ever.
_GRACE_SECONDS = 10

_log = structlog.get_logger("dout.web")


def serve(settings: Settings, database: Database) -> int:
    """Answer HTTP until this process is asked to end; return the exit status."""
    with open_service(settings, database) as service:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(service),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        _log.info("serving", address=settings.address)
        server.run()
    return 0 if server.started else 3
