"""What the other tests see of processes: whatever ends meanwhile, the answer is right and no error."""

import os
import signal
import subprocess

import pytest
from processes import arguments, below, children, cpu_seconds, is_alive, until

pytestmark = pytest.mark.needs_proc


@pytest.fixture
def started():
    """Start a shell that runs these lines, and all of it ends with the test."""
    made = []

    def start(lines):
        process = subprocess.Popen(
            ["sh", "-c", lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        made.append(process)
        return process

    yield start
    for process in made:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_children_and_theirs_are_found(started):
    shell = started("sh -c 'sleep 60 & echo $! $$; wait' & wait")
    grandchild, child = map(int, shell.stdout.readline().split())
    assert children(shell.pid) == {child}
    assert below(shell.pid) == {child, grandchild}
    until(lambda: arguments(grandchild) == ["sleep", "60"])


def test_others_that_end_meanwhile_are_no_error_and_hide_none(started):
    shell = started("sleep 60 & echo $!; sleep 60 & echo $!; while :; do true & true & wait %3 %4; done")
    stay = {int(shell.stdout.readline()) for _ in range(2)}
    for _ in range(100):
        assert below(shell.pid) >= stay


def test_a_process_that_ended_is_not_alive_whether_or_not_it_was_waited_for(started):
    shell = started("read line")
    assert is_alive(shell.pid)
    shell.stdin.write("\n")
    shell.stdin.flush()
    until(lambda: not is_alive(shell.pid))
    shell.wait()
    assert not is_alive(shell.pid)
    assert (children(shell.pid), cpu_seconds(shell.pid), arguments(shell.pid)) == (set(), 0.0, [])


def test_work_counts_and_waiting_does_not(started):
    busy, idle = started("while :; do :; done"), started("sleep 60")
    until(lambda: cpu_seconds(busy.pid) > 0.1)
    assert cpu_seconds(idle.pid) < 0.1


def test_waiting_for_what_never_comes_fails():
    with pytest.raises(AssertionError, match="it did not happen"):
        until(lambda: False, seconds=0.1)
