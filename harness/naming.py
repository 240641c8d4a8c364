"""Finds the learner's class for each layer, tolerant of spelling but never silently."""

import enum
import re
from collections.abc import Sequence

from harness.assignment import LayerSpec
from harness.records import Record, Warn
from harness.sandbox.protocol import BoundClass, Loaded, Parsed, Write
from harness.sentence import Sentence, listed, marked

__all__ = ["Absence", "Found", "find_layers", "folded", "misspelt"]

METHODS = ("forward", "backward")
#: How :mod:`harness.sandbox.source` says which class a text that is no Python begins with.
_UNREADABLE = re.compile(r"\(in class (\w+)\)$")


class Absence(enum.Enum):
    """Why there is no class for a layer."""

    NOT_WRITTEN = "not written"  # or under a name that nobody can know
    UNREADABLE = "unreadable"  # its text is no Python
    PYTHON2 = "python 2"
    NOT_MADE = "not made"  # its class statement raised
    IMPORT = "import"  # likewise, for want of a module that could not be imported


class Found(Record, frozen=True):
    """What was found for one layer."""

    #: Name that the class is bound to, or None.
    name: str | None
    line: int | None
    methods: tuple[str, ...] = ()
    #: Lines of the methods, by name.
    method_lines: dict[str, int] = {}  # noqa: RUF012 - msgspec copies it
    #: By method, line and columns (bytes of UTF-8) of the expression that makes each value it returns.
    returns: dict[str, list[tuple[int, int, int]]] = {}  # noqa: RUF012 - msgspec copies it
    #: Where methods store something that outlives the call.
    writes: tuple[Write, ...] = ()
    #: Numbers written in the class body.
    literals: tuple[float, ...] = ()
    #: Why there is none, in a sentence for the learner.
    reason: str = ""
    #: The same, for a diagnosis; None where there is a class.
    absence: Absence | None = None

    def line_of(self, method: str, item: int | None) -> int | None:
        """Return the line that makes value number ``item`` of ``method``, or else where it or the class begins."""
        places = self.returns.get(method)
        if places and item is not None:
            return places[item if item < len(places) else 0][0]
        return self.method_lines.get(method, self.line)


def folded(name: str) -> str:
    """Return ``name`` without case and underscores."""
    return name.replace("_", "").lower()


def find_layers(layers: Sequence[LayerSpec], parsed: Parsed, loaded: Loaded) -> tuple[list[Found], list[Warn]]:
    """Return what was found for each layer, and a note for every name that is not the exact one.

    A name that differs in case or underscores is meant beyond doubt. Another one (``MultiplyLayer``, ``Add``) is taken
    when exactly one class in the file can be meant.
    """
    found, notes, taken = [], [], set[str]()
    wanted = {layer.name for layer in layers}
    for layer in layers:
        bound = _exactly(layer, loaded.classes)
        note = None
        if bound is None:
            alike = {folded(name) for name in layer.look_alikes}
            candidates = [
                item
                for item in loaded.classes
                if folded(item.name) in alike and "forward" in item.methods and item.name not in wanted
            ]
            if len(candidates) == 1 and candidates[0].name not in taken:
                bound = candidates[0]
                note = Sentence(
                    "{found} was graded as {layer}: rename it to {layer}", found=bound.name, layer=layer.name
                )
            elif candidates:
                names = listed([item.name for item in candidates], marked("{first} and {rest}"))
                found.append(
                    Found(
                        name=None,
                        line=None,
                        reason=Sentence(
                            "{names} could each be {layer}: name one of them {layer}", names=names, layer=layer.name
                        ),
                        absence=Absence.NOT_WRITTEN,
                    )
                )
                continue
        elif bound.name != layer.name:
            note = Sentence(
                "{found} was graded as {layer}: the book writes it {layer}", found=bound.name, layer=layer.name
            )
        if bound is None:
            absence, reason = _why_missing(layer.name, parsed, loaded)
            found.append(Found(name=None, line=None, reason=reason, absence=absence))
            continue
        taken.add(bound.name)
        item = _with_places(bound, parsed)
        found.append(item)
        if note:
            notes.append(Warn(code="CLASS-NAME", line=item.line, message=note))
    return found, notes


def _exactly(layer: LayerSpec, classes: Sequence[BoundClass]) -> BoundClass | None:
    same = [item for item in classes if folded(item.name) == folded(layer.name)]
    exact = [item for item in same if item.name == layer.name]
    # Of several spellings the last one in the file counts, as it would for Python.
    best = exact or same
    return best[-1] if best else None


def _with_places(bound: BoundClass, parsed: Parsed) -> Found:
    seen = [item for item in parsed.classes if item.name == bound.name]
    if not seen:
        return Found(name=bound.name, line=None, methods=tuple(bound.methods))
    last = seen[-1]
    returns: dict[str, list[tuple[int, int, int]]] = {}
    for name, line, start, end in last.returns:
        returns.setdefault(name, []).append((line, start, end))
    return Found(
        name=bound.name,
        line=last.line,
        methods=tuple(bound.methods),
        method_lines=dict(last.methods),
        returns=returns,
        writes=tuple(last.writes),
        literals=tuple(last.literals),
    )


def _why_missing(name: str, parsed: Parsed, loaded: Loaded) -> tuple[Absence, str]:
    for seen in parsed.classes:
        if folded(seen.name) == folded(name):
            failed = next((p for p in loaded.problems if p.line is not None and p.line >= seen.line), None)
            imports = any(p.code == "IMPORT-FAILED" for p in loaded.problems)
            # A decorator's line is one above the class's own.
            unknown = any(
                p.line is not None and 0 <= seen.line - p.line <= 3 and p.message.startswith("NameError")
                for p in loaded.problems
            )
            absence = Absence.IMPORT if imports and unknown else Absence.NOT_MADE
            if failed is None:
                return absence, Sentence("the class {name} could not be made", name=seen.name)
            return absence, Sentence(
                "the class {name} could not be made ({error})", name=seen.name, error=failed.message
            )
    for inner, line, outer in parsed.inner:
        if folded(inner) == folded(name):
            return Absence.NOT_WRITTEN, Sentence(
                "the class {name} on line {line} stands inside {outer}, where it cannot be used from outside: "
                "move it out, to the left margin",
                name=inner,
                line=line,
                outer=outer,
            )
    for problem in parsed.problems:
        place = _UNREADABLE.search(problem.message)
        if place and folded(place[1]) == folded(name):
            absence = Absence.PYTHON2 if problem.code == "PYTHON2" else Absence.UNREADABLE
            return absence, Sentence(
                "the class {name} could not be read: line {line}: {error}",
                name=place[1],
                line=problem.line,
                error=problem.message,
            )
    for function, line in parsed.functions:
        if folded(function) == folded(name):
            return Absence.NOT_WRITTEN, Sentence(
                "{function} on line {line} is a function, but a class was expected: write class {name}: instead",
                function=function,
                line=line,
                name=name,
            )
    import difflib

    close = difflib.get_close_matches(name, [item.name for item in loaded.classes], 1, 0.8)
    if close:
        return Absence.NOT_WRITTEN, Sentence(
            "there is no class {name}; found {found}: is that the one? Then rename it to {name}",
            name=name,
            found=close[0],
        )
    return Absence.NOT_WRITTEN, Sentence("there is no class {name} in this file", name=name)


def misspelt(methods: Sequence[str], wanted: str) -> str | None:
    """Return the method that is probably meant by ``wanted``: the commonest real mistake is ``backword``."""
    import difflib

    same = [name for name in methods if folded(name) == folded(wanted)]
    return next(iter(same + difflib.get_close_matches(wanted, methods, 1, 0.7)), None)
