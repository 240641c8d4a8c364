"""Numbers for a small space: six digits, and all of them where six do not tell two values apart."""

from typing import Any

__all__ = ["short", "short_pair"]


def short(value: Any) -> str:
    """Return a value in at most six significant digits, an array by its brackets."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(short, value)) + "]"
    if isinstance(value, dict):
        return f"{short(value['value'])} at {value['entry']}"
    return str(value)


def short_pair(got: Any, wanted: Any) -> tuple[str, str]:
    """Return both values short, or in full where they would look the same."""
    one, other = short(got), short(wanted)
    return (one, other) if one != other or got == wanted else (str(got), str(wanted))
