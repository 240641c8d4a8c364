"""Gives each submission to a learner: by the roster, or without one by what the names say. Nothing is guessed."""

from collections.abc import Iterable, Iterator, Sequence

from harness.intake.found import Entry, Export, Learner, Reason, Unassigned, fold
from harness.intake.roster import Roster
from harness.records import Record

__all__ = ["Assigned", "join"]


class Assigned(Record, frozen=True, gc=False):
    """A learner and the one submission of theirs that counts."""

    learner: Learner
    entry: Entry


def join(entries: Iterable[Entry], roster: Roster | None) -> tuple[list[Assigned], list[Unassigned]]:
    """Return who handed in what, sorted by the learners' keys, and what could not be assigned.

    Args:
        entries: As ``discover`` found them.
        roster: None when there is none: then each entry's own learner is taken as it is.

    With a roster a learner is found by the strongest thing that the entry says (the platform's number, the id, the
    e-mail, the user name, the name in this order). If a weaker one says somebody else, or two learners are meant
    equally, the entry goes to nobody.
    """
    unassigned: list[Unassigned] = []
    by_key: dict[str, tuple[Learner, tuple[Entry, ...]]] = {}
    concerned: set[str] = set()  # keys of learners who are named in another reason than having no submission
    for entry in entries:
        learners = [entry.learner] if roster is None else _meant(entry, roster)
        if len(learners) == 1:
            key = fold(learners[0].key)
            learner, before = by_key.get(key, (learners[0], ()))
            by_key[key] = (learner, (*before, entry))
        else:
            reason = Reason.AMBIGUOUS if learners else Reason.UNKNOWN
            unassigned.append(Unassigned(reason, entry.name, tuple(learners)))
            concerned.update(fold(learner.key) for learner in learners)
    assigned: list[Assigned] = []
    found = by_key.keys() | concerned
    # One by one: there may be many, and each becomes another record here.
    while by_key:
        _, (learner, handed_in) = by_key.popitem()
        *older, latest = sorted(handed_in, key=lambda entry: (entry.attempt or 0, entry.name))
        if older and not _comparable(handed_in):
            unassigned += [Unassigned(Reason.SEVERAL, entry.name, (learner,)) for entry in (*older, latest)]
            continue
        unassigned += [Unassigned(Reason.OLDER, entry.name, (learner,)) for entry in older]
        assigned.append(Assigned(learner, latest))
    for learner in roster.learners if roster is not None else ():
        if fold(learner.key) not in found:
            unassigned.append(Unassigned(Reason.MISSING, "", (learner,)))
    assigned.sort(key=lambda one: (fold(one.learner.key), one.learner.key))
    return assigned, unassigned


def _comparable(entries: Sequence[Entry]) -> bool:
    """Whether their attempts can be put in order: all have one, no two the same, and the platform knows one learner.

    Two users of a platform who have the same name are two, also if the roster has only one of that name.
    """
    attempts = {entry.attempt for entry in entries}
    owners = {fold(entry.learner.key) for entry in entries}
    return None not in attempts and len(attempts) == len(entries) and len(owners) == 1


def _meant(entry: Entry, roster: Roster) -> list[Learner]:
    """Those whom an entry can mean: one, several, or none."""
    meant: set[int] = set()
    for keys in _said(entry):
        hits = {place for key in keys for place in roster.places(*key)}
        if not hits:
            continue
        common = meant & hits if meant else hits
        if not common:
            meant |= hits
            break
        meant = common
    return [roster.learners[place] for place in sorted(meant)]


def _said(entry: Entry) -> Iterator[list[tuple[str, str]]]:
    """What an entry says about its learner, the strongest first; each may be said in several ways."""
    learner, number, name = entry.learner, fold(entry.number), fold(entry.learner.name)
    if entry.export is Export.PLAIN:
        for field in ("id", "email", "login"):
            yield [(field, name)]
        # git-classroom names a repository assignment-user, and both halves may hold hyphens.
        parts = name.split("-") if entry.is_folder else [name]
        yield [("github", "-".join(parts[start:])) for start in range(len(parts))]
        yield [("name", name)]
    elif entry.export is Export.GRADESCOPE:
        yield [("id", fold(learner.id))]
        yield [("email", fold(learner.email))]
        yield [("name", name)]
    else:
        yield [("number", number)]
        yield [("squeezed" if entry.export is Export.CANVAS else "name", name)]
