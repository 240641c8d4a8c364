"""Who wrote the same two classes, names and layout aside. It says how many do, because for ten lines most will."""

from array import array
from collections.abc import Callable, Iterable, Iterator

import msgspec

from harness.class_records import ClassRow
from harness.records import Record
from harness.whole_class.store import Stored

__all__ = ["Group", "Groups", "groups_of", "similar_chunks"]

SCHEMA = "dout-similar/1"


class Group(Record, frozen=True, kw_only=True):
    """Submissions whose classes are the same."""

    shape: str
    #: Places in the class, from 0.
    places: "array[int]"
    #: Of the first of them.
    score: float | None


class Groups(Record, frozen=True, kw_only=True):
    """All groups of two or more, the largest first."""

    #: Submissions whose classes could be compared.
    compared: int
    groups: tuple[Group, ...]


class _Listed(Record, frozen=True, kw_only=True):
    shape: str
    count: int
    #: Of the submissions that could be compared.
    share: float
    score: float | None
    learners: list[str]


def groups_of(stored: Iterable[Stored]) -> Groups:
    """Return the groups of a class, whose rows are given in its order."""
    places: dict[str, array[int]] = {}
    scores: dict[str, float | None] = {}
    compared = 0
    for place, one in enumerate(stored):
        if one.shape:
            compared += 1
            scores.setdefault(one.shape, one.row.score)
            places.setdefault(one.shape, array("l")).append(place)
    groups = [
        Group(shape=shape, places=found, score=scores[shape]) for shape, found in places.items() if len(found) > 1
    ]
    groups.sort(key=lambda group: (-len(group.places), group.places[0]))
    return Groups(compared=compared, groups=tuple(groups))


def similar_chunks(found: Groups, row_of: Callable[[int], ClassRow]) -> Iterator[bytes]:
    """Yield the bytes of ``similar.json``."""
    yield f'{{\n  "schema": "{SCHEMA}",\n  "compared": {found.compared},\n  "groups": ['.encode()
    for number, group in enumerate(found.groups):
        listed = _Listed(
            shape=group.shape,
            count=len(group.places),
            share=round(len(group.places) / found.compared, 4),
            score=group.score,
            learners=[row_of(place).learner for place in group.places],
        )
        yield (b",\n    " if number else b"\n    ") + msgspec.json.encode(listed)
    yield b"\n  ]\n}\n" if found.groups else b"]\n}\n"
