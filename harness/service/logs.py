"""One line of JSON for each thing that happened, on standard error; for a person at a terminal, plain lines.

Tracebacks show source lines and no values: a local variable may be a password or a learner's text. What looks like a
secret of ours is masked wherever it comes from.
"""

import json
import logging
import re
import sys
from typing import Any

import msgspec
import structlog

from harness.service.ids import SECRETS

__all__ = ["configure"]

#: Secrets that :func:`harness.service.ids.new_secret` makes, and the password in the address of a database. Each has a
#: sign in it that most lines have not, for which they are searched a hundred times as fast.
_SECRET = re.compile(rf"({'|'.join(SECRETS)})_[A-Za-z0-9_-]{{43,}}")
_PASSWORD = re.compile(r"://([^\s:/@]*):[^\s@]+@")


def configure(*, plain: bool) -> None:
    """Send everything that is logged, by us and by libraries, to standard error.

    Args:
        plain: Lines for a person rather than JSON for a machine.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
            _masked,
        ]
        if plain
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_as_json), _masked]
    )
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # The queue's library gives its logger a form of its own, unless it has one.
    logging.getLogger("dbos").handlers = [handler]
    logging.getLogger("dbos").propagate = False


def _as_json(event: structlog.typing.EventDict, **_: Any) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except UnicodeEncodeError:
        # A name of a file, with bytes in it that are no UTF-8.
        return json.dumps(event, default=repr)


def _masked(_: object, __: str, line: structlog.typing.EventDict | str) -> str:
    """Return a finished line without what looks like a secret of ours."""
    text = str(line)
    if "_" in text:
        text = _SECRET.sub(r"\1_…", text)
    if "://" in text:
        text = _PASSWORD.sub(r"://\1:…@", text)
    return text
