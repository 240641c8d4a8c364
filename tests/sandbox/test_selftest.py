"""The self-test tells what a real worker can do: everything is stopped behind all locks, and open where there is none."""

import sys
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("the locks exist on Linux only", allow_module_level=True)

from cage import LOCKS, Cage
from processes import children

from harness.sandbox import forkserver, fresh, launch, zygote
from harness.sandbox.channel import Ending, Exit, Worker, WorkerGone
from harness.sandbox.fresh import FreshStarter
from harness.sandbox.launch import ALL_LOCKS
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import Answer, Done, Fault, FromWorker, Loaded, Parsed, frame
from harness.sandbox.runner import Sandbox
from harness.sandbox.selftest import CANARIES, self_test

LIMITS = WorkerLimits()
#: What a lock is not needed for: the zygote lets nobody read it, and opens and tells nothing that is secret.
ALWAYS_STOPPED = {"reads_its_parent", "keeps_descriptors", "reads_the_environment"}


def opened(sandbox: Sandbox) -> set[str]:
    canaries = self_test(sandbox, LIMITS)
    assert [(canary.name, canary.what) for canary in canaries] == list(CANARIES.items())
    return {canary.name for canary in canaries if not canary.stopped}


@pytest.mark.parametrize("level", ["A", "B"])
def test_behind_seccomp_and_limits_nothing_works(level: str) -> None:
    with Cage(level) as cage:
        assert opened(cage.sandbox) == set()


def test_without_any_lock_everything_works_that_a_lock_is_needed_for() -> None:
    with Cage("D") as cage:
        assert opened(cage.sandbox) == set(CANARIES) - ALWAYS_STOPPED
        assert children(cage.zygote) == set()


#: Lock to what it alone stops, whatever its version.
STOPS = {
    "seccomp": set(CANARIES) - ALWAYS_STOPPED - {"exceeds_memory"},
    "landlock": {"opens_a_file", "lists_a_directory", "writes_a_file", "writes_shared_memory", "executes"},
    "rlimits": {"writes_a_file", "exceeds_memory", "raises_its_limits"},
    "uid": {"signals_its_parent", "changes_its_parent", "becomes_root"},
}


@pytest.mark.parametrize("lock", STOPS)
def test_each_lock_stops_what_it_is_there_for(lock: str) -> None:
    with Sandbox(launched=launch.launch(frozenset({lock}))) as sandbox:
        with sandbox.spawn(LIMITS) as worker:
            if worker.locks != (lock,):
                pytest.skip(f"no {lock} here: {sandbox.missing}")
        still_open = opened(sandbox)
    assert not still_open & STOPS[lock]
    assert still_open


def test_a_secret_in_the_zygotes_environment_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(launch.ENVIRONMENT, "SECRET_TOKEN", "x")
    with Sandbox(launched=launch.launch(ALL_LOCKS)) as sandbox:
        assert opened(sandbox) == {"reads_the_environment"}


def test_a_fresh_child_stops_little_and_shows_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with Sandbox(starter=FreshStarter()) as sandbox:
        still_open = opened(sandbox)
    assert not still_open & {"reads_the_environment", "keeps_descriptors"}
    assert still_open >= {"opens_a_file", "writes_a_file", "forks", "opens_inet_socket"}


def test_a_descriptor_that_a_fresh_child_is_left_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # The channel takes the place of the first two.
    monkeypatch.setattr(fresh, "_START", "import os; [os.open(os.devnull, 0) for _ in range(3)]; " + fresh._START)
    with Sandbox(starter=FreshStarter()) as sandbox:
        assert "keeps_descriptors" in opened(sandbox)


def test_a_descriptor_that_a_forked_worker_is_left_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forkserver._CHANNEL == (zygote.CHANNEL,)
    monkeypatch.setattr(forkserver, "_CHANNEL", ())
    with Cage("B") as cage:
        assert opened(cage.sandbox) == {"keeps_descriptors"}


class Scripted:
    """Starts workers that say what they are told to say."""

    missing: dict[str, str] = {}  # noqa: RUF012 - never changed

    def __init__(self, *scripts: list[FromWorker | WorkerGone]) -> None:
        self.scripts = list(scripts)

    def spawn(self, *arguments: Any) -> Worker:
        return Worker(_Channel(self.scripts.pop(0)), ())

    def close(self) -> None:
        assert not self.scripts


class _Channel:
    def __init__(self, script: list[FromWorker | WorkerGone]) -> None:
        self.script = script

    def write(self, data: bytes, deadline: float) -> None:
        pass

    def read(self, deadline: float) -> bytes:
        said = self.script.pop(0)
        if isinstance(said, WorkerGone):
            raise said
        return frame(said)

    def close(self) -> Exit:
        return Exit(0, 0.0)


START: list[FromWorker] = [Parsed([], [], [], 0), Loaded([], [])]


def told(*scripts: list[FromWorker | WorkerGone]) -> list[bool]:
    with Sandbox(starter=Scripted(*scripts)) as sandbox:
        return [canary.stopped for canary in self_test(sandbox, LIMITS)]


def answers(first: int = 0) -> list[FromWorker]:
    return [Answer(index, 1, False, [0.0]) for index in range(first, len(CANARIES))]


def test_only_a_plain_no_counts_as_stopped() -> None:
    odd = [Answer(0, 1, False, [1.0]), Answer(1, 1, True, []), Fault(2, 1, "E", "", None), Answer(3, 1, False, [2])]
    assert told([*START, *odd, *answers(4), Done()]) == [False] * 4 + [True] * (len(CANARIES) - 4)


def test_a_worker_that_was_killed_for_trying_was_stopped_and_the_rest_is_tried_again() -> None:
    gone = WorkerGone(Ending.CRASHED, "killed")
    assert told([*START, answers()[0], gone], [*START, *answers(2), Done()]) == [True] * len(CANARIES)


def test_a_worker_that_hung_proves_nothing() -> None:
    gone = WorkerGone(Ending.TIMEOUT, "it took too long")
    assert told([*START, gone], [*START, *answers(1), Done()]) == [False] + [True] * (len(CANARIES) - 1)


@pytest.mark.parametrize("script", [[Done()], [Done(), Done()], [*START[:1], Done()]], ids=["1", "2", "3"])
def test_a_worker_that_does_not_load_proves_nothing(script: list[Any]) -> None:
    assert told([*script, *START]) == [False] * len(CANARIES)


def test_the_levels_of_the_tests_are_those_of_the_locks() -> None:
    assert LOCKS["A"] == ALL_LOCKS
