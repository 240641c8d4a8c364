"""What a day of submissions needs, computed from what one costs the service.

    python benchmarks/capacity.py    the tables of docs/capacity.md

What one costs is measured by submission_cost.py; how many come is assumed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

__all__ = ["MEASURED", "Costs", "Day", "Needs", "backlog", "lines", "needs"]

DAY, YEAR, GB = 86400.0, 365.0, 1e9


@dataclass(frozen=True)
class Costs:
    """Of one submission, on one database. All of it is measured by submission_cost.py."""

    #: Processor time of a web process, seconds: the request, the commit that it shares, and its part of the queue.
    web_s: float
    #: Of a worker and its sandboxes, seconds: taking, grading and writing down, half of them wrong ones.
    worker_s: float
    #: Of the database's own processes, seconds; 0 for SQLite, whose work is done by those above.
    database_s: float
    #: That stay: tables and indexes, with the queue's rows; and those of the queue alone, which go after seven days.
    stored_bytes: float
    queue_bytes: float
    #: Written ahead (WAL), once for each.
    log_bytes: float
    #: Waits for the disk: of a worker and its queue; accepting shares one among up to 128.
    commits: float


@dataclass(frozen=True)
class Day:
    """What comes in. Assumed, and to be replaced by your own."""

    submissions: float = 1e6
    #: Part of a day's submissions that comes in the hour before a deadline.
    peak_part: float = 0.2
    #: Seconds in which all of that hour's submissions are to be graded, from its beginning.
    peak_done_s: float = 2 * 3600.0
    #: Part of a processor that is used when it is well used; the rest is for what nobody planned.
    used: float = 0.6
    #: Requests for each submission beside it, pages, status, streams, and the processor time of a web process for one,
    #: seconds: a page is read and drawn by itself, where submissions that come at once share what they ask a database.
    other_requests: float = 5.0
    other_s: float = 0.01
    #: Days of logs written ahead that are kept to restore any moment, and whole copies.
    log_days: float = 7.0
    copies: float = 2.0
    #: Connections that one process keeps (harness.service.database), and what a worker's heartbeat and look cost.
    pool: float = 12.0


@dataclass(frozen=True)
class Needs:
    """What a day needs."""

    average_per_s: float
    peak_per_s: float
    worker_cores: int
    web_processes: int
    database_cores: int
    commits_per_s: float
    log_mb_per_s: float
    connections: int
    disk_gb_a_year: float
    log_gb: float
    backup_gb: float
    most_waiting: float
    longest_wait_s: float


#: What submission_cost.py printed; docs/capacity.md says on what machine.
MEASURED = {
    "SQLite": Costs(
        web_s=0.00142,
        worker_s=0.0199,
        database_s=0.0,
        stored_bytes=19694,
        queue_bytes=721,
        log_bytes=208991,
        commits=3.31,
    ),
    "PostgreSQL": Costs(
        web_s=0.00166,
        worker_s=0.0198,
        database_s=0.00567,
        stored_bytes=11108,
        queue_bytes=2105,
        log_bytes=15155,
        commits=3.23,
    ),
}


def backlog(arriving_s: float, graded_s: float, seconds: float) -> tuple[float, float]:
    """Return how many wait at the end of a peak, and for how long the last of them waits.

    Args:
        arriving_s: Submissions a second during the peak.
        graded_s: Gradings a second that the workers do, at any time.
        seconds: How long the peak lasts.
    """
    waiting = max(0.0, arriving_s - graded_s) * seconds
    return waiting, waiting / graded_s


def needs(day: Day, costs: Costs) -> Needs:
    """Return what a day needs: the hour before a deadline decides, and the rest of the day is easy."""
    peak = day.submissions * day.peak_part / 3600.0
    # Whatever comes in the peak's hour is graded in `peak_done_s`; the average of the day has to be reached as well.
    graded = max(day.submissions * day.peak_part / day.peak_done_s, day.submissions / DAY)
    workers = ceil(graded * costs.worker_s / day.used)
    waiting, longest = backlog(peak, workers * day.used / costs.worker_s, 3600.0)
    web = ceil(peak * (costs.web_s + day.other_requests * day.other_s) / day.used)
    a_day = day.submissions * costs.log_bytes
    kept = day.submissions * (costs.stored_bytes - costs.queue_bytes) * YEAR
    return Needs(
        average_per_s=day.submissions / DAY,
        peak_per_s=peak,
        worker_cores=workers,
        web_processes=web,
        database_cores=ceil((peak + graded) / 2 * costs.database_s / day.used),
        commits_per_s=graded * costs.commits + peak / 128,
        log_mb_per_s=graded * costs.log_bytes / 1e6,
        connections=round((workers + web) * day.pool),
        disk_gb_a_year=kept / GB + day.submissions * 7 * costs.queue_bytes / GB,
        log_gb=a_day * day.log_days / GB,
        backup_gb=day.copies * kept / GB,
        most_waiting=waiting,
        longest_wait_s=longest,
    )


ROWS = (
    ("submissions a second, average", "average_per_s", "{:,.1f}"),
    ("the same in the hour before a deadline", "peak_per_s", "{:,.1f}"),
    ("processors for workers", "worker_cores", "{:,}"),
    ("web processes", "web_processes", "{:,}"),
    ("processors for the database", "database_cores", "{:,}"),
    ("waits for the disk a second, at the peak", "commits_per_s", "{:,.0f}"),
    ("log written ahead at the peak, MB/s", "log_mb_per_s", "{:,.1f}"),
    ("connections, all processes together", "connections", "{:,}"),
    ("disk after a year, GB", "disk_gb_a_year", "{:,.0f}"),
    ("logs of 7 days, GB", "log_gb", "{:,.0f}"),
    ("two copies, GB", "backup_gb", "{:,.0f}"),
    ("waiting at the worst moment", "most_waiting", "{:,.0f}"),
    ("longest wait then, minutes", "longest_wait_s", "{:,.0f}"),
)
DAYS = (1e4, 1e5, 1e6)


def lines() -> Iterator[str]:
    """Yield the tables of docs/capacity.md."""
    names = [*MEASURED]
    yield f"| of one submission | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    for told, field, unit, digits in (
        ("processor of a web process, ms", "web_s", 1e3, 2),
        ("processor of a worker and its sandboxes, ms", "worker_s", 1e3, 1),
        ("processor of the database's processes, ms", "database_s", 1e3, 2),
        ("stored, tables and indexes, kB", "stored_bytes", 1e-3, 1),
        ("of that the queue's, kept for 7 days, kB", "queue_bytes", 1e-3, 1),
        ("log written ahead, kB", "log_bytes", 1e-3, 1),
        ("waits for the disk", "commits", 1.0, 1),
    ):
        values = [f"{getattr(costs, field) * unit:.{digits}f}" for costs in MEASURED.values()]
        yield f"| {told} | {' | '.join(values)} |"
    yield ""
    yield f"| submissions a day | {' | '.join(f'{count:,.0f}' for count in DAYS)} |"
    yield f"|---|{'---|' * len(DAYS)}"
    found = [needs(Day(submissions=count), MEASURED["PostgreSQL"]) for count in DAYS]
    for told, field, form in ROWS:
        scale = 1 / 60 if field == "longest_wait_s" else 1
        values = [getattr(one, field) for one in found]
        cells = [form.format(value if isinstance(value, int) else value * scale) for value in values]
        yield f"| {told} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(lines()))
