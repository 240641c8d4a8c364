"""Prints what other graders cost beside dout, and what each of them lets pass, on the same submissions in one run.

Every peer is installed from PyPI into an environment that is thrown away. It needs a network, and some minutes.
"""

import itertools
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
#: Rounds of the speed table. Everyone is measured in each, but those that take seconds only in the first ones.
ROUNDS = 7
SLOW_ROUNDS = 3
#: Gradings by dout in one figure.
TIMES = 20
#: A peer's own time limit, in seconds, where it has one, and the least that a hostile submission gets in all.
PATIENCE = 2
LEAST_SECONDS = 15


class Graded(NamedTuple):
    """What one grader gave one submission."""

    #: Points as a share of all points; None without a result.
    share: float | None
    points: str
    #: The exit status of what graded it; None when it had to be ended.
    status: int | None


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
        print("| grader | CPU each | of dout's | wall each | of dout's | CPU of a wrong one | of dout's |")
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
            if turn >= SLOW_ROUNDS and installed.peer.per_family == 1:
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
            f"| {row.title} | {_seconds(row.cpu_s)} | {row.cpu_s / least.cpu_s:.1f} "
            f"| {_seconds(row.wall_s)} | {row.wall_s / least.wall_s:.1f} "
            f"| {_seconds(row.wrong_cpu_s)} | {row.wrong_cpu_s / least.wrong_cpu_s:.1f} |"
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
    hostile = {name: attack.text for name, attack in HOSTILE.items()}
    graders: dict[str, Callable[[dict[str, str], bool], dict[str, Graded]]] = {
        "dout": lambda texts, _: {name: _own_grade(ours, folder, text) for name, text in texts.items()},
        **{peer.peer.title: _grader(peer, folder) for peer in peers},
    }
    per_family = {"dout": PlainPytest.per_family, **{peer.peer.title: peer.peer.per_family for peer in peers}}
    attacked: dict[str, dict[str, Graded]] = {}
    print("| grader | wrong, full marks | hostile, more than earned | hostile, no result | right, points lost |")
    print("|---|---|---|---|---|")
    for title, graded in graders.items():
        _say(f"what {title} lets pass")
        wrong = graded(wrong_submissions(per_family[title]), False)
        attacked[title] = graded(hostile, True)
        rights = graded(right, False)
        passed = sum(_is_full(one) for one in wrong.values())
        gained = sum(_gained(name, one) for name, one in attacked[title].items())
        lost = sum(one.share is None for one in attacked[title].values())
        fails = [name for name, one in rights.items() if not _is_full(one)]
        print(
            f"| {title} | {passed} of {len(wrong)} | {gained} of {len(hostile)} | {lost} of {len(hostile)} "
            f"| {len(fails)} of {len(rights)}{': ' if fails else ''}{', '.join(fails)} |",
            flush=True,
        )
    print("\n| hostile submission | " + " | ".join(attacked) + " |")
    print("|---" * (len(attacked) + 1) + "|")
    for name in HOSTILE:
        print(f"| {name} | " + " | ".join(_cell(name, grades[name]) for grades in attacked.values()) + " |")


def _own_grade(ours: OursInClass, folder: Path, text: str) -> Graded:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    report = ours.grade(path)
    if report.outcome is Outcome.GRADER_FAULT or report.score is None:
        return Graded(None, "", 3)
    return Graded(report.score / report.max_score, f"{report.score:g}/{report.max_score:g}", 0)


def _grader(installed: Installed, folder: Path) -> Callable[[dict[str, str], bool], dict[str, Graded]]:
    def graded(texts: dict[str, str], hostile: bool) -> dict[str, Graded]:
        # Hostile ones alone: they would spoil the others of their class as well.
        size = 1 if hostile else installed.peer.class_size
        names = list(texts)
        groups = [names[start : start + size] for start in range(0, len(names), size)]

        def one(group: Sequence[str]) -> list[Graded]:
            given = [texts[name] for name in group]
            if hostile:
                seconds = max(LEAST_SECONDS, 10 * installed.first_wall_s)
                run = grade(installed, given, folder=folder, seconds=seconds, patience=PATIENCE)
            else:
                run = grade(installed, given, folder=folder)
            most = len(CHECKS)
            return [
                Graded(None if points is None else points / most, f"{points or 0:g}/{most}", run.cost.status)
                for points in run.points
            ]

        with ThreadPoolExecutor(2) as pool:
            results = pool.map(one, groups)
            return dict(zip(names, itertools.chain.from_iterable(results), strict=True))

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
