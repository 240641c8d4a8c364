"""What cannot work in an assignment whose keys and values are of the right kind."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from harness.assignment.graph_faults import cycle, graph_faults
from harness.assignment.records import GRAPH, GRAPH_KINDS, LAYER_KINDS, Assignment, CheckSpec, LayerSpec
from harness.assignment.shape import Fault
from harness.sentence import LANGUAGES, Sentence
from harness.toml_lines import Keys

__all__ = ["faults"]

#: A watched backward sends dout and all inputs back, and an answer holds four such values (harness.sandbox.protocol).
MOST_INPUTS = 3
#: Every reader of JSON holds whole numbers up to here exactly (RFC 8259, section 6).
LARGEST_SEED = (1 << 53) - 1
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def faults(assignment: Assignment) -> Iterator[Fault]:
    """Yield each thing that cannot work."""
    yield from _head_faults(assignment)
    yield from _limit_faults(assignment)
    for number, layer in enumerate(assignment.layer):
        yield from _layer_faults(layer, ("layer", number), [one.name for one in assignment.layer[:number]])
    if not assignment.layer:
        yield Fault(("layer",), Sentence("an assignment needs at least one layer"))
    if assignment.graph is not None:
        yield from graph_faults(assignment.graph, {layer.name: layer for layer in assignment.layer})
    names = [layer.name for layer in assignment.layer]
    for number, check in enumerate(assignment.check):
        yield from _check_faults(assignment, names, check, number)
    if not assignment.check:
        yield Fault(("check",), Sentence("an assignment needs at least one check"))
    elif all(check.points == 0 for check in assignment.check):
        yield Fault(("check",), Sentence("all checks together are worth no points"))


def _head_faults(assignment: Assignment) -> Iterator[Fault]:
    if not _ID.fullmatch(assignment.id):
        yield Fault(
            ("id",), Sentence("an id has letters, digits, '-', '_' and '.' in it, and begins with a letter or digit")
        )
    yield from _empty({"version": assignment.version, "title": assignment.title}, ())
    yield from _titles_faults(assignment.titles, ("titles",))
    if assignment.language and assignment.language not in LANGUAGES:
        yield Fault(
            ("language",),
            Sentence(
                "there are no reports in the language {language}; choose of {known}",
                language=repr(assignment.language),
                known=", ".join(LANGUAGES),
            ),
        )
    if not 0 <= assignment.default_seed <= LARGEST_SEED:
        yield Fault(("default_seed",), Sentence("the default seed is not between 0 and 2^53 - 1"))
    if assignment.due and not _is_date(assignment.due):
        yield Fault(
            ("due",),
            Sentence("{value} is no date", value=repr(assignment.due)),
            Sentence('write due = "2026-12-18", or "2026-12-18T18:00+09:00" with a time'),
        )


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _empty(texts: Mapping[str, str], keys: Keys) -> Iterator[Fault]:
    for name, text in texts.items():
        if not text.strip():
            yield Fault((*keys, name), Sentence("{key} is empty", key=name))


def _titles_faults(titles: Mapping[str, str], keys: Keys) -> Iterator[Fault]:
    for code in titles:
        if code == "en":
            yield Fault((*keys, code), Sentence("the English title is the key {key}", key="title"))
        elif not _LANGUAGE_CODE.fullmatch(code):
            yield Fault((*keys, code), Sentence("{code} is no language code such as ko", code=repr(code)))
    yield from _empty(titles, keys)


def _limit_faults(assignment: Assignment) -> Iterator[Fault]:
    limits = assignment.limits
    for name in limits.__struct_fields__:
        value = getattr(limits, name)
        if not 0 < value < math.inf:
            yield Fault(("limits", name), Sentence("{key} has to be above 0", key=name))


def _layer_faults(layer: LayerSpec, keys: Keys, above: Sequence[str]) -> Iterator[Fault]:
    if layer.name in above or layer.name == GRAPH:
        yield Fault((*keys, "name"), Sentence("the layer name {name} is taken", name=repr(layer.name)))
    elif not layer.name.isidentifier():
        yield Fault((*keys, "name"), Sentence("{name} cannot be the name of a class", name=repr(layer.name)))
    if len(layer.inputs) != len(layer.gradients) or not layer.inputs:
        yield Fault((*keys, "gradients"), Sentence("{layer} needs one gradient for each input", layer=layer.name))
    if len(layer.inputs) > MOST_INPUTS:
        yield Fault((*keys, "inputs"), Sentence("a layer has at most {most} inputs", most=MOST_INPUTS))
    for name, values in (("inputs", (*layer.inputs, "dout")), ("gradients", layer.gradients)):
        if twice := _first_twice(values):
            yield Fault((*keys, name), Sentence("the name {name} is taken", name=repr(twice)))
    if not 0 < layer.magnitudes[0] < layer.magnitudes[1] < math.inf:
        yield Fault((*keys, "magnitudes"), Sentence("magnitudes are [smallest, largest], both positive"))
    for place, mistake in enumerate(layer.mistakes):
        if mistake.kind == "swap" and len(layer.inputs) != 2:
            yield Fault(
                (*keys, "mistakes", place, "kind"), Sentence("only a layer of two inputs can swap its gradients")
            )
    yield from _empty({"formula": layer.formula}, keys)


def _first_twice(values: Sequence[str]) -> str | None:
    return next((value for number, value in enumerate(values) if value in values[:number]), None)


def _check_faults(assignment: Assignment, names: Sequence[str], check: CheckSpec, number: int) -> Iterator[Fault]:
    keys: Keys = ("check", number)
    kinds = GRAPH_KINDS if check.layer == GRAPH else LAYER_KINDS
    if check.layer not in (*names, GRAPH):
        yield Fault(
            (*keys, "layer"),
            Sentence(
                "the check {check} is of a layer that is not defined: {layer}",
                check=repr(check.id),
                layer=repr(check.layer),
            ),
            Sentence("choose of {known}", known=", ".join((*names, GRAPH))),
        )
    elif check.kind not in kinds:
        yield Fault(
            (*keys, "kind"),
            Sentence("the kind {kind} is not one of {kinds}", kind=repr(check.kind), kinds=", ".join(kinds)),
        )
    elif check.kind.startswith("shop") and assignment.graph is None:
        yield Fault((*keys, "kind"), Sentence("the kind {kind} needs a [graph]", kind=repr(check.kind)))
    if not math.isfinite(check.points):
        yield Fault((*keys, "points"), Sentence("points have to be a finite number"))
    elif check.points < 0:
        yield Fault((*keys, "points"), Sentence("points cannot be negative"))
    yield from _empty({"id": check.id, "title": check.title}, keys)
    yield from _titles_faults(check.titles, (*keys, "titles"))
    above = [one.id for one in assignment.check[:number]]
    if check.id in above:
        yield Fault((*keys, "id"), Sentence("the check id {check} is taken", check=repr(check.id)))
    needs = {one.id: one.needs for one in assignment.check}
    for place, need in enumerate(check.needs):
        if need in above:
            continue
        circle = cycle(needs, check.id, need)
        message = Sentence(
            "the check {check} needs {need}, which is not a check above it", check=repr(check.id), need=repr(need)
        )
        if circle:
            message = Sentence("these checks wait for each other: {circle}", circle=" -> ".join(circle))
        yield Fault((*keys, "needs", place), message)
