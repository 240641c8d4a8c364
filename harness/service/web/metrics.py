"""Figures for Prometheus, at ``/metrics``, to who may see them.

A web process counts what it accepts, refuses and fails at by itself. What waits, and what workers did, is read in the
database when somebody asks, so that each web process tells the truth of all workers, which have no port.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from harness.service.store.measuring import (
    GRADING_SECONDS,
    WAIT_SECONDS,
    Spread,
    Work,
    failed,
    messages,
    reaped,
    worked,
    workers_by_state,
)
from harness.service.store.overseeing import courses_waiting
from harness.service.web.guarding import guard
from harness.service.web.routing import ForPrograms
from harness.service.web.service import Service, service_of

__all__ = ["FAMILIES", "Meters", "meters_of", "routes"]

#: Courses that have a label of their own, those first whose submissions wait longest; the others are counted together
#: under a name that no course can have.
_MOST_COURSES, _OTHERS = 50, "(others)"
#: Seconds until what a worker writes with a time is sure to be seen: its transaction ends in milliseconds.
_SETTLED = 10.0
#: Seconds of work that are looked through at most: nobody asked for longer than that, and nobody pays for it.
_LONGEST = 3600.0
_STATES = ("working", "draining", "silent")
_ENDS = ("done", "superseded", "crashed", "returned")
_OUTCOMES = ("graded", "not_gradable")
_REASONS = ("grader_crash", "grader_fault", "assignment_changed")
#: Why a submission is refused: :class:`harness.service.store.accepting.Refused`, and the limits on how often.
_REFUSALS = (
    *("no-assignment", "not-open", "closed", "no-attempts-left", "too-soon", "key-reused"),
    "too-often",
)
#: Methods that have a label of their own (RFC 9110, section 9, and 5789): a client may send any word.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANOTHER, _NO_ROUTE = "(another)", "(none)"
#: Upper bounds, seconds: a page takes a few milliseconds, and what is handed in is promised an answer within 0.1 s.
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

#: Every figure of ours: its name, and what it says. docs/operate.md has the same table.
FAMILIES: Mapping[str, str] = {
    "dout_queued": "Submissions that wait, by course.",
    "dout_running": "Submissions that are being graded, by course.",
    "dout_oldest_queued_seconds": "Age of the oldest submission that waits for its first grade, by course.",
    "dout_failed": "Submissions that are failed now, by reason; of the newest 10,000.",
    "dout_workers": "Workers by state: working, draining (takes nothing new), silent.",
    "dout_worker_slots": "Submissions that working workers grade at once.",
    "dout_messages": "Messages to an LMS or a webhook: waiting, and given_up until somebody has seen to it.",
    "dout_graded_total": "Grades made, by outcome: graded, not_gradable.",
    "dout_attempts_total": "Attempts that ended, by state: done, superseded, crashed, returned.",
    "dout_attempts_again_total": "Attempts that ended and were not the first at their grade.",
    "dout_grader_faults_total": "Attempts that ended in a fault of the grader or its sandbox.",
    "dout_workers_reaped_total": "Workers that were taken for dead.",
    "dout_grading_seconds": "Time of an attempt, from the claim to its end; a histogram.",
    "dout_wait_seconds": "Time from accepting a submission to its first grade; a histogram.",
    "dout_accepted_total": "Submissions that this web process accepted.",
    "dout_refused_total": "Submissions that this web process refused, by reason: the codes of docs/api.md.",
    "dout_errors_total": "Requests that this web process failed at, by HTTP status.",
    "dout_requests_total": "Requests that this web process answered, by route, method and class of status.",
    "dout_request_seconds": "Time until such an answer began, by route and method; a histogram.",
}


class Meters:
    """What one web process counts and reads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        #: Up to when, by the database's clock, the work of workers is in the sums below.
        self._until: float | None = None
        self._ends = dict.fromkeys(_ENDS, 0)
        self._outcomes = dict.fromkeys(_OUTCOMES, 0)
        self._again = self._faults = self._reaped = 0
        self._grading, self._wait = _nothing(GRADING_SECONDS), _nothing(WAIT_SECONDS)
        self._read = _Read()
        self.registry = CollectorRegistry()
        self.registry.register(self._read)
        ProcessCollector(registry=self.registry)
        # When a counter began is a series of its own else, for each of them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.accepted = self._counter("dout_accepted_total")
        self.refused = self._counter("dout_refused_total", "reason")
        self.errors = self._counter("dout_errors_total", "status")
        self._requests = self._counter("dout_requests_total", "route", "method", "status")
        self._seconds = Histogram(
            "dout_request_seconds",
            FAMILIES["dout_request_seconds"],
            ("route", "method"),
            registry=self.registry,
            buckets=_REQUEST_SECONDS,
        )
        self._series = cache(self._series_of)
        # From 0, so that the first one is an increase.
        for counter, values in ((self.refused, _REFUSALS), (self.errors, ("500", "503"))):
            for value in values:
                counter.labels(value)

    def _counter(self, name: str, *labels: str) -> Counter:
        return Counter(name, FAMILIES[name], labels, registry=self.registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer.

        Args:
            route: The address as its route has it, with ``{names}`` in it: never what was asked for. "" without one.
            method: Of the request, whatever the client wrote.
            status: HTTP's.
            seconds: From the request to the begin of the answer: a stream lasts as long as somebody looks.
        """
        requests, times = self._series(route or _NO_ROUTE, method if method in _METHODS else _ANOTHER, status // 100)
        requests.inc()
        times.observe(seconds)

    # Kept: to find them by their labels takes longer than to count. There are as many as there are routes and methods.
    def _series_of(self, route: str, method: str, hundreds: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(route, method, f"{hundreds}xx"), self._seconds.labels(route, method)

    def text(self, connection: sa.Connection, accept: str) -> tuple[bytes, str]:
        """Return all figures, and the media type that they are in.

        Args:
            connection: A transaction to read in.
            accept: What the client takes, as in HTTP.
        """
        database, limit = self._service.database, self._service.settings.dead_after_s
        with self._lock:
            self._look(connection)
            self._read.families = [
                *_courses(courses_waiting(database, connection)),
                _gauge("dout_failed", "reason", dict.fromkeys(_REASONS, 0) | failed(connection)),
                *_workers(workers_by_state(database, connection, limit)),
                _gauge("dout_messages", "state", messages(connection)),
                *self._sums(),
            ]
            encode, media = choose_encoder(accept)
            return encode(self.registry), media

    def _look(self, connection: sa.Connection) -> None:
        """Add what workers did since the last look. The first one begins at 0, as a counter does."""
        until = self._service.database.now(connection) - _SETTLED
        since = until if self._until is None else max(self._until, until - _LONGEST)
        if since < until:
            dead, done = reaped(connection, since, until), worked(connection, since, until)
            # Only now: what could not be read is read the next time.
            self._reaped += dead
            for work in done:
                self._add(work)
        self._until = max(until, since)

    def _add(self, work: Work) -> None:
        count = work.grading.count
        self._ends[work.state] += count
        self._again += count if work.is_again else 0
        if work.outcome in self._outcomes:
            self._outcomes[work.outcome] += count
        elif work.state == "done":
            self._faults += count
        self._grading, self._wait = _sum(self._grading, work.grading), _sum(self._wait, work.wait)

    def _sums(self) -> Iterator[Metric]:
        yield _counters("dout_graded_total", "outcome", self._outcomes)
        yield _counters("dout_attempts_total", "state", self._ends)
        yield _counters("dout_attempts_again_total", None, {"": self._again})
        yield _counters("dout_grader_faults_total", None, {"": self._faults})
        yield _counters("dout_workers_reaped_total", None, {"": self._reaped})
        yield _histogram("dout_grading_seconds", GRADING_SECONDS, self._grading)
        yield _histogram("dout_wait_seconds", WAIT_SECONDS, self._wait)


class _Read(Collector):
    """What was read in the database last, in the form that the library asks for."""

    def __init__(self) -> None:
        self.families: Sequence[Metric] = ()

    def collect(self) -> Sequence[Metric]:
        """Return it."""
        return self.families


def _courses(waiting: Sequence[Any]) -> Iterator[Metric]:
    """Yield the figures of courses; those of the last ones together, whose oldest is younger than all others'."""
    queued: dict[str, float] = {}
    running: dict[str, float] = {}
    oldest: dict[str, float] = {}
    for place, one in enumerate(waiting):
        name = one["slug"] if place < _MOST_COURSES else _OTHERS
        queued[name] = queued.get(name, 0) + int(one["queued"])
        running[name] = running.get(name, 0) + int(one["running"])
        oldest[name] = max(oldest.get(name, 0.0), one["oldest_s"] or 0.0)
    for figure, values in (("queued", queued), ("running", running), ("oldest_queued_seconds", oldest)):
        yield _gauge(f"dout_{figure}", "course", values)


def _workers(found: Mapping[str, tuple[int, int]]) -> Iterator[Metric]:
    yield _gauge("dout_workers", "state", {state: found.get(state, (0, 0))[0] for state in _STATES})
    yield GaugeMetricFamily("dout_worker_slots", FAMILIES["dout_worker_slots"], value=found.get("working", (0, 0))[1])


def _gauge(name: str, label: str, values: Mapping[str, float]) -> Metric:
    made = GaugeMetricFamily(name, FAMILIES[name], labels=[label])
    for value, number in values.items():
        made.add_metric([value], number)
    return made


def _counters(name: str, label: str | None, values: Mapping[str, float]) -> Metric:
    made = CounterMetricFamily(name, FAMILIES[name], labels=[] if label is None else [label])
    for value, number in values.items():
        made.add_metric([] if label is None else [value], number)
    return made


def _histogram(name: str, bounds: Sequence[float], spread: Spread) -> Metric:
    buckets = [*((str(bound), float(count)) for bound, count in zip(bounds, spread.within, strict=True))]
    made = HistogramMetricFamily(name, FAMILIES[name])
    made.add_metric([], [*buckets, ("+Inf", float(spread.count))], spread.seconds)
    return made


def _nothing(bounds: Sequence[float]) -> Spread:
    return Spread(within=[0] * len(bounds), count=0, seconds=0.0)


def _sum(one: Spread, other: Spread) -> Spread:
    within = [a + b for a, b in zip(one.within, other.within, strict=True)]
    return Spread(within=within, count=one.count + other.count, seconds=one.seconds + other.seconds)


def meters_of(request: Request) -> Meters:
    """Return what counts in this process."""
    found = request.app.state.meters
    assert isinstance(found, Meters)
    return found


async def _metrics(request: Request) -> Response:
    guard(request, "metrics.see")
    meters, accept = meters_of(request), request.headers.get("accept", "")
    text, media = await service_of(request).read(lambda connection: meters.text(connection, accept))
    return Response(text, headers={"Cache-Control": "no-store", "Content-Type": media})


routes = [ForPrograms("/metrics", _metrics, name="metrics")]
