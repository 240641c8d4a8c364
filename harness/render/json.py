"""The JSON report, a contract (``docs/report.md``): the same grading gives the same bytes, ``timing`` aside."""

import msgspec

from harness.records import Report

__all__ = ["render_json"]


def render_json(report: Report) -> str:
    """Return ``report`` as indented JSON text that ends in a newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
