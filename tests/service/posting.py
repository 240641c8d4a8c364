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

__all__ = ["Clients", "asked"]

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


class Clients:
    """Several learners, each of whom hands in one file after the other until :meth:`stop`.

    Args:
        fleet: Whose assignment they work on.
        port: Where the service listens.
        count: How many at once.
    """

    def __init__(self, fleet: Fleet, port: int, count: int = 6) -> None:
        self._fleet, self._port = fleet, port
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
        learner = self._fleet.ground.learner(self._fleet.course, f"C{number}")
        with self._fleet.database.writing() as connection:
            secret = create_token(
                self._fleet.database, connection, user_id=learner, name="t", scopes=frozenset({"submit", "read"})
            )
            # As of a token that is in use: the first thing that is written is the submission.
            connection.execute(sa.update(token).values(last_used_at=self._fleet.database.clock))
        count = 0
        while not self._stopping.is_set():
            count += 1
            key = f"{number}-{count}"
            self.accepted[key] = self._handed_in(secret, key)

    def _handed_in(self, secret: str, key: str) -> str:
        headers = {
            "Authorization": f"Bearer {secret}",
            "Idempotency-Key": key,
            "Content-Type": "application/octet-stream",
        }
        path = f"/api/v1/assignments/{self._fleet.work}/submissions"
        limit = time.monotonic() + 60.0
        while time.monotonic() < limit:
            try:
                status, body = asked(self._port, "POST", path, _SEED + f"\n# {key}\n".encode(), headers)
            except OSError:
                self.lost += 1
            else:
                if status == 202:
                    return str(json.loads(body)["id"])
                self.refused.append((status, body))
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("it was never accepted")
