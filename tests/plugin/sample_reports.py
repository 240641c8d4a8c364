"""Small reports for tests, with a value in them that stands for everything expected."""

from harness.records import (
    AssignmentId,
    CheckResult,
    Counterexample,
    Edge,
    EdgeValue,
    EdgeVerdict,
    Graph,
    LayerScore,
    Node,
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


_RIGHT = EdgeValue(got=1, expected=1, verdict=EdgeVerdict.RIGHT)
_WRONG = EdgeValue(got=2, expected=SECRET, verdict=EdgeVerdict.WRONG)


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
        graph=Graph(
            name="shop",
            nodes=[
                Node(name="x", layer=None, symbol=None, labels={}),
                Node(name="n", layer="A", symbol="+", labels={}),
            ],
            edges=[
                Edge(source="x", target="n", item=0, forward=_RIGHT, gradient=_WRONG),
                Edge(source="n", target=None, item=0, forward=_RIGHT, gradient=_RIGHT),
            ],
        ),
        versions=Versions("0", "0", "0"),
        timing=Timing(0.0, 0.0),
    )
