"""How submissions stand that somebody waits for: their place in the queue, and the seconds until they are graded."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from harness.records import Record
from harness.service.database import Database
from harness.service.store.overseeing import Pace, courses_waiting, pace, places, states

__all__ = ["State", "states_now"]


class State(Record, frozen=True, kw_only=True):
    """What is said of a submission that waits."""

    status: str
    gen: int
    #: In the course's queue, from 1; None when it does not wait there.
    place: int | None = None
    #: Seconds, estimated; None when nothing is known to go by.
    wait_s: int | None = None
    #: Whether any worker is at work.
    has_workers: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of itself."""
        return self.status not in ("queued", "running")


def states_now(
    database: Database, connection: sa.Connection, ids: Sequence[str], dead_after_s: float
) -> dict[str, State]:
    """Return how submissions stand, by their ids; what is not there is left out.

    Args:
        database: Whose clock counts.
        connection: Where to look.
        ids: Of those that somebody looks at.
        dead_after_s: Seconds after which a silent worker is none.
    """
    read = states(connection, ids) if ids else {}
    if all(status not in ("queued", "running") for status, _, _ in read.values()):
        return {one: State(status=status, gen=gen) for one, (status, gen, _) in read.items()}
    speed = pace(database, connection, dead_after_s)
    queued = {course for status, _, course in read.values() if status == "queued"}
    order = {course: places(connection, course) for course in queued}
    waiting = {row["id"]: int(row["queued"]) for row in courses_waiting(database, connection)} if queued else {}
    found = {}
    for one, (status, gen, course) in read.items():
        place = order[course].get(one) if status == "queued" else None
        wait = None
        if place is not None:
            wait = _wait(place, course, waiting, speed)
        elif status == "running" and speed.each_s is not None:
            wait = max(1, round(speed.each_s))
        found[one] = State(status=status, gen=gen, place=place, wait_s=wait, has_workers=speed.slots > 0)
    return found


def _wait(place: int, course: str, waiting: Mapping[str, int], speed: Pace) -> int | None:
    """Return the seconds until a submission at ``place`` is graded: courses take turns, one submission each."""
    if speed.each_s is None or not speed.slots:
        return None
    ahead = place + sum(min(count, place) for other, count in waiting.items() if other != course)
    return max(1, round(ahead * speed.each_s / speed.slots))
