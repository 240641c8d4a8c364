"""Takes a submission in for whoever sent it, page or program: not too often, and written down whatever came of it."""

import msgspec
import structlog
from starlette.requests import Request

from harness.service.store.accepting import Accepted, Incoming, Refused
from harness.service.tracing import carried, span
from harness.service.web.limiting import limiter_of
from harness.service.web.metrics import meters_of
from harness.service.web.refusal import TooMany
from harness.service.web.service import service_of

__all__ = ["count", "let_batch_in", "taken_in"]

_log = structlog.get_logger("dout.web")


async def taken_in(request: Request, course_id: str, incoming: Incoming) -> Accepted:
    """Return what was accepted, once it is committed.

    Args:
        request: With which it came.
        course_id: Of the assignment.
        incoming: What was handed in.

    Raises:
        TooMany: this person, or this course, hands in too often.
        Refused: it may not be handed in, or not now.
    """
    try:
        limiter_of(request).submission(incoming.user_id, course_id)
        with span("accept") as traced:
            # It is written in another thread, together with others.
            mine = msgspec.structs.replace(incoming, parent=carried())
            accepted = await service_of(request).accept(mine)
            if traced is not None:
                traced.set_attribute("dout.submission", accepted.id)
    except TooMany:
        _count_too_often(request, 1)
        raise
    except Refused as refused:
        count(request, course_id, refused)
        raise
    count(request, course_id, accepted)
    return accepted


def let_batch_in(request: Request, course_id: str, number: int) -> None:
    """Let the submissions of a batch be handed in, each of which is taken in by itself then.

    Raises:
        TooMany: this course hands in too often.
    """
    try:
        limiter_of(request).batch(course_id, number)
    except TooMany:
        _count_too_often(request, number)
        raise


def _count_too_often(request: Request, number: int) -> None:
    meters_of(request).refused.labels("too-often").inc(number)


def count(request: Request, course_id: str, result: Accepted | Refused) -> None:
    """Count what came of a submission, and write it into the log."""
    meters = meters_of(request)
    if isinstance(result, Refused):
        meters.refused.labels(result.code).inc()
        return
    if result.is_new:
        meters.accepted.inc()
    _log.info("accepted", submission=result.id, course=course_id, again=not result.is_new)
