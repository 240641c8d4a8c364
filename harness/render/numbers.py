"""Numbers and points as they are written in every report."""

from typing import Any

from harness.language import ENGLISH, Language, marked
from harness.sentence import read_back

__all__ = ["cell", "points", "short", "short_pair"]

#: What stands in the place of a value that is no number (harness.checks, harness.sandbox.protocol).
_DESCRIPTIONS = (
    marked("one value"),
    marked("1 value"),
    marked("several values"),
    marked("{count} values"),
    marked("an int beyond 64 bits"),
    marked("an array of dtype {dtype}"),
    marked("an array of shape {shape}"),
    marked("None (it printed {text})"),
)


def points(value: float) -> str:
    """Return points without a needless ``.0`` and without the last digits of a sum of fractions."""
    return f"{value:.10g}"


def cell(value: Any, language: Language = ENGLISH) -> str:
    """Return a value of a counterexample to its last digit."""
    if isinstance(value, dict):
        place = ", ".join(map(str, value["entry"]))
        shape = "(" + ", ".join(map(str, value["shape"])) + ("," if len(value["shape"]) == 1 else "") + ")"
        entry = marked("{value} at [{place}] of an array {shape}")
        return language.text(entry, value=cell(value["value"], language), place=place, shape=shape)
    if isinstance(value, list):
        return "[" + ", ".join(cell(one, language) for one in value) + "]"
    # A report holds the description of what is no number in English.
    return language.told(read_back(value, _DESCRIPTIONS) or value) if isinstance(value, str) else str(value)


def short(value: Any) -> str:
    """Return a value in at most six significant digits, for a small space."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(short, value)) + "]"
    return short(value["value"]) if isinstance(value, dict) else str(value)


def short_pair(got: Any, wanted: Any) -> tuple[str, str]:
    """Return both values short, or to the last digit where six would not tell them apart."""
    one, other = short(got), short(wanted)
    return (one, other) if one != other or got == wanted else (cell(got), cell(wanted))
