"""What a learner is shown of a report with hidden checks: the others, and how many there are more."""

import msgspec

from harness.records import LayerScore, Report

__all__ = ["HIDDEN", "hidden_count", "scored_layers", "visible_part"]

#: What ``visibility`` says of a check that counts and is not shown.
HIDDEN = "hidden"


def hidden_count(report: Report) -> int:
    """Return how many of the report's checks are hidden."""
    return sum(result.visibility == HIDDEN for result in report.checks)


def visible_part(report: Report) -> Report:
    """Return ``report`` without hidden checks, with the points of the others only."""
    if not hidden_count(report):
        return report
    hidden = {result.id for result in report.checks if result.visibility == HIDDEN}
    checks = [
        # Which hidden check one waits for would tell what is in it.
        msgspec.structs.replace(result, blocked_by=None, message=None, said=[])
        if result.blocked_by in hidden
        else result
        for result in report.checks
        if result.id not in hidden
    ]
    layers = [
        msgspec.structs.replace(
            layer,
            score=sum(result.score for result in checks if result.layer == layer.name),
            max_score=sum(result.max_score for result in checks if result.layer == layer.name),
        )
        for layer in report.layers
    ]
    return msgspec.structs.replace(
        report,
        checks=checks,
        layers=layers,
        score=None if report.score is None else sum(result.score for result in checks),
        max_score=sum(result.max_score for result in checks),
    )


def scored_layers(report: Report) -> list[LayerScore]:
    """Return the layers that have points; an assignment without a graph has none for it."""
    return [layer for layer in report.layers if layer.max_score]
