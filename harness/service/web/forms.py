"""Reads what people fill into forms."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, QueryParams

from harness.errors import UsageError
from harness.intake.found import displayed
from harness.sentence import Sentence

__all__ = ["number", "text", "time"]

N = TypeVar("N", int, float)


def text(form: FormData | QueryParams, name: str, *, strip: bool = True) -> str:
    """Return what was filled in; empty where nothing was, or a file."""
    value = form.get(name)
    found = value if isinstance(value, str) else ""
    return found.strip() if strip else found


def number(form: FormData, name: str, kind: Callable[[str], N]) -> N | None:
    """Return a number; None where nothing was filled in.

    Raises:
        UsageError: it is none.
    """
    written = text(form, name)
    if not written:
        return None
    try:
        return kind(written)
    except ValueError:
        raise UsageError(
            Sentence("{text} is no number", text=repr(displayed(written))),
            Sentence("write it like {example}", example="3" if kind is int else "0.8"),
        ) from None


def time(form: FormData | QueryParams, name: str, zone: ZoneInfo) -> float | None:
    """Return a time as seconds since 1970; None where nothing was filled in.

    Args:
        form: What was filled in.
        name: Of the field: ISO 8601, as ``<input type="datetime-local">`` sends it.
        zone: Where it is that time, if it does not say so itself.

    Raises:
        UsageError: it is none.
    """
    written = text(form, name)
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError(
            Sentence("{text} is no date and time", text=repr(displayed(written))),
            Sentence("write it like {example}", example="2026-12-24 23:59"),
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
