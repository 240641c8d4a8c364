"""Spans for OpenTelemetry: of a request, of accepting, and of a grading as a part of the same trace.

Nothing is imported and nothing done unless the environment names where spans go (``OTEL_EXPORTER_OTLP_ENDPOINT``), and
``dout[otel]`` is installed. A span has ids, durations and the kind of an error: no path, no message, no text.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import structlog

__all__ = ["carried", "configure", "continued", "is_on", "span", "use"]

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
#: The header of W3C Trace Context, and what a job carries.
_PARENT = "traceparent"

_log = structlog.get_logger("dout.tracing")
_tracer: Any = None


def configure(part: str, environment: Mapping[str, str]) -> None:
    """Send spans to where the environment says.

    Args:
        part: Of the service, ``web`` or ``worker``: spans come from ``dout-web`` unless ``OTEL_SERVICE_NAME`` is set.
        environment: Variables as OpenTelemetry has them; its own library reads the rest of them.
    """
    if not any(environment.get(name) for name in _ENDPOINTS):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        # Platforms set these variables for everything that they run: no reason not to grade.
        _log.warning("no spans are sent: pip install 'dout[otel]'", missing=error.name)
        return
    name = environment.get("OTEL_SERVICE_NAME") or f"dout-{part}"
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    # What waits is sent when the process ends.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


def use(provider: Any) -> None:
    """Take spans from ``provider``, a ``TracerProvider``; from none when None. Nobody else's is touched."""
    global _tracer  # noqa: PLW0603 - one for each process, as the settings are
    _tracer = None if provider is None else provider.get_tracer("dout")


def is_on() -> bool:
    """Tell whether there is tracing."""
    return _tracer is not None


def span(name: str, /, **about: Any) -> AbstractContextManager[Any]:
    """Give a span, which is part of the one around it; None where there is no tracing.

    Args:
        name: What is done.
        **about: Attributes; ``submission=...`` is called ``dout.submission``.
    """
    return nullcontext() if _tracer is None else _span(name, about)


@contextmanager
def _span(name: str, about: Mapping[str, Any]) -> Iterator[Any]:
    from opentelemetry.trace import StatusCode

    attributes = {f"dout.{key}": value for key, value in about.items()}
    # What an exception says may be a secret, or a learner's text.
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except BaseException as error:
            made.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def carried() -> str:
    """Return what lets another process go on with the trace that is open now (W3C ``traceparent``), or ""."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(_PARENT, "")


@contextmanager
def continued(parent: str) -> Iterator[None]:
    """Go on with the trace that ``parent`` says (:func:`carried`); with a new one where it says none."""
    if _tracer is None or not parent:
        yield
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    before = context.attach(TraceContextTextMapPropagator().extract({_PARENT: parent}))
    try:
        yield
    finally:
        context.detach(before)
