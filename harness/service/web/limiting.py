"""How often somebody may do something. Each web process counts by itself: what must hold exactly is in the database."""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

from harness.service.settings import Settings
from harness.service.web.refusal import TooMany
from harness.service.web.windows import Windows

__all__ = ["Limiter", "limiter_of"]

#: Failed logins from one address, as a multiple of those on one account: a class room has one address.
_ACCOUNTS_BEHIND_ONE_ADDRESS = 10
#: Logins by another system that begin at one address in a minute: a lecture hall opens the same link in an LMS.
_LOGINS_ELSEWHERE = 600


class Limiter:
    """Counts in a window that slides over a minute."""

    def __init__(self, settings: Settings) -> None:
        self._windows = SlidingWindowCounterRateLimiter(Windows())
        self._account = RateLimitItemPerMinute(settings.logins_per_minute)
        self._address = RateLimitItemPerMinute(settings.logins_per_minute * _ACCOUNTS_BEHIND_ONE_ADDRESS)
        self._elsewhere = RateLimitItemPerMinute(_LOGINS_ELSEWHERE)
        self._person = RateLimitItemPerMinute(settings.submissions_per_minute)
        self._course = RateLimitItemPerMinute(settings.course_submissions_per_minute)

    def before_login(self, email: str, address: str | None) -> None:
        """Let a password be tried.

        Raises:
            TooMany: too many wrong ones were tried on this account, or from this address.
        """
        for item, key in self._login_keys(email, address):
            if not self._windows.test(item, *key):
                raise self._refused(item, *key)

    def failed_login(self, email: str, address: str | None) -> None:
        """Count a wrong password. Right ones are free: a whole class logs in at nine."""
        for item, key in self._login_keys(email, address):
            self._windows.hit(item, *key)

    def login_elsewhere(self, address: str | None) -> None:
        """Count a login that begins here and goes on at another system: each is a row in the database for a while.

        Raises:
            TooMany: too many begin at this address.
        """
        if not self._windows.hit(self._elsewhere, "elsewhere", address or ""):
            raise self._refused(self._elsewhere, "elsewhere", address or "")

    def submission(self, user_id: str, course_id: str) -> None:
        """Count a submission.

        Raises:
            TooMany: this person, or everybody in this course together, hands in too often.
        """
        for item, key in ((self._person, ("person", user_id)), (self._course, ("course", course_id))):
            if not self._windows.hit(item, *key):
                raise self._refused(item, *key)

    def batch(self, course_id: str, count: int) -> None:
        """Count the submissions of a batch, which somebody who teaches hands in for others.

        Raises:
            TooMany: everybody in this course together hands in too often; nothing was counted.
        """
        # One that is larger than a whole minute's share takes all of it.
        cost, key = min(count, self._course.amount), ("course", course_id)
        if not self._windows.test(self._course, *key, cost=cost):
            raise self._refused(self._course, *key)
        self._windows.hit(self._course, *key, cost=cost)

    def _login_keys(self, email: str, address: str | None) -> list[tuple[RateLimitItem, tuple[str, str]]]:
        return [(self._account, ("account", email)), (self._address, ("address", address or ""))]

    def _refused(self, item: RateLimitItem, *key: str) -> TooMany:
        reset = self._windows.get_window_stats(item, *key).reset_time
        return TooMany(max(1, math.ceil(reset - time.time())))


def limiter_of(request: Request) -> Limiter:
    """Return what counts the requests of this process."""
    found = request.app.state.limiter
    assert isinstance(found, Limiter)
    return found
