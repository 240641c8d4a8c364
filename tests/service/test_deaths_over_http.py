"""Whatever dies while learners hand in: each 202 is one submission, and each submission gets one grade."""

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from fleet import Fleet
from posting import UNLIMITED, Clients, answers
from processes import arguments, children, is_alive, until
from test_serving import free_port

from harness.service.schema import submission

if TYPE_CHECKING:
    from subprocess import Popen

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)


@pytest.fixture
def port() -> int:
    return free_port()


def serve(fleet: Fleet, port: int, *words: str) -> "Popen[bytes]":
    started = fleet.command(*(words or ("serve",)), DOUT_PORT=str(port), DOUT_WORKERS="1", **UNLIMITED)
    until(lambda: answers(port))
    return started


def parts(supervisor: "Popen[bytes]") -> dict[str, int]:
    """Return what each child of a supervisor is, with its process id."""
    return {words[3]: pid for pid in children(supervisor.pid) if len(words := arguments(pid)) > 3}


def each_has_one_grade(fleet: Fleet, clients: Clients) -> None:
    """Wait until all is done, and compare what was answered with what is there."""
    until(fleet.all_are_done, 90)
    accepted, graded, failed = fleet.ground.counts()
    assert (graded, failed) == (accepted, 0)
    rows = {row["idempotency_key"]: row["id"] for row in fleet.ground.rows(submission)}
    assert len(rows) == accepted
    # Every client went on until it was answered: nothing is there that nobody was told of.
    assert rows == clients.accepted


def test_a_web_process_that_is_killed_loses_nothing_that_it_answered(fleet, port):
    supervisor = serve(fleet, port)
    clients = Clients(fleet, port)
    try:
        for enough in (10, 20):
            until(lambda enough=enough: len(clients.accepted) >= enough)
            os.kill(parts(supervisor)["web"], signal.SIGKILL)
            until(lambda: answers(port))
        until(lambda: len(clients.accepted) >= 30)
    finally:
        clients.stop()
    assert clients.lost
    each_has_one_grade(fleet, clients)
    assert supervisor.poll() is None


@pytest.mark.parametrize(("point", "kept"), [("accept.before_commit", False), ("accept.after_commit", True)])
def test_a_web_process_may_die_before_it_can_answer(fleet, port, point, kept):
    web = fleet.command("web", DOUT_PORT=str(port), DOUT_FAULT_POINT=point, **UNLIMITED)
    until(lambda: answers(port))
    clients = Clients(fleet, port, count=3)
    try:
        assert web.wait(60) == -signal.SIGKILL
        assert not clients.accepted
        assert bool(fleet.ground.rows(submission)) == kept
        serve(fleet, port)
        until(lambda: len(clients.accepted) >= 6)
    finally:
        clients.stop()
    assert clients.lost
    each_has_one_grade(fleet, clients)


def test_a_supervisor_that_is_killed_takes_its_parts_along_and_another_goes_on_at_once(fleet, port):
    first = serve(fleet, port)
    clients = Clients(fleet, port)
    try:
        until(lambda: len(clients.accepted) >= 10)
        orphans = parts(first)
        assert orphans.keys() == {"web", "worker"}
        fleet.kill(first)
        serve(fleet, port)
        until(lambda: len(clients.accepted) >= 20)
        until(lambda: not any(map(is_alive, orphans.values())))
    finally:
        clients.stop()
    each_has_one_grade(fleet, clients)


def test_a_service_that_is_asked_to_end_while_learners_hand_in_has_kept_what_it_answered(fleet, port):
    first = serve(fleet, port)
    clients = Clients(fleet, port)
    try:
        until(lambda: len(clients.accepted) >= 10)
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
        answered = set(clients.accepted.values())
        assert {row["id"] for row in fleet.ground.rows(submission)} >= answered
        serve(fleet, port)
        until(lambda: len(clients.accepted) >= len(answered) + 10)
    finally:
        clients.stop()
    each_has_one_grade(fleet, clients)
    # None was answered with a fault of ours.
    assert {status for status, _ in clients.refused} <= {503}
