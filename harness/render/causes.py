"""Groups failed checks by what caused them: one mistake is told once, and what follows from it is listed below it."""

from collections.abc import Sequence

from harness.records import CheckResult, Record, Verdict

__all__ = ["Cause", "causes", "root_of"]


class Cause(Record, frozen=True, kw_only=True):
    """One mistake and all the checks that did not pass because of it."""

    #: The first check that shows it.
    first: CheckResult
    #: Other checks that failed with the same code in the same layer.
    same: list[CheckResult]
    #: Checks that wait for one of those.
    blocked: list[CheckResult]

    @property
    def lost(self) -> float:
        """Points that it costs."""
        return sum(result.max_score - result.score for result in (self.first, *self.same, *self.blocked))


def causes(results: Sequence[CheckResult]) -> list[Cause]:
    """Return the causes of all failures, in the order of the checks."""
    groups: dict[tuple[str, str], list[CheckResult]] = {}
    for result in results:
        if result.verdict not in (Verdict.PASSED, Verdict.BLOCKED):
            groups.setdefault(_key(result), []).append(result)
    waiting: dict[tuple[str, str], list[CheckResult]] = {}
    for result in results:
        root = root_of(result, results)
        if result.verdict is Verdict.BLOCKED and root is not None:
            waiting.setdefault(_key(root), []).append(result)
    return [Cause(first=group[0], same=group[1:], blocked=waiting.get(key, [])) for key, group in groups.items()]


def _key(result: CheckResult) -> tuple[str, str]:
    # Without a code nothing says that two failures are one mistake.
    return (result.layer, result.code) if result.code else (result.id, "")


def root_of(result: CheckResult, results: Sequence[CheckResult]) -> CheckResult | None:
    """Return the failed check at the end of the chain of those that ``result`` waits for, or None."""
    by_id = {one.id: one for one in results}
    met = set[str]()
    while result.verdict is Verdict.BLOCKED:
        if result.blocked_by not in by_id or result.id in met:
            return None
        met.add(result.id)
        result = by_id[result.blocked_by]
    return result if result.verdict is not Verdict.PASSED else None
