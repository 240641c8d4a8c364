"""Any order of handing in, killing, stopping, waking and regrading: accepted = graded + failed, and one grade for each."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest
from fleet import Fleet, until
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from harness.service.schema import grade, submission
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
            max_examples=25 if SOAK else 2,
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
    fleet = Fleet(url, tmp_path / "data")
    try:
        workers = [fleet.worker(), fleet.worker()]
        accepted = 0
        for kill in range(KILLS):
            fleet.hand_in(10)
            accepted += 10
            time.sleep(0.5 + kill % 5 / 4)
            fleet.kill(workers[kill % 2])
            workers[kill % 2] = fleet.worker()
        until(fleet.all_are_done, 200)
        found, graded, failed = fleet.ground.counts()
        print(f"{KILLS} kills: {found} accepted, {graded} graded, {failed} failed")
        assert (found, graded + failed) == (accepted, accepted)
    finally:
        fleet.close()
