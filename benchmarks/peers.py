"""Prints what other graders cost beside dout, and what each of them lets pass, on the same submissions in one run.

Every peer is installed from PyPI into an environment that is thrown away. It needs a network, and some minutes.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from peers.checks import CHECKS
from peers.contained import Cost
from peers.hostile import HOSTILE
from peers.ours import OursAlone, OursInClass
from peers.peer import Peer
from peers.places import Installed, NotInstalledError, grade, install
from peers.submissions import right_submissions, wrong_submissions
from peers.with_gradescope import GradescopeUtils
from peers.with_nbgrader import Nbgrader
from peers.with_otter import Otter
from peers.with_pytest import PlainPytest, PytestWithHypothesis
from peers.with_pytest_grader import PytestGrader
from speed import Meter, machine

from harness.records import Outcome
from harness.sandbox.forkserver import ForkServer
from harness.sandbox.launch import launch
from harness.sandbox.runner import Sandbox

PEERS: tuple[Peer, ...] = (
    PlainPytest(),
    PytestWithHypothesis(),
    PytestGrader(),
    GradescopeUtils(),
    Nbgrader(),
    Otter(),
)
#: Rounds of the speed table; everyone is measured in each, those that take seconds only in the first ones.
ROUNDS = 7
SLOW_ROUNDS = 2
#: Wrong submissions of each family of the mutation suite.
PER_FAMILY = 3
SLOW_PER_FAMILY = 1
#: Gradings by dout in one figure.
TIMES = 20
#: A peer's own time limit for one check, in seconds, where it has one.
PATIENCE = 2
#: What a hostile submission gets in all, at the least: seven checks wait for an endless loop.
LEAST_SECONDS = 20


class Graded(NamedTuple):
    """What one grader gave one submission."""

    #: Points as a share of all points; None without a result.
    share: float | None
    points: str
    #: The exit status of what graded it; None when it had to be ended.
    status: int | None


Grades = dict[str, Graded]
#: Grades texts; they are hostile, or not.
Grader = Callable[[dict[str, str], bool], Grades]


class Figures(NamedTuple):
    """The figures of one row of the speed table."""

    title: str
    cpu_s: float
    wall_s: float
    wrong_cpu_s: float


def main() -> None:
    """Install, measure and print."""
    right = right_submissions()
    launched = launch()
    with Sandbox(starter=ForkServer(launched)) as sandbox, tempfile.TemporaryDirectory(prefix="peers-") as made:
        folder, missing = Path(made), dict[str, str]()
        ours = OursInClass(sandbox, Meter(launched.process.pid).now)
        _say("installing")
        peers = list(_installed(PEERS, folder, right["the book's"], len(CHECKS), missing))
        alone = list(_installed([OursAlone()], folder, right["the book's"], 100, missing))
        print(f"{machine()}\n")
        print("| grader | CPU each | times dout's | wall each | times dout's | CPU of a wrong one | times dout's |")
        print("|---|---|---|---|---|---|---|")
        for line in _speed(ours, [*alone, *peers], folder):
            print(line, flush=True)
        for title, why in missing.items():
            print(f"| {title} | {why} | | | | | |")
        print()
        _correctness(ours, peers, folder, right)
    print()
    for installed in peers:
        versions = ", ".join(f"{name} {version}" for name, version in installed.versions.items())
        print(f"- {installed.peer.title}: {versions}")


def _say(what: str) -> None:
    print(f"peers: {what}", file=sys.stderr, flush=True)


def _installed(
    peers: Iterable[Peer], folder: Path, right: str, most: float, missing: dict[str, str]
) -> Iterator[Installed]:
    def one(numbered: tuple[int, Peer]) -> Installed | str:
        number, peer = numbered
        try:
            return install(peer, folder / f"{most:g}-{number}", right, most)
        except NotInstalledError as error:
            return str(error)

    everyone = list(peers)
    with ThreadPoolExecutor(2) as pool:
        for peer, result in zip(everyone, pool.map(one, enumerate(everyone)), strict=True):
            if isinstance(result, Installed):
                yield result
            else:
                missing[peer.title] = result


def _speed(ours: OursInClass, peers: Sequence[Installed], folder: Path) -> Iterator[str]:
    right = [*right_submissions().values()][:ROUNDS]
    wrong = [*wrong_submissions(1).values()][:ROUNDS]
    sizes = [(installed, size) for installed in peers for size in sorted({1, installed.peer.class_size})]
    costs: dict[str, list[tuple[Cost, Cost]]] = {}
    for turn in range(ROUNDS):
        _say(f"speed, round {turn + 1} of {ROUNDS}")
        costs.setdefault("dout, a class", []).append(
            (_own_cost(ours, folder, right[turn]), _own_cost(ours, folder, wrong[turn]))
        )
        for installed, size in sizes:
            if turn >= SLOW_ROUNDS and installed.peer.slow:
                continue
            title = installed.peer.title if size == 1 else f"{installed.peer.title}, {size} in one command"
            pair = [
                _peer_cost(installed, [texts[(turn + n) % len(texts)] for n in range(size)], folder)
                for texts in (right, wrong)
            ]
            costs.setdefault(title, []).append((pair[0], pair[1]))
    rows = [Figures(title, *_medians(pairs)) for title, pairs in costs.items()]
    least = rows[0]
    for row in rows:
        yield (
            f"| {row.title} | {_seconds(row.cpu_s)} | {row.cpu_s / least.cpu_s:.3g} "
            f"| {_seconds(row.wall_s)} | {row.wall_s / least.wall_s:.3g} "
            f"| {_seconds(row.wrong_cpu_s)} | {row.wrong_cpu_s / least.wrong_cpu_s:.3g} |"
        )


def _medians(pairs: Sequence[tuple[Cost, Cost]]) -> tuple[float, float, float]:
    return (
        statistics.median(right.cpu_s for right, _ in pairs),
        statistics.median(right.wall_s for right, _ in pairs),
        statistics.median(wrong.cpu_s for _, wrong in pairs),
    )


def _own_cost(ours: OursInClass, folder: Path, text: str) -> Cost:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    return ours.cost(path, TIMES)


def _peer_cost(installed: Installed, texts: Sequence[str], folder: Path) -> Cost:
    cost = grade(installed, texts, folder=folder, official=False).cost
    return Cost(cost.status, cost.cpu_s / len(texts), cost.wall_s / len(texts))


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def _correctness(ours: OursInClass, peers: Sequence[Installed], folder: Path, right: dict[str, str]) -> None:
    _say("what each of them lets pass")
    tried = {"dout": _tried(_own_grader(ours, folder), PER_FAMILY, right)}
    with ThreadPoolExecutor(2) as pool:
        numbers = [SLOW_PER_FAMILY if one.peer.slow else PER_FAMILY for one in peers]
        results = pool.map(lambda one, number: _tried(_grader(one, folder), number, right), peers, numbers)
        tried |= {one.peer.title: result for one, result in zip(peers, results, strict=True)}
    print("| grader | wrong, full marks | hostile, more than earned | hostile, no result | right, points lost |")
    print("|---|---|---|---|---|")
    for title, (wrong, hostile, rights) in tried.items():
        fails = [name for name, one in rights.items() if not _is_full(one)]
        print(
            f"| {title} | {sum(map(_is_full, wrong.values()))} of {len(wrong)} "
            f"| {sum(_gained(name, one) for name, one in hostile.items())} of {len(hostile)} "
            f"| {sum(one.share is None for one in hostile.values())} of {len(hostile)} "
            f"| {len(fails)} of {len(rights)}{': ' if fails else ''}{', '.join(fails)} |"
        )
    print("\n| hostile submission | " + " | ".join(tried) + " |")
    print("|---" * (len(tried) + 1) + "|")
    for name in HOSTILE:
        print(f"| {name} | " + " | ".join(_cell(name, hostile[name]) for _, hostile, _ in tried.values()) + " |")


def _tried(grader: Grader, per_family: int, right: dict[str, str]) -> tuple[Grades, Grades, Grades]:
    """Return the grades of the wrong, the hostile and the right submissions."""
    hostile = {name: attack.text for name, attack in HOSTILE.items()}
    return grader(wrong_submissions(per_family), False), grader(hostile, True), grader(right, False)


def _own_grader(ours: OursInClass, folder: Path) -> Grader:
    return lambda texts, _: {name: _own_grade(ours, folder, text) for name, text in texts.items()}


def _own_grade(ours: OursInClass, folder: Path, text: str) -> Graded:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    report = ours.grade(path)
    if report.outcome is Outcome.GRADER_FAULT or report.score is None:
        return Graded(None, "", 3)
    return Graded(report.score / report.max_score, f"{report.score:g}/{report.max_score:g}", 0)


def _grader(installed: Installed, folder: Path) -> Grader:
    most = len(CHECKS)
    seconds = max(LEAST_SECONDS, 6 * installed.first_wall_s)

    def graded(texts: dict[str, str], hostile: bool) -> Grades:
        # Hostile ones alone: they would spoil the others of their class as well.
        size = 1 if hostile else installed.peer.class_size
        names, grades = list(texts), Grades()
        for start in range(0, len(names), size):
            group = names[start : start + size]
            given = [texts[name] for name in group]
            if hostile:
                run = grade(installed, given, folder=folder, seconds=seconds, patience=PATIENCE)
            else:
                run = grade(installed, given, folder=folder)
            for name, points in zip(group, run.points, strict=True):
                share = None if points is None else points / most
                grades[name] = Graded(share, f"{points or 0:g}/{most}", run.cost.status)
        return grades

    return graded


def _is_full(one: Graded) -> bool:
    return one.share is not None and one.share > 1 - 1e-9


def _gained(name: str, one: Graded) -> bool:
    return one.share is not None and one.share > HOSTILE[name].earned + 1e-9


def _cell(name: str, one: Graded) -> str:
    if one.share is not None:
        return f"**{one.points}**" if _gained(name, one) else one.points
    if one.status is None:
        return "no result, no end"
    return "no result, exit status 0" if one.status == 0 else "no result"


if __name__ == "__main__":
    main()
