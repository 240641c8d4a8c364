"""What keeps the parts of the service running: when they crash, are drained, and do not end."""

import os
import sys
import time

import pytest

from harness.service import supervisor
from harness.service.supervisor import Part, Supervisor

if os.name != "posix":
    pytest.skip("the parts are shell scripts here", allow_module_level=True)


@pytest.fixture
def part(tmp_path, monkeypatch):
    """Have every part run a shell script in place of ``dout``; the file ``starts`` gets a line for each start."""
    program = tmp_path / "part"
    starts = tmp_path / "starts"
    starts.touch()

    def written(script):
        program.write_text(f"#!/bin/sh\necho start >> {starts}\n{script}\n", encoding="utf-8")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
        return starts

    return written


def started(starts):
    return len(starts.read_text(encoding="utf-8").splitlines())


def test_a_part_that_was_drained_is_not_started_again(part):
    starts = part("exit 0")
    assert Supervisor([Part("worker 1", []), Part("worker 2", [])], os.environ).run() == 0
    assert started(starts) == 2


def test_a_part_that_crashes_is_started_again_after_longer_and_longer_pauses(part, monkeypatch):
    monkeypatch.setattr(supervisor, "_GLANCE", 0.01)
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE", 0.05)
    starts = part("exit 3")
    watched = Supervisor([Part("web", ["web"])], os.environ)
    (one,) = watched._running
    pauses, until = [], time.monotonic() + 30
    while started(starts) < 5 and time.monotonic() < until:
        watched._look(one)
        if one.process is None and (not pauses or pauses[-1] != one.pause):
            pauses.append(one.pause)
        time.sleep(0.005)
    watched.ask_to_stop()
    assert watched.run() == 0
    assert started(starts) >= 5
    assert pauses == [0.02, 0.04, 0.05]


def test_after_a_minute_of_running_the_pause_is_short_again(part, monkeypatch):
    part("exit 3")
    watched = Supervisor([Part("web", ["web"])], os.environ)
    (one,) = watched._running
    one.process.wait(30)
    one.pause, one.since = 30.0, time.monotonic() - supervisor._STEADY - 1
    watched._look(one)
    assert one.pause == supervisor._FIRST_PAUSE


def test_a_part_that_does_not_end_is_killed(part, monkeypatch):
    monkeypatch.setattr(supervisor, "_GRACE_SECONDS", 0.3)
    starts = part("trap '' TERM\nwhile :; do sleep 0.1; done")
    watched = Supervisor([Part("worker 1", ["worker"])], os.environ)
    (one,) = watched._running
    until = time.monotonic() + 30
    while started(starts) == 0 and time.monotonic() < until:
        time.sleep(0.01)
    # Past the line that has it ignore the signal.
    time.sleep(0.2)
    watched.ask_to_stop()
    began = time.monotonic()
    assert watched.run() == 0
    assert one.process.returncode == -9
    assert time.monotonic() - began < 10


def test_a_part_knows_that_it_has_a_supervisor(part, tmp_path):
    part(f'echo "${supervisor.SUPERVISED}" > {tmp_path / "told"}')
    assert Supervisor([Part("worker 1", ["worker"])], os.environ).run() == 0
    assert (tmp_path / "told").read_text(encoding="utf-8").strip() == str(os.getpid())
