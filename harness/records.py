"""The records that flow through a grading, and the closed sets of words in them.

The JSON form of :class:`Report` is a contract (``docs/report.md``); the field order here is the order there.
"""

import enum
from typing import Any

import msgspec

__all__ = [
    "AssignmentId",
    "CasesId",
    "CheckResult",
    "Counterexample",
    "Edge",
    "EdgeValue",
    "EdgeVerdict",
    "Excerpt",
    "Graph",
    "Isolation",
    "LayerScore",
    "Level",
    "Node",
    "Outcome",
    "Report",
    "Said",
    "SubmissionId",
    "Timing",
    "Verdict",
    "Versions",
    "Warn",
]

SCHEMA = "dout-report/1"


class Outcome(enum.StrEnum):
    """What became of a submission as a whole."""

    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"  # nothing could be judged; costs no attempt
    GRADER_FAULT = "grader_fault"  # our fault; no score at all


class Verdict(enum.StrEnum):
    """What became of one check, worst first."""

    GRADER_FAULT = "grader_fault"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    CRASHED = "crashed"
    RAISED = "raised"
    CONTRACT = "contract"
    WRONG = "wrong"
    BLOCKED = "blocked"
    PASSED = "passed"


class Level(enum.StrEnum):
    """How well the learner's process was locked down, best first (``docs/security-model.md``)."""

    A = "A"  # seccomp, Landlock, and a user id or user namespace of its own
    B = "B"  # seccomp and resource limits
    C = "C"  # Landlock without seccomp
    D = "D"  # a separate process with deadlines


class Record(msgspec.Struct, frozen=True):
    """Base of all records: immutable, compared by value."""


class AssignmentId(Record, frozen=True):
    """Which assignment, to the byte."""

    id: str
    version: str
    sha256: str
    #: An ISO 8601 date, or date and time, as the assignment's author wrote it; null without one. Nothing depends on it.
    due: str | None = None


class CasesId(Record, frozen=True):
    """Which bank of cases: the same ``sha256`` means that two learners got the same inputs."""

    count: int
    sha256: str
    #: Cases added for the numbers written in this learner's own file.
    probes: int = 0


class SubmissionId(Record, frozen=True):
    """Which submission; ``sha256`` is of the bytes that were read."""

    name: str
    sha256: str


class Isolation(Record, frozen=True):
    """The level reached and the locks that made it."""

    level: Level
    layers: tuple[str, ...]


class LayerScore(Record, frozen=True):
    """Points of one layer, or of the whole graph."""

    name: str
    #: The class's own name in the file; null when it was not found.
    found_as: str | None
    #: 1-based line of the class; null when unknown.
    line: int | None
    score: float
    max_score: float


class Counterexample(Record, frozen=True, kw_only=True):
    """Inputs that show the failure. Numbers are JSON numbers; NaN and infinities are strings."""

    inputs: dict[str, Any]
    #: The calls that show it, as Python; empty where one forward and one backward on a fresh layer do.
    calls: list[str] = []
    #: Upstream gradient; null for a failure of ``forward``.
    dout: Any = None
    got: dict[str, Any]
    expected: dict[str, Any]
    #: Finite differences of the learner's own forward; null where none were taken.
    measured: dict[str, Any] | None = None


class Excerpt(Record, frozen=True, kw_only=True):
    """Lines of the learner's file around the one that a check is about; escaped, and cut at 200 characters."""

    #: Number of the first of the lines, from 1.
    first_line: int
    lines: list[str]
    #: First and last column of the part that is meant in the line that the check names, from 0; null when unknown.
    span: tuple[int, int] | None


class CheckResult(Record, frozen=True, kw_only=True):
    """One check's verdict. Only ``passed`` earns points."""

    id: str
    layer: str
    title: str
    #: The title in other languages, by their codes.
    titles: dict[str, str] = {}
    verdict: Verdict
    score: float
    max_score: float
    #: The name of the mistake (``dout explain``); null when it passed, is blocked, or is no mistake of the learner's.
    code: str | None = None
    #: What a message about that mistake has to say, in no language.
    values: dict[str, str | float | int] = {}
    message: str | None = None
    #: What ``message`` was made of, one sentence or two; empty where it is Python's words.
    said: "list[Said]" = []
    line: int | None = None
    blocked_by: str | None = None
    visibility: str = "visible"
    #: The most that learners are told about it: ``full``, ``actual-only`` or ``none``.
    feedback: str = "full"
    counterexample: Counterexample | None = None
    #: The learner's own lines; null where no line is known.
    excerpt: Excerpt | None = None


class Said(Record, frozen=True):
    """An English sentence with {places} and what stands in them, so that another language can say it."""

    pattern: str
    values: "dict[str, str | int | Said]" = {}


class Warn(Record, frozen=True):
    """Something that the learner should know and that costs no points."""

    code: str
    line: int | None
    message: str
    #: What ``message`` was made of: one sentence, or the reason and what to do next. Empty where it is Python's words.
    said: list[Said] = []


class Versions(Record, frozen=True):
    """What did the grading."""

    dout: str
    python: str
    numpy: str


class Timing(Record, frozen=True):
    """Seconds; the only part of a report that differs between two runs."""

    wall_s: float
    cpu_s: float


class EdgeVerdict(enum.StrEnum):
    """What became of one value on the graph."""

    RIGHT = "right"
    WRONG = "wrong"
    FOLLOWS = "follows"  # differs, but is right for what its node was given
    MISSING = "missing"  # never returned


class EdgeValue(Record, frozen=True, kw_only=True):
    """One value on the graph, the learner's beside the reference's."""

    #: Null where nothing came back, and with less feedback.
    got: Any
    expected: Any
    verdict: EdgeVerdict


class Node(Record, frozen=True, kw_only=True):
    """An input of the graph, or one layer in it."""

    name: str
    #: Null for an input.
    layer: str | None
    #: What the book writes into the node, for example ``+``; null for an input.
    symbol: str | None
    #: The name in other languages, by their codes.
    labels: dict[str, str]


class Edge(Record, frozen=True, kw_only=True):
    """A value on its way from one node to the next: forward as it is, backward as a gradient."""

    #: The node that it comes from; it is the only value of it.
    source: str
    #: Null for the result.
    target: str | None
    #: Which of the target's inputs it is, from 0.
    item: int
    forward: EdgeValue
    gradient: EdgeValue

    @property
    def is_right(self) -> bool:
        """Whether nothing on it is wrong, neither forward nor backward."""
        return self.forward.verdict is self.gradient.verdict is EdgeVerdict.RIGHT


class Graph(Record, frozen=True, kw_only=True):
    """The computational graph of the assignment with the values seen on it; empty when nothing was graded."""

    name: str | None = None
    #: In topological order: inputs first, then layers, each after those that it needs.
    nodes: list[Node] = []
    #: In the same order, by where they come from.
    edges: list[Edge] = []


class Report(Record, frozen=True, kw_only=True):
    """One graded report (schema ``dout-report/1``)."""

    schema: str = SCHEMA
    outcome: Outcome
    assignment: AssignmentId
    submission: SubmissionId
    seed: int
    #: Null only when the outcome is ``grader_fault``.
    score: float | None
    max_score: float
    #: Null when no process was started for the learner's code: nothing to run, or it ran in the learner's own.
    isolation: Isolation | None
    cases: CasesId | None
    layers: list[LayerScore]
    checks: list[CheckResult]
    warnings: list[Warn]
    graph: Graph
    versions: Versions
    timing: Timing
