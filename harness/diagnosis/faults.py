"""Calls without an answer: what was raised, what ended the process, what is not there to be called."""

import re

from harness.answers import Call, Lost
from harness.assignment import LayerSpec
from harness.diagnosis.hypotheses import Fit
from harness.escape import plain
from harness.naming import Absence, Found, misspelt
from harness.sandbox.channel import Ending
from harness.sandbox.protocol import Fault

__all__ = ["absent_class", "absent_method", "unanswered"]

_ENDINGS = {Ending.TIMEOUT: "TIMEOUT", Ending.CRASHED: "CRASH", Ending.MEMORY: "MEMORY"}
_ABSENCES = {
    Absence.UNREADABLE: "NOT-PARSABLE",
    Absence.PYTHON2: "PYTHON2",
    Absence.IMPORT: "IMPORT-FAILED",
}
_KINDS = {"NotImplementedError": "NOT-IMPLEMENTED", "RecursionError": "RECURSION", "MemoryError": "MEMORY"}
_ARITY = re.compile(r"(?:[\w<>]+\.)*(\w+)\(\) (?:takes|missing) ")
_ATTRIBUTE = re.compile(r"'\w+' object has no attribute '(\w+)'")
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")
_NONE = re.compile(r".*'?NoneType'?")


def absent_class(found: Found) -> Fit:
    """Return why there is no class for a layer."""
    return Fit(_ABSENCES.get(found.absence, "CLASS-MISSING") if found.absence else "CLASS-MISSING", {})


def absent_method(found: Found, method: str) -> Fit:
    """Return METHOD-NAME when another method is probably meant, else that it is not written."""
    meant = misspelt(found.methods, method)
    values = {"method": method}
    return Fit("METHOD-NAME", {**values, "found": plain(meant, 100)}) if meant else Fit("NOT-IMPLEMENTED", {**values})


def unanswered(call: Call, layer: LayerSpec, method: str) -> Fit | None:
    """Return the mistake that ``call`` to ``method`` tells of, or None when it returned."""
    if isinstance(call, Lost):
        return Fit(_ENDINGS[call.ending], {})
    if not isinstance(call, Fault):
        return None
    error = plain(call.kind, 80)
    if method == "__init__":
        return Fit("CONSTRUCTOR", {"error": error})
    if call.kind in _KINDS:
        return Fit(_KINDS[call.kind], {})
    arity = _ARITY.match(call.message)
    # Without a line of the learner's it was our call that did not fit.
    if call.kind == "TypeError" and call.line is None and arity and arity[1] == method:
        return Fit("ARITY", {})
    name = _not_kept(call, layer) if method == "backward" else None
    return Fit("STATE-MISSING", {"name": plain(name, 100)}) if name else Fit("RAISED", {"error": error})


def _not_kept(fault: Fault, layer: LayerSpec) -> str | None:
    """Return the value that backward needs and that is not there."""
    attribute = _ATTRIBUTE.match(fault.message)
    if fault.kind == "AttributeError" and attribute:
        return f"self.{attribute[1]}"
    unknown = _UNKNOWN.match(fault.message)
    if fault.kind == "NameError" and unknown and unknown[1] in layer.inputs:
        return unknown[1]
    return "None" if fault.kind == "TypeError" and _NONE.match(fault.message) else None
