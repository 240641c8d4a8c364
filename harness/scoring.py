"""Turns findings into results and points. Only ``passed`` earns points; the maximum never depends on what ran."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.assignment import GRAPH, Assignment, CheckSpec
from harness.checks.evidence import Finding
from harness.escape import plain
from harness.naming import Found
from harness.notes import said_in
from harness.records import CheckResult, Counterexample, LayerScore, Verdict

if TYPE_CHECKING:
    from harness.diagnosis.codes import Diagnosis

__all__ = ["first_wrong", "layer_scores", "result_of"]


def result_of(
    spec: CheckSpec, finding: Finding | None, found: Mapping[str, Found], diagnosis: "Diagnosis | None" = None
) -> CheckResult:
    """Return one check's result; text from the learner's side is escaped and capped here."""
    if finding is None:
        return CheckResult(
            id=spec.id,
            layer=spec.layer,
            title=spec.title,
            titles=spec.titles,
            verdict=Verdict.PASSED,
            score=spec.points,
            max_score=spec.points,
            visibility=spec.visibility,
            feedback=spec.feedback,
        )
    line = finding.line or (diagnosis.line if diagnosis else None)
    if line is None and finding.layer is not None:
        item = found[finding.layer]
        line = item.line_of(finding.method or "", first_wrong(finding.counterexample))
    return CheckResult(
        id=spec.id,
        layer=spec.layer,
        title=spec.title,
        titles=spec.titles,
        verdict=finding.verdict,
        score=0.0,
        max_score=spec.points,
        code=diagnosis.code if diagnosis else None,
        values=diagnosis.values if diagnosis else {},
        message=plain(finding.message),
        said=said_in(finding.message),
        line=line,
        blocked_by=finding.blocked_by,
        visibility=spec.visibility,
        feedback=spec.feedback,
        counterexample=finding.counterexample,
    )


def first_wrong(example: Counterexample | None) -> int | None:
    """Return which of the values that a method returned is the first wrong one; None where all are right.

    An argument that was changed in place is not among them.
    """
    if example is None:
        return None
    names = [name for name in example.expected if name not in ("dout", *example.inputs)]
    return next((n for n, name in enumerate(names) if example.got.get(name) != example.expected[name]), None)


def layer_scores(
    assignment: Assignment, results: Sequence[CheckResult], found: Mapping[str, Found]
) -> list[LayerScore]:
    """Return one entry per layer of the assignment, then the graph's."""
    scores = []
    for name in [*(layer.name for layer in assignment.layer), GRAPH]:
        own = [result for result in results if result.layer == name]
        item = found.get(name)
        scores.append(
            LayerScore(
                name=name,
                found_as=plain(item.name, 200) if item and item.name else None,
                line=item.line if item else None,
                score=sum(result.score for result in own),
                max_score=sum(check.points for check in assignment.check if check.layer == name),
            )
        )
    return scores
