"""Who may do what: the one place that says so. What is not allowed here is refused.

A right is asked for by name, for a course and, where it is about somebody's own work, for its owner. Pages, API and
commands ask the same function.
"""

from collections.abc import Mapping

import msgspec

from harness.records import Record
from harness.service.schema import ASSISTANT, INSTRUCTOR, LEARNER, ROLES

__all__ = ["ADMIN", "NOBODY", "RIGHTS", "SCOPES", "Actor", "allowed", "may_know", "of_person"]

ADMIN = "admin"

#: The least role that has a right for everybody in the course.
RIGHTS: Mapping[str, str] = {
    "course.see": LEARNER,
    "submission.make": LEARNER,
    "submission.make_for": INSTRUCTOR,
    "submission.see": ASSISTANT,
    "class.see": ASSISTANT,
    "submission.regrade": ASSISTANT,
    "grade.override": INSTRUCTOR,
    "grade.export": INSTRUCTOR,
    "assignment.change": INSTRUCTOR,
    "people.see": ASSISTANT,
    "people.change": INSTRUCTOR,
    "token.make": LEARNER,
    "webhook.change": INSTRUCTOR,
    "audit.see": INSTRUCTOR,
    "course.make": ADMIN,
    "service.see": ADMIN,
    "metrics.see": ADMIN,
    "service.change": ADMIN,
    "person.export": ADMIN,
    "person.erase": ADMIN,
}
#: Rights that everybody has over what is their own.
_OWN = frozenset({"submission.see", "person.export"})
#: What a token may be limited to, and the rights that this leaves.
SCOPES: Mapping[str, frozenset[str]] = {
    "submit": frozenset({"course.see", "submission.make", "submission.make_for", "submission.see"}),
    "read": frozenset({"course.see", "submission.see", "class.see", "people.see", "grade.export", "audit.see"}),
    "grade": frozenset({"course.see", "submission.see", "class.see", "submission.regrade", "grade.override"}),
    "manage": frozenset({"course.see", "assignment.change", "people.see", "people.change", "webhook.change"}),
    # For a program that watches: figures, and nobody's work.
    "watch": frozenset({"metrics.see"}),
}
_RANK = {role: rank for rank, role in enumerate((*ROLES, ADMIN))}


class Actor(Record, frozen=True, kw_only=True):
    """Somebody, or a program with somebody's token, who asks for something."""

    user_id: str
    name: str
    is_admin: bool = False
    #: The language that they chose; None for what their browser asks for.
    language: str | None = None
    #: Course to role.
    roles: Mapping[str, str] = {}
    #: What the token is limited to; None for a person who logged in.
    scopes: frozenset[str] | None = None
    #: The only course that the token is for; None for all.
    only_course: str | None = None


#: Somebody who has not logged in.
NOBODY = Actor(user_id="", name="")


def allowed(actor: Actor, right: str, *, course: str | None = None, owner: str | None = None) -> bool:
    """Tell whether ``actor`` has ``right``.

    Args:
        actor: Who asks.
        right: A name of :data:`RIGHTS`.
        course: The id of the course that it is about; None where it is about none.
        owner: The id of the user whose work or data it is about; None where it is nobody's.

    Raises:
        KeyError: there is no such right: a mistake of ours, and never a yes.
    """
    least = RIGHTS[right]
    if not actor.user_id:
        return False
    if actor.only_course is not None and actor.only_course != course:
        return False
    if actor.scopes is not None and not any(right in SCOPES.get(scope, ()) for scope in actor.scopes):
        return False
    if actor.is_admin:
        return True
    if right in _OWN and owner == actor.user_id:
        # Somebody's own work in a course that they have left is still theirs.
        return True
    role = actor.roles.get(course) if course is not None else None
    return role is not None and _RANK[role] >= _RANK[least]


def may_know(actor: Actor, right: str, *, course: str | None = None, owner: str | None = None) -> bool:
    """Tell whether ``actor``, who has not ``right``, may know that there is what it is about.

    Those who see the course know of what is in it, and of somebody's work only those who may see that. What a token may
    do is not asked: it is for less than its owner may know. Which course it is for is.
    """
    if course is None:
        return True
    person = of_person(actor)
    if allowed(person, right, course=course, owner=owner):
        return True
    return allowed(person, "course.see" if owner is None else "submission.see", course=course, owner=owner)


def of_person(actor: Actor) -> Actor:
    """Return ``actor`` with all that the owner of their token may do, in the course that it is for."""
    return msgspec.structs.replace(actor, scopes=None)
