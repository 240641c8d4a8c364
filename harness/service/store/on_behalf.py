"""Takes submissions in that an instructor's program hands in for learners: whose they are, and that it was not them."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from harness.errors import DoutError
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.schema import enrolment, user
from harness.service.store.accepting import Accepted, Incoming, Jobs, Refused, accept_all
from harness.service.store.auditing import Note, note_all

__all__ = ["Giver", "NoLearner", "accept_for", "learners_named", "the_one"]


class NoLearner(DoutError):  # noqa: N818 - what was asked is refused; nothing went wrong here
    """A name is nobody's in this course, or that of several."""


def learners_named(connection: sa.Connection, course_id: str, names: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Return the users who can be meant by each of ``names``, among those who are in the course and not disabled.

    A name is a user's id, the course's own id for them, or their e-mail address: those tell people apart, and what a
    person is called does not.

    Args:
        connection: Where to look.
        course_id: The course.
        names: As somebody wrote them; they are compared to the letter, and an e-mail address without its case.
    """
    # PostgreSQL takes no zero byte, and nobody is called so.
    asked = {name for name in names if "\0" not in name}
    rows = connection.execute(
        sa.select(user.c.id, user.c.email, enrolment.c.external_id)
        .join(enrolment, enrolment.c.user_id == user.c.id)
        .where(enrolment.c.course_id == course_id, user.c.disabled_at.is_(None))
        .where(
            user.c.id.in_(asked)
            | enrolment.c.external_id.in_(asked)
            | user.c.email.in_({name.casefold() for name in asked})
        )
    )
    by_name: dict[str, set[str]] = {}
    for row in rows:
        for known in (row.id, row.external_id, row.email):
            by_name.setdefault(known, set()).add(row.id)
    nobody: frozenset[str] = frozenset()
    return {name: nobody.union(by_name.get(name, ()), by_name.get(name.casefold(), ())) for name in names}


def the_one(ids: Collection[str]) -> str:
    """Return the only user who can be meant by a name.

    Raises:
        NoLearner: there is none, or there are several.
    """
    if len(ids) == 1:
        (one,) = ids
        return one
    if ids:
        raise NoLearner(
            Sentence("several people of the course can be meant by this name"), Sentence("name the learner by e-mail")
        )
    raise NoLearner(
        Sentence("nobody in the course has this id or e-mail address"),
        Sentence("enrol the learner first, or look at the course's list"),
    )


class Giver(NamedTuple):
    """Who hands in for others."""

    user_id: str
    course_id: str
    #: The client's network address.
    address: str | None


def accept_for(
    database: Database, jobs: Jobs, connection: sa.Connection, incoming: Sequence[Incoming], giver: Giver
) -> list[Accepted | Refused]:
    """Take submissions in for learners, and write down who it was; like ``accept_all`` otherwise."""
    results = accept_all(database, jobs, connection, incoming)
    notes = [
        Note(
            giver.user_id,
            "submission.make_for",
            f"submission:{done.id}",
            giver.course_id,
            giver.address,
            {"learner": one.user_id},
        )
        for one, done in zip(incoming, results, strict=True)
        if isinstance(done, Accepted) and done.is_new
    ]
    note_all(database, connection, notes)
    return results
