"""What a check finds in the answers to some cases: the same in a grading and when they are asked for again."""

from collections.abc import Iterator, Sequence

from harness.assignment import CheckSpec
from harness.checks.evidence import Evidence, Exhibit, Finding
from harness.checks.gradient import judge_point, lattice_points
from harness.checks.state import judge_sequence, sequences
from harness.records import Verdict

__all__ = ["Seen", "first_failure", "judged", "same_mistake"]

#: Steps of a case that a check of this kind judges.
_STEPS = {"forward": (1,), "backward": (2,), "arrays": (1, 2)}

#: A finding, and what it was found in: the case that a report shows first.
Seen = tuple[Finding, list[Exhibit]]


def first_failure(evidence: Evidence, spec: CheckSpec) -> Seen | None:
    """Return what a check of one layer found first; None for a check of the graph.

    None as well where the reference's values are met, and only a rule between two cases is broken.
    """
    for exhibits in _looked_at(evidence, spec):
        finding = judged(evidence, spec, exhibits)
        if finding is not None:
            return finding, exhibits
    return None


def _looked_at(evidence: Evidence, spec: CheckSpec) -> Iterator[list[Exhibit]]:
    if spec.kind == "gradient":
        yield from lattice_points(evidence.group(f"{spec.layer}/lattice"))
    elif spec.kind == "state":
        yield from sequences(evidence, spec)
    elif spec.kind in _STEPS:
        group = "arrays" if spec.kind == "arrays" else "numbers"
        yield from ([exhibit] for exhibit in evidence.group(f"{spec.layer}/{group}"))


def judged(evidence: Evidence, spec: CheckSpec, exhibits: Sequence[Exhibit]) -> Finding | None:
    """Return what the check finds in these exhibits, or None."""
    if spec.kind == "gradient":
        return judge_point(evidence, evidence.layer(spec.layer), exhibits)
    if spec.kind == "state":
        return judge_sequence(evidence, spec, exhibits)
    findings = (evidence.judge(exhibits[0], step) for step in _STEPS[spec.kind])
    return next((finding for finding in findings if finding is not None), None)


def same_mistake(first: Finding, other: Finding) -> bool:
    """Tell whether two findings of a check show the same: verdict, method, line, and which values are wrong."""
    if (first.verdict, first.method, first.line) != (other.verdict, other.method, other.line):
        return False
    if first.verdict is Verdict.RAISED:
        # What comes before the colon is the kind of the error and its place.
        return first.message.partition(":")[0] == other.message.partition(":")[0]
    return _wrong_values(first) == _wrong_values(other) != {}


def _wrong_values(finding: Finding) -> dict[str, str]:
    """Return the kind of each value that is seen to differ."""
    example = finding.counterexample
    if example is None:
        return {}
    kinds = {dict: "array", list: "array", int: "number", float: "number"}
    # A backward that is no derivative of its own forward can be that of the right one.
    wanted = example.measured or example.expected
    return {
        name: kinds.get(type(value), "number" if value in ("nan", "inf", "-inf") else str(value))
        for name, value in example.got.items()
        if value != wanted.get(name)
    }
