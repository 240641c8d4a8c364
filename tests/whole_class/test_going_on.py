"""Whatever ends a run, what was graded is kept, nothing runs on, and the next run goes on from there."""

import os
import resource
import signal
import time

import pytest
from class_runs import (
    LOOP,
    RIGHT,
    environment,
    files,
    folder,
    kill,
    numbered,
    rows,
    run,
    started,
    written,
)
from processes import below, children, cpu_seconds, is_alive, until

from harness.cli import main
from harness.whole_class import jobs

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="signals and /proc of Linux")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A class, and everything that is written for it when nothing goes wrong."""
    top = tmp_path_factory.mktemp("whole")
    given = folder(top / "in", numbered(40))
    run(given, "-o", top / "out")
    return given, files(top / "out")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_ended_goes_on_where_it_was(whole, tmp_path, number):
    given, wanted = whole
    out = tmp_path / "out"
    process = started(given, "-o", out, reports=5, out=out)
    judges = below(process.pid)
    assert len(judges) >= 2
    status, _, err = kill(process, number)
    until(lambda: not any(map(is_alive, judges)))
    assert not (out / "report.json").exists()
    assert not [*out.rglob("*.html.part")] or number is signal.SIGKILL
    if number is not signal.SIGKILL:
        assert "of 40 submissions are done and kept" in err
        assert "run the same command again" in err
        assert status == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    before = written(out)
    run(given, "-o", out)
    again = [name for name, when in written(out).items() if before.get(name, when) != when]
    # Those whose row was not stored yet: one for each judge, and one that was on its way.
    assert len(again) <= 2 * (os.cpu_count() or 1) + 2
    assert files(out) == wanted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_a_judge_was_writing_when_the_run_was_ended_is_removed(tmp_path, number):
    out = tmp_path / "out"
    process = started(folder(tmp_path / "in", {"a.py": LOOP}), "-o", out, "--jobs", 1, reports=0, out=out)
    until(lambda: looping(process.pid))
    parts = [out / "reports" / "a.json.part", out / "pages" / "a.html.part"]
    for part in parts:
        part.write_text("half", encoding="utf-8")
    kill(process, number)
    assert not any(part.exists() for part in parts)


def test_every_judge_leaves_by_itself(tmp_path, monkeypatch):
    ended, close = [], jobs._Judge.close

    def noted(judge):
        words = close(judge)
        ended.append(judge._process.returncode)
        return words

    monkeypatch.setattr(jobs._Judge, "close", noted)
    given = folder(tmp_path / "in", numbered(12))
    assert main(["class", str(given), "-o", str(tmp_path / "out"), "--jobs", "2"]) == 0
    assert ended == [0, 0]


def test_a_judge_that_is_killed_is_replaced_and_nothing_is_lost(whole, tmp_path):
    given, wanted = whole
    out = tmp_path / "out"
    process = started(given, "-o", out, "--jobs", 1, reports=3, out=out)
    (judge,) = children(process.pid)
    os.kill(judge, signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert files(out) == wanted


def looping(pid):
    """Return the judges that have a worker which uses the processor for longer than the self-test takes."""
    return {
        judge for judge in children(pid) if any(cpu_seconds(worker) > 0.25 for worker in below(judge) - children(judge))
    }


def test_a_submission_whose_judge_dies_twice_has_no_score_and_the_others_have_theirs(tmp_path):
    out = tmp_path / "out"
    given = folder(tmp_path / "in", {"a.py": LOOP, "b.py": RIGHT, "c.py": RIGHT + "#"})
    process = started(given, "-o", out, "--jobs", 1, reports=0, out=out)
    killed = set()
    while len(killed) < 2:
        (judge,) = until(lambda: looping(process.pid) - killed)
        os.kill(judge, signal.SIGKILL)
        killed.add(judge)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3, errors
    found = rows(out)
    assert (found["a"]["outcome"], found["a"]["score"]) == ("grader_fault", None)
    assert "ended twice" in found["a"]["reason"]["message"]
    assert (found["b"]["score"], found["c"]["score"]) == (100, 100)
    # And the next time it is graded, because a fault is nobody's mark.
    run(given, "-o", out)
    assert rows(out)["a"]["outcome"] == "graded"


@pytest.fixture
def unmeasured(monkeypatch):
    """Coverage could not write what it measured either, and says so."""
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)


def test_a_full_disk_ends_the_run_and_with_room_again_it_goes_on(whole, tmp_path, unmeasured):
    given, wanted = whole
    out = tmp_path / "out"

    def little_room():
        # Bytes of one file: a page has more. Python is told of it by an error, as of a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    done = run(given, "-o", out, status=3, preexec_fn=little_room)
    assert "cannot be written" in done.stderr
    assert "run the same command again" in done.stderr
    assert not [*out.rglob("*.part")]
    assert not (out / "report.json").exists()
    run(given, "-o", out)
    assert files(out) == wanted


def test_no_room_for_the_rows_loses_none_of_them(whole, tmp_path, unmeasured):
    given, wanted = whole
    out = tmp_path / "out"
    run(given, "-o", out)
    rows_file = out / ".dout" / "rows.jsonl"
    for path in (*out.glob("*.json"), *out.glob("*.md")):
        path.unlink()
    size = rows_file.stat().st_size
    done = run(
        given, "-o", out, status=3, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, size - 1))
    )
    assert "cannot be written" in done.stderr
    assert rows_file.stat().st_size == size
    run(given, "-o", out)
    assert files(out) == wanted


def test_two_runs_do_not_work_in_one_folder(tmp_path):
    out = tmp_path / "out"
    given = folder(tmp_path / "in", {"a.py": LOOP})
    process = started(given, "-o", out, reports=0, out=out)
    try:
        until((out / ".dout" / "lock").exists)
        time.sleep(0.3)
        assert "another dout class is at work" in run(given, "-o", out, status=2).stderr
    finally:
        kill(process)


def test_loops_hold_up_only_themselves(tmp_path):
    given = folder(tmp_path / "in", numbered(4, LOOP, "loop") | numbered(6))
    out = tmp_path / "out"
    began = time.monotonic()
    run(given, "-o", out, "--jobs", 4)
    # Each may take ten seconds, and one call more; they ran side by side.
    assert time.monotonic() - began < 4 * 12
    found = rows(out)
    assert all(found[f"s{number:03}"]["score"] == 100 for number in range(6))
    assert all("timeout" in found[f"loop{number:03}"]["verdicts"] for number in range(4))


def test_a_machine_that_locks_nothing_in_is_refused_unless_it_is_asked_for(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.pidfd_open\n")
    given, out = folder(tmp_path / "in", {"kim.py": RIGHT}), tmp_path / "out"
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{environment()['PYTHONPATH']}"}
    done = run(given, "-o", out, status=3, env=env)
    assert "isolation level B was asked for, but this machine reaches D" in done.stderr
    assert not (out / "report.json").exists()
    run(given, "-o", out, "--isolation", "D", env=env)
    assert rows(out)["kim"]["score"] == 100


HOSTILE = {
    "exits.py": "import os\nos._exit(0)",
    "kills.py": RIGHT.replace("return x + y", "import os, signal; os.kill(os.getppid(), signal.SIGKILL); return x + y"),
    "forks.py": RIGHT.replace("return x + y", "import os; os.fork(); return x + y"),
    "prints.py": RIGHT + "print('x' * 10_000_000)",
    "eats.py": RIGHT.replace("return x * y", "return bytearray(10 ** 11)"),
    "deep.py": "(" * 100_000,
    "binary.py": bytes(range(256)) * 100,
    "huge.py": b"# " + b"x" * (3 << 20),
    "empty.py": "",
    "cp949.py": "# 한글".encode("cp949"),
    "sleeps.py": RIGHT + "import time\ntime.sleep(60)",
    "zip.zip": b"PK\x03\x04 this is no archive",
    "book.ipynb": b'{"cells": [',
}


def test_hostile_huge_and_broken_ones_leave_the_others_alone(tmp_path):
    given = folder(tmp_path / "in", HOSTILE | numbered(5))
    out = tmp_path / "out"
    run(given, "-o", out, "--similar")
    found = rows(out)
    assert len(found) == len(HOSTILE) + 5
    assert {found[f"s{number:03}"]["score"] for number in range(5)} == {100}
    assert {row["outcome"] for row in found.values()} == {"graded", "not_gradable"}
