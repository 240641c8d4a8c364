"""The records that an assignment is made of: layers, input domains, checks, the graph, limits."""

from typing import Literal

from harness.assignment.reference import reference_classes
from harness.records import AssignmentId, Record
from harness.sandbox.limits import WorkerLimits

__all__ = [
    "COMPUTED",
    "GRAPH",
    "GRAPH_KINDS",
    "LAYER_KINDS",
    "Assignment",
    "CheckSpec",
    "GraphSpec",
    "InputSpec",
    "LayerSpec",
    "LimitSpec",
    "MistakeSpec",
    "NodeSpec",
]

GRAPH = "graph"

#: Kinds of checks, in the order in which they are judged; each is a module in ``harness.checks``.
LAYER_KINDS = ("forward", "backward", "arrays", "gradient", "state")
GRAPH_KINDS = ("shop_forward", "shop_backward", "random_graphs")

#: Fields of an assignment that are no keys of its file.
COMPUTED = frozenset({"sha256"})

#: How much a learner is told (:class:`harness.feedback.Feedback`).
Told = Literal["full", "actual-only", "none"]


class MistakeSpec(Record, frozen=True, forbid_unknown_fields=True):
    """The name that a mistake has in one layer: what it is depends on the formula."""

    kind: Literal["swap", "no_dout", "no_local", "uses_input"]
    code: str


class LayerSpec(Record, frozen=True, forbid_unknown_fields=True):
    """One layer that the learner writes."""

    name: str
    #: ``module:class`` or ``file.py:class`` of the layer that computes the expected values; the file by its whole path.
    reference: str
    #: What forward computes, for messages.
    formula: str
    inputs: tuple[str, ...]
    gradients: tuple[str, ...]
    #: Backward may return one value that stands for all gradients.
    one_gradient_for_all: bool
    #: Smallest and largest magnitude of a drawn input.
    magnitudes: tuple[float, float]
    #: Class names that mean this layer when exactly one class in the file has one of them.
    look_alikes: tuple[str, ...] = ()
    #: What the name of a class for this layer has in it: of several files, the one with such a class is graded.
    word: str = ""
    #: What a drawing writes into the layer's nodes; the layer's name when empty.
    symbol: str = ""
    #: Codes of the mistakes of a formula that this layer can have.
    mistakes: tuple[MistakeSpec, ...] = ()


class CheckSpec(Record, frozen=True, forbid_unknown_fields=True):
    """One check and what it is worth."""

    id: str
    #: A layer's name, or ``graph``.
    layer: str
    kind: str
    title: str
    points: float
    #: The title in other languages, by their codes.
    titles: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    #: Checks that must pass first; this one is ``blocked`` by the first that does not.
    needs: tuple[str, ...] = ()
    #: A hidden check counts, and learners are told only that there is one.
    visibility: Literal["visible", "hidden"] = "visible"
    #: The most that learners are told about this check, whatever the whole report may tell.
    feedback: Told = "full"


class InputSpec(Record, frozen=True, forbid_unknown_fields=True):
    """A leaf of the graph."""

    name: str
    value: int | float


class NodeSpec(Record, frozen=True, forbid_unknown_fields=True):
    """One layer instance in the graph, and where its inputs come from."""

    name: str
    layer: str
    inputs: tuple[str, ...]


class GraphSpec(Record, frozen=True, forbid_unknown_fields=True):
    """A computational graph; the last node is its output."""

    name: str
    inputs: tuple[InputSpec, ...]
    nodes: tuple[NodeSpec, ...]
    #: By language code, then by the name of an input or node: what a drawing calls it.
    labels: dict[str, dict[str, str]] = {}  # noqa: RUF012 - msgspec copies it


class LimitSpec(Record, frozen=True, forbid_unknown_fields=True):
    """How much one submission may use."""

    call_seconds: float = 2.0
    submission_seconds: float = 10.0
    memory_mib: int = 512
    size_kib: int = 1024


class Assignment(Record, frozen=True, forbid_unknown_fields=True):
    """An assignment, checked for sense."""

    id: str
    version: str
    title: str
    default_seed: int
    layer: tuple[LayerSpec, ...]
    check: tuple[CheckSpec, ...]
    graph: GraphSpec | None = None
    limits: LimitSpec = LimitSpec()
    #: The title in other languages, by their codes.
    titles: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    #: Language of reports, for example ``ko``; the reader's own when empty.
    language: str = ""
    #: An ISO 8601 date or date and time, to be shown; nothing is refused after it. Empty when there is none.
    due: str = ""
    #: How much learners are told, where a command does not say.
    feedback: Told = "full"
    #: Of the file and of the files that its reference layers are in; set by :func:`harness.assignment.read_assignment`.
    sha256: str = ""

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def identity(self) -> AssignmentId:
        """What the report says of this assignment."""
        return AssignmentId(id=self.id, version=self.version, sha256=self.sha256, due=self.due or None)

    @property
    def max_score(self) -> float:
        """All points; never depends on what ran."""
        return sum(check.points for check in self.check)

    @property
    def visible(self) -> list[CheckSpec]:
        """The checks that learners are shown."""
        return [check for check in self.check if check.visibility == "visible"]

    @property
    def worker_limits(self) -> WorkerLimits:
        """What a worker may use."""
        limits = self.limits
        return WorkerLimits(
            call_seconds=limits.call_seconds,
            submission_seconds=limits.submission_seconds,
            memory_bytes=limits.memory_mib * 1024 * 1024,
        )

    @property
    def words(self) -> tuple[str, ...]:
        """What tells the file to grade from others beside it (:func:`harness.submission.read_submission`)."""
        return tuple(layer.word or layer.name for layer in self.layer)

    def layer_index(self, name: str) -> int:
        """Return the position of a layer."""
        return next(index for index, layer in enumerate(self.layer) if layer.name == name)

    def reference_classes(self) -> list[type]:
        """Return the reference layers, in the assignment's order."""
        return list(reference_classes(self.sha256, tuple(layer.reference for layer in self.layer)))

    def title_in(self, language: str) -> str:
        """Return the title in a language, or in English."""
        return self.titles.get(language, self.title)
