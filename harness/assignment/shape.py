"""Holds a TOML file against the records of an assignment: which keys there are, and of what kind each value is."""

import datetime as dt
import difflib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import inspect

from harness.sentence import Sentence
from harness.toml_lines import Keys

__all__ = ["Fault", "shape_faults"]

_WORDS = {
    "table": Sentence("a table"),
    "list": Sentence("a list"),
    "text": Sentence("text in quotes"),
    "number": Sentence("a number"),
    "whole": Sentence("a whole number"),
    "truth": Sentence("true or false"),
    "date": Sentence("a date"),
}


class Fault(NamedTuple):
    """Something in the file that cannot work."""

    keys: Keys
    message: str
    hint: Sentence | str = ""


def shape_faults(
    value: object, expected: inspect.Type, keys: Keys = (), computed: frozenset[str] = frozenset()
) -> Iterator[Fault]:
    """Yield every key that is unknown or missing, and every value of another kind than ``expected``.

    Args:
        value: What ``tomllib`` made of this part of the file.
        expected: What msgspec knows of the record's field.
        keys: Where the part is.
        computed: Fields of the outermost record that are no keys.
    """
    match expected:
        case inspect.UnionType():
            # A number is int | float; a table that may be missing is table | None.
            types = [one for one in expected.types if not isinstance(one, inspect.NoneType)]
            yield from shape_faults(value, types[-1], keys)
        case inspect.StructType():
            yield from (
                _table_faults(value, expected, keys, computed)
                if isinstance(value, dict)
                else _other("table", value, keys)
            )
        case inspect.DictType() if isinstance(value, dict):
            for name, one in value.items():
                yield from shape_faults(one, expected.value_type, (*keys, name))
        case inspect.DictType():
            yield from _other("table", value, keys)
        case inspect.VarTupleType() if isinstance(value, list):
            for number, one in enumerate(value):
                yield from shape_faults(one, expected.item_type, (*keys, number))
        case inspect.TupleType() if isinstance(value, list):
            if len(value) != len(expected.item_types):
                yield Fault(
                    keys, Sentence("{key} needs {count} entries", key=_name(keys), count=len(expected.item_types))
                )
            for number, (one, kind) in enumerate(zip(value, expected.item_types, strict=False)):
                yield from shape_faults(one, kind, (*keys, number))
        case inspect.VarTupleType() | inspect.TupleType():
            yield from _other("list", value, keys)
        case inspect.LiteralType():
            if value not in expected.values:
                known = ", ".join(map(str, expected.values))
                yield Fault(
                    keys,
                    Sentence("{key} is one of {known}", key=_name(keys), known=known),
                    _did_you_mean(_nearest(value, expected.values)),
                )
        case _:
            yield from _scalar_faults(value, expected, keys)


def _table_faults(
    value: dict[str, Any], expected: inspect.StructType, keys: Keys, computed: frozenset[str]
) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in expected.fields if field.encode_name not in computed}
    meant = set()
    for name in value:
        if name not in fields:
            near = _nearest(name, fields)
            meant.add(near)
            yield Fault((*keys, name), Sentence("there is no key {name} here", name=repr(name)), _did_you_mean(near))
    for name, field in fields.items():
        if name in value:
            yield from shape_faults(value[name], field.type, (*keys, name))
        elif field.required and name not in meant:
            yield Fault(keys, Sentence("{where} needs the key {name}", where=_name(keys), name=repr(name)))


def _scalar_faults(value: object, expected: inspect.Type, keys: Keys) -> Iterator[Fault]:
    wanted, right = {
        inspect.StrType: ("text", type(value) is str),
        inspect.FloatType: ("number", type(value) in (int, float)),
        inspect.IntType: ("whole", type(value) is int),
        inspect.BoolType: ("truth", type(value) is bool),
    }[type(expected)]
    if not right:
        yield from _other(wanted, value, keys)


def _other(wanted: str, value: object, keys: Keys) -> Iterator[Fault]:
    got = {dict: "table", list: "list", str: "text", bool: "truth", int: "whole", float: "number"}
    dates = (dt.date, dt.time)
    kind = "date" if isinstance(value, dates) else got[type(value)]
    yield Fault(
        keys, Sentence("{key} has to be {wanted}, not {got}", key=_name(keys), wanted=_WORDS[wanted], got=_WORDS[kind])
    )


def _name(keys: Keys) -> str:
    """Return the last name among ``keys``, with brackets for a list's entry."""
    names = [key for key in keys if isinstance(key, str)]
    return ".".join(names) if names else "assignment.toml"


def _nearest(name: object, known: Iterable[object]) -> str:
    return next(iter(difflib.get_close_matches(str(name), map(str, known), 1, 0.6)), "")


def _did_you_mean(near: str) -> Sentence | str:
    return Sentence("did you mean {codes}?", codes=near) if near else ""
