"""On machines that lack a lock, the level says so, the missing one is named, and everything else still holds."""

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the locks exist on Linux only", allow_module_level=True)

from cage import INNOCENT

import harness
from harness.assignment import built_in
from harness.grader import grade
from harness.language import language
from harness.records import Isolation, Level, Outcome, Report
from harness.sandbox import launch
from harness.sandbox.launch import ALL_LOCKS
from harness.sandbox.runner import Sandbox, level_of
from harness.submission import submission_from_bytes

HERE = Path(__file__).parent
ROOT = Path(harness.__file__).resolve().parent.parent
SUBMISSION = submission_from_bytes("layers.py", INNOCENT.encode())
ORDINARY_USER = 64999

LEVELS = {
    ("seccomp", "landlock", "uid", "rlimits"): "A",
    ("seccomp", "landlock", "userns", "rlimits"): "A",
    ("seccomp", "landlock", "uid"): "A",
    ("seccomp", "landlock", "rlimits"): "B",
    ("seccomp", "rlimits"): "B",
    ("landlock", "uid", "rlimits"): "C",
    ("landlock",): "C",
    ("seccomp", "landlock"): "C",
    ("seccomp", "uid"): "D",
    ("uid", "rlimits"): "D",
    ("rlimits",): "D",
    (): "D",
}


@pytest.mark.parametrize(("locks", "level"), LEVELS.items(), ids=["+".join(locks) or "none" for locks in LEVELS])
def test_the_locks_make_the_level(locks: tuple[str, ...], level: str) -> None:
    assert level_of(locks) == level


def graded(sandbox: Sandbox) -> Report:
    return grade(SUBMISSION, built_in(), sandbox=sandbox)


#: What a kernel or container would refuse, as a change to the zygote before it starts.
def without(*functions: str, error: str) -> str:
    lines = "".join(f"{function} = refuse\n" for function in functions)
    return (
        "import sys; sys.path[:0] = {path!r}\n"
        "from harness.sandbox import identity, landlock, lockdown, seccomp\n"
        f"import errno, os\ndef refuse(*arguments): raise OSError(errno.{error}, os.strerror(errno.{error}))\n"
        + lines
        + "from harness.sandbox.zygote import main; main()"
    )


MACHINES = {
    "a kernel without Landlock": (
        without("landlock.create_ruleset", error="ENOSYS"),
        ("B", {"seccomp", "rlimits"}),
        {"landlock": "needs Linux 5.13"},
    ),
    "Landlock switched off": (
        without("landlock.create_ruleset", error="EOPNOTSUPP"),
        ("B", {"seccomp", "rlimits"}),
        {"landlock": "switched off"},
    ),
    "a kernel without seccomp": (
        without("seccomp.install", error="EINVAL"),
        ("C", {"landlock", "rlimits"}),
        {"seccomp": "needs Linux 4.14"},
    ),
    "a container that forbids seccomp": (
        without("seccomp.install", error="EPERM"),
        ("C", {"landlock", "rlimits"}),
        {"seccomp": "forbidden here"},
    ),
    "no seccomp and no Landlock": (
        without("seccomp.install", "landlock.create_ruleset", error="ENOSYS"),
        ("D", {"rlimits"}),
        {"seccomp": "no seccomp filters", "landlock": "no Landlock"},
    ),
    "neither user ids nor namespaces": (
        without("identity.become", "identity.unshare", "lockdown.enter_user_namespace", error="EPERM"),
        ("B", {"seccomp", "landlock", "rlimits"}),
        {"uid": "user id", "userns": "user namespaces"},
    ),
    "no resource limits": (
        without("lockdown._set_limits", error="EPERM"),
        ("A", {"seccomp", "landlock"}),
        {"rlimits": "resource limits could not be set"},
    ),
    "nothing at all": (
        without(
            "seccomp.install",
            "landlock.create_ruleset",
            "identity.become",
            "identity.unshare",
            "lockdown.enter_user_namespace",
            "lockdown._set_limits",
            error="EPERM",
        ),
        ("D", set()),
        dict.fromkeys(["seccomp", "landlock", "uid", "userns", "rlimits"], ""),
    ),
}


@functools.cache
def best_here() -> Isolation:
    with Sandbox() as sandbox:
        isolation = graded(sandbox).isolation
    assert isolation is not None
    return isolation


@pytest.mark.parametrize(("start", "expected", "missing"), MACHINES.values(), ids=list(MACHINES))
def test_a_machine_that_lacks_a_lock_reaches_the_next_level_and_says_why(
    start: str, expected: tuple[str, set[str]], missing: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if best_here().level != "A":
        pytest.skip(f"this machine itself reaches {best_here().level} only")
    level, locks = expected
    monkeypatch.setattr(launch, "_START", start)
    with Sandbox() as sandbox:
        report = graded(sandbox)
        assert sandbox.missing.keys() == missing.keys()
        for lock, words in missing.items():
            assert words in sandbox.missing[lock]
            # The sentence comes out of the zygote's process with its parts.
            assert language("ko").told(sandbox.missing[lock]) != sandbox.missing[lock]
    assert report.score == 100.0
    assert report.isolation is not None
    assert report.isolation.level == level
    assert set(report.isolation.layers) - {"uid", "userns"} == locks


@pytest.mark.parametrize("least", ["A", "B", "C"])
def test_a_machine_below_the_level_asked_for_runs_nothing_and_says_why(
    least: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, _, missing = MACHINES["nothing at all"]
    monkeypatch.setattr(launch, "_START", start)
    with Sandbox(least=Level(least)) as sandbox:
        report = graded(sandbox)
    assert report.outcome is Outcome.GRADER_FAULT
    assert report.score is None
    words = report.warnings[0].message
    assert f"level {least} was asked for, but this machine reaches D" in words
    assert "forbidden here" in words
    assert "dout doctor" in words
    assert missing.keys() == {"seccomp", "landlock", "uid", "userns", "rlimits"}


def test_a_level_that_is_reached_is_no_obstacle() -> None:
    with Sandbox(least=best_here().level) as sandbox:
        assert graded(sandbox).score == 100.0


@pytest.mark.parametrize("locks", [ALL_LOCKS - {"landlock"}, ALL_LOCKS - {"seccomp"}, frozenset[str]()])
def test_locks_that_nobody_wants_are_not_missed(locks: frozenset[str]) -> None:
    with Sandbox(launched=launch.launch(locks)) as sandbox:
        report = graded(sandbox)
        assert not sandbox.missing.keys() - locks
    assert report.isolation is not None
    assert set(report.isolation.layers) <= locks
    assert report.score == 100.0


# Other users, other machines


#: One of each kind that some lock stops.
ATTACKS = [
    *("reads_files", "writes_files", "reads_the_judge", "reads_proc", "reads_the_environment", "uses_descriptors"),
    *("forks", "threads", "executes", "sockets", "signals_others", "adjusts_others", "traces_others", "makes_code"),
    *("memory_bytes", "exits_in_forward", "segfault"),
]
PARTIAL = {"exits_in_forward", "segfault"}


def run_elsewhere(python: str, setup: str, *attacks: str, **options: Any) -> dict[str, Any]:
    """Grade in another process; skip the test where the machine does not let it be made."""
    script, level = options.pop("script", HERE / "elsewhere.py"), options.pop("level", "A")
    done = subprocess.run(
        [python, "-B", str(script), setup, level, *attacks], capture_output=True, text=True, check=False, **options
    )
    if done.returncode and done.stderr.startswith(("no mount namespace", "nothing can be mounted")):
        pytest.skip(f"cannot be tried here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def assert_all_stopped(told: dict[str, Any]) -> None:
    assert told["scores"].keys() == set(ATTACKS)
    for name, (score, verdicts) in told["scores"].items():
        assert score == (30.0 if name in PARTIAL else 100.0), (name, verdicts)


def python_path() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{HERE.parent}"}


def as_ordinary_user() -> dict[str, Any]:
    """Options of ``subprocess.run`` for a user without privileges."""
    options: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:
        options |= {"user": ORDINARY_USER, "group": ORDINARY_USER, "extra_groups": []}
    return options


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """A folder that every user can read, with the packages and these tests."""
    folder = Path(tempfile.mkdtemp(prefix="dout-test-", dir="/tmp"))
    folder.chmod(0o755)
    packages = folder / "site-packages"
    unneeded = shutil.ignore_patterns("__pycache__", "tests")
    for package in (Path(np.__file__).parent, Path(msgspec.__file__).parent, ROOT / "harness", ROOT / "reference"):
        shutil.copytree(package, packages / package.name, ignore=unneeded)
    libraries = Path(np.__file__).parent.parent / "numpy.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, packages / libraries.name)
    shutil.copytree(HERE, folder / "tests", ignore=unneeded)
    for module in ("processes.py", "right_layers.py"):
        shutil.copy(HERE.parent / module, folder / "tests")
    yield folder
    shutil.rmtree(folder)


def python_for_everybody(environment: dict[str, str]) -> str:
    """Return a Python of this version that an ordinary user can run; skip the test where there is none."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    check = f"import sys, numpy, msgspec; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        with contextlib.suppress(OSError):
            if not subprocess.run(
                [python, "-c", check], env=environment, stderr=subprocess.DEVNULL, check=False, **as_ordinary_user()
            ).returncode:
                return python
    pytest.skip(f"no Python {version} here that an ordinary user can run: {sys.executable} is root's own")


def test_a_user_without_privileges_gets_the_best_level_that_the_machine_gives(public: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(public / "site-packages")}
    python = python_for_everybody(environment)
    script = public / "tests" / "elsewhere.py"
    told = run_elsewhere(python, "nothing", *ATTACKS, script=script, env=environment, **as_ordinary_user())
    assert "uid" not in told["layers"]
    if "userns" in told["missing"]:
        assert told["level"] == "B"
        assert re.search("forbidden here|/proc", told["missing"]["userns"])
    else:
        assert told["level"] == "A"
        assert "userns" in told["layers"]
    assert_all_stopped(told)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount something over /proc")
def test_a_machine_that_hides_proc_keeps_every_lock() -> None:
    told = run_elsewhere(sys.executable, "hide-proc", *ATTACKS, env=python_path())
    assert told["level"] == "A"
    assert told["missing"] == {}
    assert_all_stopped(told)


#: What the fresh child of level D has to survive as well: it costs a worker, and no more.
CRASHES = {"exits_in_forward": 30.0, "segfault": 30.0, "memory_bytes": 100.0}


def assert_level_d_works(told: dict[str, Any]) -> None:
    assert told["level"] == "D"
    assert {name: score for name, (score, _) in told["scores"].items()} == CRASHES


def test_a_user_without_privileges_can_use_level_d(public: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(public / "site-packages")}
    python = python_for_everybody(environment)
    script = public / "tests" / "elsewhere.py"
    options = as_ordinary_user()
    assert_level_d_works(
        run_elsewhere(python, "nothing", *CRASHES, level="F", script=script, env=environment, **options)
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount something over /proc")
def test_level_d_needs_no_proc() -> None:
    assert_level_d_works(run_elsewhere(sys.executable, "hide-proc", *CRASHES, level="F", env=python_path()))


@contextlib.contextmanager
def memory_cgroup(limit: int) -> Iterator[Path]:
    """A cgroup whose processes together may use ``limit`` bytes; skips the test where none can be made."""
    for parent, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(parent, f"dout-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / file).write_text(str(limit))
        except OSError:
            group.rmdir()
            continue
        try:
            yield group / "cgroup.procs"
        finally:
            group.rmdir()
        return
    pytest.skip("no memory cgroup can be made here: /sys/fs/cgroup is not writable")


@pytest.mark.parametrize("level", ["A", "F"])
def test_a_memory_cgroup_ends_the_submission_and_not_the_grader(level: str) -> None:
    bombs = ("memory_bytes_in_forward", "memory_bytes")
    with memory_cgroup(400 << 20) as processes:
        enter = f'echo $$ > {processes}; exec "$@"'
        done = subprocess.run(
            ["sh", "-c", enter, "sh", sys.executable, "-B", str(HERE / "elsewhere.py"), "plenty", level, *bombs],
            env=python_path(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)["scores"]
    score, verdicts = scores["memory_bytes_in_forward"]
    assert score == 30.0
    assert verdicts["MulLayer.forward"] == "memory_limit"
    # At the top level it costs only the top level.
    assert scores["memory_bytes"][0] == 100.0
