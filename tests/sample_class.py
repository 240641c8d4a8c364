"""Classes made up for tests of what is written about a class: any number of learners, the same ones each time."""

import hashlib
import random
from collections.abc import Callable, Iterator
from typing import Any

from harness.class_records import ClassCheck, ClassHead, ClassRow, LeftOut
from harness.records import AssignmentId, Isolation, Level, Outcome, Verdict, Versions, Warn

__all__ = ["HEAD", "LEFT_OUT", "class_of", "head_of", "row_of"]

P, W, B, R, T = Verdict.PASSED, Verdict.WRONG, Verdict.BLOCKED, Verdict.RAISED, Verdict.TIMEOUT
_CHECKS = {
    "AddLayer.forward": 8, "AddLayer.backward": 10, "AddLayer.arrays": 5, "AddLayer.gradient": 4, "AddLayer.state": 3,
    "MulLayer.forward": 10, "MulLayer.backward": 20, "MulLayer.arrays": 6, "MulLayer.gradient": 5, "MulLayer.state": 4,
    "graph.shop_forward": 5, "graph.shop_backward": 10, "graph.random": 10,
}  # fmt: skip
#: Mistakes, how common they are, and the checks that fail or wait because of them.
_MISTAKES: dict[str, tuple[float, dict[str, Verdict]]] = {
    "MUL-SWAP": (0.22, {"MulLayer.backward": W, "MulLayer.arrays": B, "MulLayer.gradient": W, "MulLayer.state": B, "graph.shop_backward": B, "graph.random": B}),
    "SCALAR-ONLY": (0.12, {"MulLayer.arrays": R, "AddLayer.arrays": R}),
    "MUL-NO-DOUT": (0.1, {"MulLayer.backward": W, "MulLayer.arrays": B, "MulLayer.gradient": W, "MulLayer.state": B, "graph.shop_backward": B, "graph.random": B}),
    "STATE-SHARED": (0.08, {"MulLayer.state": W, "graph.random": W}),
    "ADD-USES-INPUT": (0.06, {"AddLayer.backward": W, "AddLayer.arrays": B, "AddLayer.gradient": W, "AddLayer.state": B, "graph.shop_backward": B, "graph.random": B}),
    "INPLACE-DOUT": (0.05, {"AddLayer.state": W}),
    "NOT-IMPLEMENTED": (0.05, {check: R if check.endswith("ward") else B for check in _CHECKS if not check.startswith("Add")}),
    "TIMEOUT": (0.02, {"MulLayer.forward": T, "MulLayer.arrays": B, "MulLayer.state": B, "graph.shop_forward": B, "graph.shop_backward": B, "graph.random": B}),
}  # fmt: skip
_NAMES = [
    "Kim Minji",
    "이서준",
    "Park Ji-woo",
    "최하은",
    "Jeong Do-yun",
    "강서연",
    "Anna-Lena Müller",
    "정예준",
    "Nguyễn Thị Hoa",
    "윤지호",
]


def head_of(**changes: Any) -> ClassHead:
    """Return what a class has in common, with ``changes``."""
    checks = [
        ClassCheck(id=name, layer=name.partition(".")[0], title=f"{name} does what the book says", max_score=most)
        for name, most in _CHECKS.items()
    ]
    given: dict[str, Any] = {
        "assignment": AssignmentId(id="ch05-add-mul", version="1", sha256="0" * 64),
        "title": "Chapter 5: addition and multiplication layers",
        "seed": 20261123,
        "max_score": sum(_CHECKS.values()),
        "checks": checks,
        "isolation": Isolation(level=Level.A, layers=("seccomp",)),
        "versions": Versions(dout="0.1.0", python="3.11.2", numpy="1.26.4"),
    }
    return ClassHead(**(given | changes))


HEAD = head_of()
LEFT_OUT = [
    LeftOut(reason="missing", entry="", learners=["Seo Yuna (2026009)"], message="no submission: Seo Yuna (2026009)"),
    LeftOut(reason="unknown", entry="someone_else.py", learners=[], message="someone_else.py: no learner"),
]


def row_of(learner: str, verdicts: list[Verdict] | None = None, head: ClassHead = HEAD, **changes: Any) -> ClassRow:
    """Return a learner's row: right in everything, but for ``verdicts`` and ``changes``."""
    verdicts = [P] * len(head.checks) if verdicts is None else verdicts
    points = (check.max_score for check, one in zip(head.checks, verdicts, strict=True) if one is P)
    given: dict[str, Any] = {
        "learner": learner,
        "file": f"{learner}.py",
        "sha256": hashlib.sha256(learner.encode()).hexdigest(),
        "outcome": Outcome.GRADED,
        "score": sum(points),
        "verdicts": verdicts,
        "report": f"reports/{learner}.json",
        "page": f"reports/{learner}.html",
    }
    return ClassRow(**(given | changes))


def class_of(count: int, *, ungraded: int = 25, faults: int = 400) -> Callable[[], Iterator[ClassRow]]:
    """Return what iterates over ``count`` learners; each ``ungraded``-th is not gradable, each ``faults``-th a fault."""

    def rows() -> Iterator[ClassRow]:
        drawn = random.Random(5)
        for number in range(count):
            learner = f"2026{number:05}"
            name = f"{_NAMES[number % len(_NAMES)]} {number // len(_NAMES) + 1}"
            if number % faults == faults - 1:
                reason = Warn(code="GRADER-FAULT", line=None, message="the worker did not start. Next: run dout doctor")
                yield row_of(learner, [], head_of(checks=[]), name=name, outcome=Outcome.GRADER_FAULT, score=None, reason=reason)  # fmt: skip
                continue
            if number % ungraded == ungraded - 1:
                reason = Warn(
                    code="EMPTY", line=None, message="the file is empty. Next: hand in the file with your classes"
                )
                yield row_of(learner, [], head_of(checks=[]), name=name, outcome=Outcome.NOT_GRADABLE, score=0.0, reason=reason)  # fmt: skip
                continue
            lost: dict[str, Verdict] = {}
            codes = []
            skill = drawn.random()
            for code, (share, checks) in _MISTAKES.items():
                if drawn.random() < share * 2 * (1 - skill):
                    codes.append(code)
                    lost = checks | lost
            yield row_of(
                learner, [lost.get(check, P) for check in _CHECKS], name=name, codes=codes, late=number % 13 == 0
            )

    return rows
