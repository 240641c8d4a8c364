"""``dout doctor``: the level, why not a better one, and 3 when a lock that is in force does not hold."""

import pytest

from harness.cli import main
from harness.render.cells import width_of
from harness.sandbox import runner, selftest
from harness.sandbox.selftest import CANARIES, Canary, not_held

ALL = ("seccomp", "landlock", "uid", "rlimits")


def canaries(*opened: str) -> list[Canary]:
    assert set(opened) <= set(CANARIES)
    return [Canary(name, name not in opened, what) for name, what in CANARIES.items()]


def test_doctor_names_the_level_its_locks_the_attacks_and_the_versions(dout):
    done = dout("doctor")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert text.startswith("isolation level ")
    assert "\n  locks in force: " in text
    assert text.count("  stopped  ") + text.count("  OPEN     ") == len(CANARIES)
    assert "encodings: screen " in text
    assert max(map(len, text.splitlines())) <= 80


def test_doctor_speaks_korean(dout):
    text = dout("doctor", "--lang", "ko").stdout.decode()
    assert text.startswith("격리 수준 ")
    assert text.count("  막음  ") + text.count("  뚫림  ") == len(CANARIES)
    assert max(map(width_of, text.splitlines())) <= 80


def test_doctor_without_a_home_says_so_or_where_without_a_traceback(dout):
    assert dout("doctor", env={"HOME": None, "XDG_CACHE_HOME": None}).returncode == 0


def test_on_a_machine_without_locks_doctor_says_which_is_missing_and_why(monkeypatch, capsys):
    monkeypatch.setattr(runner, "has_fork_server", lambda: False)
    assert main(["doctor"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "isolation level D: a separate process with deadlines: it can read and write what you can" in text
    assert "not here: seccomp: this system runs each submission in an ordinary child process" in text
    assert "OPEN open the system's list of users" in text


def test_a_lock_that_does_not_hold_ends_with_3_and_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(selftest, "self_test", lambda sandbox, limits: canaries("reads_the_environment"))
    assert main(["doctor"]) == 3
    assert "hint: grade no stranger's file here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("locks", "opened", "broken"),
    {
        "everything holds": (ALL, (), []),
        "seccomp lets a process start": (ALL, ("forks",), ["forks"]),
        "no lock is there to stop it": ((), ("forks", "opens_a_file"), []),
        "the environment is clean at every level": ((), ("reads_the_environment",), ["reads_the_environment"]),
        "what needs no lock": ((), ("forks", "keeps_descriptors"), ["keeps_descriptors"]),
        "landlock is about files only": (("landlock",), ("forks", "opens_a_file"), ["opens_a_file"]),
        "memory is a matter of limits": (("seccomp",), ("exceeds_memory",), []),
        "limits that do not limit": (("rlimits",), ("exceeds_memory",), ["exceeds_memory"]),
        "a user of its own that becomes root": (("uid",), ("becomes_root",), ["becomes_root"]),
    }.values(),
    ids=lambda value: None,
)
def test_what_each_lock_has_to_stop(locks, opened, broken):
    assert [canary.name for canary in not_held(locks, canaries(*opened))] == broken
