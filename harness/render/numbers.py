"""Numbers and points as they are written in every report."""

from typing import Any

__all__ = ["cell", "points", "short", "short_pair"]


def points(value: float) -> str:
    """Return points without a needless ``.0`` and without the last digits of a sum of fractions."""
    return f"{value:.10g}"


def cell(value: Any) -> str:
    """Return a value of a counterexample to its last digit."""
    if isinstance(value, dict):
        place = ", ".join(map(str, value["entry"]))
        shape = "(" + ", ".join(map(str, value["shape"])) + ("," if len(value["shape"]) == 1 else "") + ")"
        return f"{cell(value['value'])} at [{place}] of an array {shape}"
    if isinstance(value, list):
        return "[" + ", ".join(map(cell, value)) + "]"
    return str(value)


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
