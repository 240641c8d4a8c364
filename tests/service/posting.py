"""Clients that hand in over HTTP while the service dies, and send again what was not answered."""

import http.client
import json
import threading
import time
from typing import Any

import sqlalchemy as sa
from fleet import Fleet
from ground import EXAMPLES

from harness.service.schema import token
from harness.service.store.tokens import create_token

__all__ = ["UNLIMITED", "Clients", "answers", "asked", "posted", "token_of"]

#: No learner of these tests is told to wait.
UNLIMITED = {"DOUT_SUBMISSIONS_PER_MINUTE": "1000000", "DOUT_COURSE_SUBMISSIONS_PER_MINUTE": "1000000"}
#: Seconds after which a client that gets no answer sends again, and between two tries.
_ANSWER_SECONDS, _PAUSE_SECONDS = 20.0, 0.1
_SEED = (EXAMPLES / "seed.py").read_bytes()


def asked(port: int, method: str, path: str, body: bytes = b"", headers: Any = None) -> tuple[int, bytes]:
    """Return status and body of one answer, on a connection of its own.

    Raises:
        OSError: there was none.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise ConnectionResetError(str(error)) from None
    finally:
        connection.close()


def answers(port: int) -> bool:
    """Tell whether the service does."""
    try:
        return asked(port, "GET", "/login")[0] == 200
    except OSError:
        return False


class Clients:
    """Several learners, each of whom hands in one file after the other until :meth:`stop`.

    Args:
        fleet: Whose assignment they work on.
        port: Where the service listens.
        count: How many at once.
        pause: Seconds between two files of one learner.
    """

    def __init__(self, fleet: Fleet, port: int, count: int = 6, pause: float = 0.0) -> None:
        self._fleet, self._port, self._pause = fleet, port, pause
        #: What was answered with 202: the key of each file, and the id that it got.
        self.accepted: dict[str, str] = {}
        #: How often no answer came, and each other status with its text.
        self.lost, self.refused = 0, list[tuple[int, bytes]]()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 60.0) -> None:
        """Begin no new file, and wait until each that was begun is accepted."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(patience)
            assert not thread.is_alive(), "a client was never answered"

    def _work(self, number: int) -> None:
        secret = token_of(self._fleet, self._fleet.ground.learner(self._fleet.course, f"C{number}"))
        count = 0
        while not self._stopping.wait(self._pause):
            count += 1
            key = f"{number}-{count}"
            self.accepted[key] = self._handed_in(secret, key)

    def _handed_in(self, secret: str, key: str) -> str:
        limit = time.monotonic() + 60.0
        while time.monotonic() < limit:
            try:
                status, body = posted(self._fleet, self._port, secret, key, _SEED + f"\n# {key}\n".encode())
            except OSError:
                self.lost += 1
            else:
                if status == 202:
                    return str(json.loads(body)["id"])
                self.refused.append((status, body))
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("it was never accepted")


def token_of(fleet: Fleet, user_id: str) -> str:
    """Return a new token of somebody's, as one that is in use: the first thing that it writes is the submission."""
    with fleet.database.writing() as connection:
        secret = create_token(
            fleet.database, connection, user_id=user_id, name="t", scopes=frozenset({"submit", "read"})
        )
        connection.execute(sa.update(token).values(last_used_at=fleet.database.clock))
    return secret


def posted(fleet: Fleet, port: int, secret: str, key: str, data: bytes) -> tuple[int, bytes]:
    """Hand a file in to the fleet's assignment; return status and body of the answer.

    Raises:
        OSError: there was none.
    """
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key, "Content-Type": "application/octet-stream"}
    return asked(port, "POST", f"/api/v1/assignments/{fleet.work}/submissions", data, headers)
