"""The figures of a class, counted in one pass over its rows, in memory that does not grow with them."""

from collections import Counter
from collections.abc import Iterable

from harness.class_records import ClassCheck, ClassHead, ClassRow
from harness.records import Outcome, Record, Verdict
from harness.render.class_page.discrimination import Discrimination

__all__ = ["CheckFigures", "Figures", "Mistake", "figures", "percent", "score_of"]

#: Points that differ by less are the same: sums of fractions end in other digits in another order.
_DECIMALS = 9
#: Different rows of verdicts that are counted before they are taken in: classes have some hundreds of them.
_PATTERNS = 10_000


class CheckFigures(Record, frozen=True, kw_only=True):
    """What became of one check in the whole class."""

    check: ClassCheck
    passed: int
    #: Judged, and not passed.
    failed: int
    #: Waiting for another check.
    blocked: int
    #: From -1 to 1; null where there is none.
    discrimination: float | None
    #: Why there is none; a sentence to be translated.
    why_none: str

    @property
    def count(self) -> int:
        """Of all learners who were graded."""
        return self.passed + self.failed + self.blocked


class Mistake(Record, frozen=True, kw_only=True):
    """One mistake, by its code."""

    code: str
    #: How many learners made it.
    count: int
    #: Of those who made the fewest other mistakes, the first: the report that shows this mistake most clearly.
    example: ClassRow


class Figures(Record, frozen=True, kw_only=True):
    """What is known of a class without looking at any learner."""

    graded: int
    #: How many could not be graded, by the code of the reason; the commonest first.
    not_gradable: dict[str, int]
    faults: int
    #: How many learners reached each score, the lowest first.
    scores: dict[float, int]
    mean: float | None
    median: float | None
    #: How many reached every point.
    full: int
    #: In the assignment's order.
    checks: list[CheckFigures]
    #: The commonest first.
    mistakes: list[Mistake]

    @property
    def learners(self) -> int:
        """All of them, graded or not."""
        return self.graded + sum(self.not_gradable.values()) + self.faults

    @property
    def easiest_first(self) -> list[int]:
        """The places of the checks; as easy ones stay in the assignment's order."""
        return sorted(range(len(self.checks)), key=lambda place: -self.checks[place].passed)


def figures(head: ClassHead, rows: Iterable[ClassRow]) -> Figures:
    """Return the figures of a class. Scores and checks are of those who were graded."""
    outcomes: Counter[Outcome] = Counter()
    reasons: Counter[str] = Counter()
    scores: Counter[float] = Counter()
    mistakes: Counter[str] = Counter()
    examples: dict[str, ClassRow] = {}
    seen = [_Check(check) for check in head.checks]
    patterns: Counter[tuple[Verdict, ...]] = Counter()
    for row in rows:
        outcomes[row.outcome] += 1
        if row.outcome is Outcome.NOT_GRADABLE:
            reasons[row.reason.code if row.reason is not None else ""] += 1
        if row.outcome is not Outcome.GRADED:
            continue
        scores[score_of(row)] += 1
        patterns[tuple(row.verdicts)] += 1
        if len(patterns) == _PATTERNS:
            _take_in(seen, patterns)
        for code in dict.fromkeys(row.codes):
            mistakes[code] += 1
            if code not in examples or len(row.codes) < len(examples[code].codes):
                examples[code] = row
    _take_in(seen, patterns)
    graded = outcomes[Outcome.GRADED]
    ordered = dict(sorted(scores.items()))
    most = round(head.max_score, _DECIMALS)
    return Figures(
        graded=graded,
        not_gradable=dict(reasons.most_common()),
        faults=outcomes[Outcome.GRADER_FAULT],
        scores=ordered,
        mean=sum(score * count for score, count in ordered.items()) / graded if graded else None,
        median=_median(ordered, graded) if graded else None,
        full=sum(count for score, count in ordered.items() if score >= most) if most > 0 else 0,
        checks=[one.figures() for one in seen],
        mistakes=[
            Mistake(code=code, count=count, example=examples[code])
            for code, count in sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
    )


class _Check:
    """One check, while rows come in."""

    def __init__(self, check: ClassCheck) -> None:
        self.check = check
        self.blocked = 0
        self.discrimination = Discrimination()

    def figures(self) -> CheckFigures:
        found = self.discrimination
        return CheckFigures(
            check=self.check,
            passed=found.passed.count,
            failed=found.others.count - self.blocked,
            blocked=self.blocked,
            discrimination=found.value,
            why_none=found.why_none,
        )


def _take_in(seen: list[_Check], patterns: Counter[tuple[Verdict, ...]]) -> None:
    """Move what is counted by rows of verdicts to the checks."""
    for verdicts, times in patterns.items():
        points = [
            one.check.max_score if verdict is Verdict.PASSED else 0.0
            for one, verdict in zip(seen, verdicts, strict=True)
        ]
        total = sum(points)
        for one, verdict, own in zip(seen, verdicts, points, strict=True):
            one.discrimination.add(round(total - own, _DECIMALS), times, passed=verdict is Verdict.PASSED)
            one.blocked += times * (verdict is Verdict.BLOCKED)
    patterns.clear()


def _median(scores: dict[float, int], count: int) -> float:
    """Return the middle of ``count`` scores; of an even number, the mean of the two in the middle."""
    lower, upper = _nth(scores, (count - 1) // 2), _nth(scores, count // 2)
    return (lower + upper) / 2


def _nth(scores: dict[float, int], place: int) -> float:
    for score, count in scores.items():
        place -= count
        if place < 0:
            return score
    raise IndexError(place)


def score_of(row: ClassRow) -> float:
    """Return the score of a learner who was graded, without the last digits of a sum of fractions."""
    return round(row.score or 0.0, _DECIMALS)


def percent(part: int, whole: int) -> int:
    """Return a share in percent; 0 means none and 100 means all."""
    if part in {0, whole}:
        return 100 if part and whole else 0
    return min(99, max(1, round(100 * part / whole)))
