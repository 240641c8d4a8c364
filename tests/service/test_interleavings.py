"""Any order of handing in, killing, stopping, waking and regrading: accepted = graded + failed, and one grade for each."""

import itertools
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest
from fleet import Fleet
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from posting import UNLIMITED, Clients, answers
from processes import until
from test_serving import free_port

from harness.service.schema import attempt, grade, submission
from harness.service.store.queueing import regrade

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)

#: tox -e soak does more of all of it.
SOAK = bool(os.environ.get("DOUT_SOAK"))
KILLS = 100


class Interleaving(RuleBasedStateMachine):
    """A service under somebody who means it ill."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="dout-")
        self.fleet = Fleet(self.url, Path(self.folder.name) / "data")
        self.accepted: set[str] = set()

    @rule(count=st.integers(1, 6))
    def hand_in(self, count: int) -> None:
        self.accepted |= set(self.fleet.hand_in(count))

    # What is drawn does not depend on which processes live, or Hypothesis could not repeat it.
    @rule(point=st.sampled_from(["", "", "", "claim.after_commit", "graded", "finish.before_commit", "reap.between"]))
    def start(self, point: str) -> None:
        if sum(process.poll() is None for process in self.fleet.processes) < 3:
            self.fleet.worker(fault=point)

    @rule(
        which=st.integers(0, 9),
        number=st.sampled_from([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGCONT]),
    )
    def send(self, which: int, number: signal.Signals) -> None:
        running = [process for process in self.fleet.processes if process.poll() is None]
        if running:
            running[which % len(running)].send_signal(number)

    @rule(which=st.integers(0, 99))
    def ask_again(self, which: int) -> None:
        if self.accepted:
            one = sorted(self.accepted)[which % len(self.accepted)]
            with self.fleet.database.writing() as connection:
                regrade(self.fleet.database, self.fleet.jobs, connection, one, "test")

    @rule(tenths=st.integers(1, 20))
    def wait(self, tenths: int) -> None:
        time.sleep(tenths / 10)

    @invariant()
    def nothing_is_lost_or_there_twice(self) -> None:
        rows = {row["id"] for row in self.fleet.ground.rows(submission)}
        assert rows >= self.accepted
        self.fleet.ground.counts()

    def teardown(self) -> None:
        try:
            for process in self.fleet.processes:
                process.send_signal(signal.SIGCONT)
            self.fleet.worker()
            until(self.fleet.all_are_done, 90)
            for row in self.fleet.ground.rows(submission):
                has_grade = {made["gen"] for made in self.fleet.ground.of(grade, row["id"])}
                assert row["status"] == "failed" or row["gen"] in has_grade
        finally:
            self.fleet.close()
            self.folder.cleanup()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_happens_in_whatever_order(url: str) -> None:
    machine = type("Here", (Interleaving,), {"url": url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6 if SOAK else 2,
            stateful_step_count=30 if SOAK else 15,
            deadline=None,
            # An example is made of processes and clocks: it is told as it was, and not made smaller.
            phases=[Phase.generate],
            derandomize=not SOAK,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.skipif(not SOAK, reason="tox -e soak")
def test_a_hundred_kills_under_load(url: str, tmp_path: Path) -> None:
    fleet, port, began = Fleet(url, tmp_path / "data"), free_port(), time.monotonic()
    parts = {"web": lambda: fleet.command("web", DOUT_PORT=str(port), **UNLIMITED)}
    parts |= dict.fromkeys(("first", "second"), fleet.worker)
    running = {name: start() for name, start in parts.items()}
    until(lambda: answers(port))
    clients = Clients(fleet, port, pause=0.5)
    try:
        try:
            for kill, name in zip(range(KILLS), itertools.cycle(("first", "second", "web")), strict=False):
                # Each time something is on its way: two more are accepted and graded since the last kill.
                now = len(clients.accepted), fleet.graded()
                until(lambda now=now: _further(fleet, clients, *now), 120)
                assert running[name].poll() is None, f"{name} ended by itself before kill {kill}"
                fleet.kill(running[name])
                running[name] = parts[name]()
        finally:
            clients.stop()
        until(fleet.all_are_done, 200)
        accepted, graded, failed = fleet.ground.counts()
        tries = [row["n"] for row in fleet.ground.rows(attempt)]
        print(
            f"{fleet.database.engine.dialect.name}: {KILLS} kills in {time.monotonic() - began:.0f} s, "
            f"{accepted} accepted, {graded} graded, {failed} failed, {clients.lost} posts sent again, "
            f"{sum(n > 1 for n in tries)} graded again, 0 lost, 0 twice"
        )
        assert graded + failed == accepted
        assert {row["idempotency_key"]: row["id"] for row in fleet.ground.rows(submission)} == clients.accepted
    finally:
        fleet.close()


def _further(fleet: Fleet, clients: Clients, accepted: int, graded: int) -> bool:
    return len(clients.accepted) >= accepted + 2 and fleet.graded() >= graded + 2
