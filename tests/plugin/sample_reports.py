"""Small reports for tests, with a value in them that stands for everything expected."""

from harness.records import (
    AssignmentId,
    CheckResult,
    Counterexample,
    Graph,
    LayerScore,
    Outcome,
    Report,
    SubmissionId,
    Timing,
    Versions,
)

__all__ = ["EXAMPLE", "SECRET", "report", "result"]

SECRET = "987.5"  # stands for every expected value
EXAMPLE = Counterexample(inputs={"x": 2}, dout=1, got={"dx": 4.25}, expected={"dx": SECRET}, measured={"dx": SECRET})


def result(verdict, **fields):
    fields = {"message": None, "score": 0.0} | fields
    return CheckResult(id="A.b", layer="A", title="A.b is right", verdict=verdict, max_score=5.0, **fields)


def report(*checks, warnings=(), outcome=Outcome.GRADED):
    return Report(
        outcome=outcome,
        assignment=AssignmentId("a", "1", "0"),
        submission=SubmissionId("a.py", "0"),
        seed=1,
        score=3.0,
        max_score=10.0,
        isolation=None,
        cases=None,
        layers=[LayerScore("A", "A", 1, 3.0, 10.0)],
        checks=list(checks),
        warnings=list(warnings),
        graph=Graph(nodes=[{"expected": SECRET}]),
        versions=Versions("0", "0", "0"),
        timing=Timing(0.0, 0.0),
    )
