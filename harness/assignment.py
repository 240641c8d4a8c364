"""Reads an assignment: layer names, input domains, points, titles and the graph, all of it data."""

import hashlib
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.errors import AssignmentError
from harness.language import LANGUAGES, Language, chosen_language
from harness.records import AssignmentId, Record
from harness.sandbox.limits import WorkerLimits
from harness.sentence import Sentence

__all__ = [
    "Assignment",
    "CheckSpec",
    "GraphSpec",
    "LayerSpec",
    "MistakeSpec",
    "NodeSpec",
    "built_in",
    "path_of",
    "read_assignment",
    "reader_language",
]

BUILT_IN = Path(__file__).parent / "assignments"
GRAPH = "graph"

#: Kinds of checks, in the order in which they are judged; each is a module in ``harness.checks``.
LAYER_KINDS = ("forward", "backward", "arrays", "gradient", "state")
GRAPH_KINDS = ("shop_forward", "shop_backward", "random_graphs")


class MistakeSpec(Record, frozen=True, forbid_unknown_fields=True):
    """The name that a mistake has in one layer: what it is depends on the formula."""

    kind: Literal["swap", "no_dout", "no_local", "uses_input"]
    code: str


class LayerSpec(Record, frozen=True, forbid_unknown_fields=True):
    """One layer that the learner writes."""

    name: str
    #: ``module:class`` of the layer that computes the expected values.
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
    graph: GraphSpec
    check: tuple[CheckSpec, ...]
    limits: LimitSpec = LimitSpec()
    #: Language of reports, for example ``ko``; the reader's own when empty.
    language: str = ""
    #: Of the file and of the reference layers' source; set by :func:`read_assignment`.
    sha256: str = ""

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def identity(self) -> AssignmentId:
        """What the report says of this assignment."""
        return AssignmentId(id=self.id, version=self.version, sha256=self.sha256)

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
        return [_reference(layer.reference) for layer in self.layer]


@cache
def _reference(name: str) -> type:
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, type):
        raise AttributeError(f"{name} is not a class")
    return found


@cache
def built_in(name: str = "ch05-add-mul") -> Assignment:
    """Return an assignment that ships with dout, or the one in the file or folder ``name``.

    Raises:
        AssignmentError: there is none of that name, or it does not make sense.
    """
    return read_assignment(path_of(name))


def reader_language(name: str, option: str | None) -> Language:
    """Return the language of reports on the assignment ``name``, with the texts that it brings.

    Raises:
        AssignmentError: as :func:`built_in`.
    """
    return chosen_language(option, built_in(name).language, path_of(name).parent)


def path_of(name: str) -> Path:
    """Return the file of an assignment that ships with dout, or of the file or folder ``name``.

    Raises:
        AssignmentError: there is none.
    """
    folder = BUILT_IN / name.replace("-", "_")
    if (folder / "assignment.toml").is_file():
        return folder / "assignment.toml"
    path = Path(name)
    if path.is_dir():
        path /= "assignment.toml"
    if path.is_file():
        return path
    known = ", ".join(sorted(p.parent.name.replace("_", "-") for p in BUILT_IN.glob("*/assignment.toml")))
    raise AssignmentError(
        Sentence("there is no assignment {name}", name=repr(name)),
        Sentence("these come with dout: {known}; or give a path to an assignment.toml", known=known),
    )


def read_assignment(path: Path) -> Assignment:
    """Return the assignment in a TOML file.

    Raises:
        AssignmentError: with ``path:line`` of the part that is wrong and what would be right.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
        parsed = tomllib.loads(text)
    except OSError as error:
        raise AssignmentError(Sentence("{file} cannot be read: {error}", file=path, error=error.strerror)) from None
    except UnicodeDecodeError as error:
        raise AssignmentError(
            Sentence("{file} is not UTF-8 (byte {at})", file=path, at=error.start), Sentence("save the file as UTF-8")
        ) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise AssignmentError(_at(path, int(line[1]) if line else 1, error)) from None
    try:
        assignment = msgspec.convert(parsed, Assignment, strict=True)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        raise AssignmentError(_at(path, _line_of(text, where), message)) from None
    for message, where in _faults(assignment):
        raise AssignmentError(_at(path, _line_of(text, where), message))
    digest = hashlib.sha256(data)
    for layer in assignment.layer:
        digest.update(inspect.getsource(_reference(layer.reference)).encode())
    return msgspec.structs.replace(assignment, sha256=digest.hexdigest())


def _at(path: Path, line: int, fault: object) -> Sentence:
    return Sentence("{place}: {fault}", place=f"{path}:{line}", fault=fault)


def _line_of(text: str, where: str) -> int:
    """Return the 1-based line of a msgspec path such as ``$.check[2].points``, as well as it can be found."""
    lines, line = text.splitlines(), 0
    for name, index in re.findall(r"\.(\w+)(?:\[(\d+)\])?", where):
        if index:
            heads = [n for n, s in enumerate(lines) if s.strip() == f"[[{name}]]"]
            line = heads[int(index)] if int(index) < len(heads) else line
        else:
            head = re.compile(rf"\s*(\[{name}\]|{name}\s*=)")
            line = next((n for n in range(line, len(lines)) if head.match(lines[n])), line)
    return line + 1


def _faults(assignment: Assignment) -> Iterator[tuple[Sentence, str]]:
    """Yield (message, msgspec-like path) for each thing that cannot work."""
    names = [layer.name for layer in assignment.layer]
    for number, layer in enumerate(assignment.layer):
        here = f"$.layer[{number}]"
        if names.index(layer.name) != number or layer.name == GRAPH:
            yield Sentence("the layer name {name} is taken", name=repr(layer.name)), f"{here}.name"
        if len(layer.inputs) != len(layer.gradients) or not layer.inputs:
            yield Sentence("{layer} needs one gradient for each input", layer=layer.name), f"{here}.gradients"
        if not 0 < layer.magnitudes[0] < layer.magnitudes[1] < float("inf"):
            yield Sentence("magnitudes are [smallest, largest], both positive"), f"{here}.magnitudes"
        try:
            _reference(layer.reference)
        except (ImportError, AttributeError, ValueError) as error:
            yield (
                Sentence("the reference {name} cannot be imported: {error}", name=repr(layer.reference), error=error),
                f"{here}.reference",
            )
    yield from _graph_faults(assignment.graph, {layer.name: layer for layer in assignment.layer})
    yield from _check_faults(assignment, names)


def _graph_faults(graph: GraphSpec, layers: dict[str, LayerSpec]) -> Iterator[tuple[Sentence, str]]:
    known = [source.name for source in graph.inputs]
    used: list[str] = []
    for node in graph.nodes:
        if node.layer not in layers:
            yield (
                Sentence(
                    "the node {name} uses a layer that is not defined: {layer}",
                    name=repr(node.name),
                    layer=repr(node.layer),
                ),
                "$.graph.nodes",
            )
        elif len(node.inputs) != len(layers[node.layer].inputs):
            yield (
                Sentence(
                    "the node {name} needs {count} inputs",
                    name=repr(node.name),
                    count=len(layers[node.layer].inputs),
                ),
                "$.graph.nodes",
            )
        for source in node.inputs:
            if source not in known or source in used:
                yield (
                    Sentence(
                        "the node {name} needs {source}, which is not defined above it or already used",
                        name=repr(node.name),
                        source=repr(source),
                    ),
                    "$.graph.nodes",
                )
            used.append(source)
        if node.name in known:
            yield Sentence("the name {name} is taken", name=repr(node.name)), "$.graph.nodes"
        known.append(node.name)
    for code, labels in graph.labels.items():
        for name in labels:
            if name not in known:
                yield (
                    Sentence("the label of {name} belongs to no input or node", name=repr(name)),
                    f"$.graph.labels.{code}",
                )
    if not graph.nodes or set(known) - set(used) != {graph.nodes[-1].name}:
        yield Sentence("every value but the last node's must be used exactly once"), "$.graph.nodes"


def _check_faults(assignment: Assignment, names: list[str]) -> Iterator[tuple[Sentence, str]]:
    seen: list[str] = []
    for number, check in enumerate(assignment.check):
        here = f"$.check[{number}]"
        kinds: Any = GRAPH_KINDS if check.layer == GRAPH else LAYER_KINDS
        if check.layer not in (*names, GRAPH):
            yield (
                Sentence(
                    "the check {check} is of a layer that is not defined: {layer}",
                    check=repr(check.id),
                    layer=repr(check.layer),
                ),
                f"{here}.layer",
            )
        elif check.kind not in kinds:
            yield (
                Sentence("the kind {kind} is not one of {kinds}", kind=repr(check.kind), kinds=", ".join(kinds)),
                f"{here}.kind",
            )
        if check.points < 0:
            yield Sentence("points cannot be negative"), f"{here}.points"
        if check.id in seen:
            yield Sentence("the check id {check} is taken", check=repr(check.id)), f"{here}.id"
        for need in check.needs:
            if need not in seen:
                yield (
                    Sentence(
                        "the check {check} needs {need}, which is not a check above it",
                        check=repr(check.id),
                        need=repr(need),
                    ),
                    f"{here}.needs",
                )
        seen.append(check.id)
    if assignment.language and assignment.language not in LANGUAGES:
        yield (
            Sentence(
                "there are no reports in the language {language}; choose of {known}",
                language=repr(assignment.language),
                known=", ".join(LANGUAGES),
            ),
            "$.language",
        )
    if not 0 <= assignment.default_seed < 1 << 53:
        yield Sentence("the default seed is not between 0 and 2^53 - 1"), "$.default_seed"
    if not assignment.check:
        yield Sentence("an assignment needs at least one check"), "$.check"
