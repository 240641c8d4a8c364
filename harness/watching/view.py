"""What a learner looks at, and what each key does to it."""

import msgspec

from harness.records import Record, Report
from harness.render.causes import Cause
from harness.watching.attention import mistakes

__all__ = ["View", "pressed"]

#: A question, a place, the rule.
_MOST_HINTS = 3


class View(Record, frozen=True, kw_only=True):
    """What a learner looks at."""

    report: Report
    #: The report of the save before this one.
    before: Report | None = None
    #: Ids of the checks in the order of attention.
    order: list[str]
    #: How many times the file was saved and graded.
    save: int
    #: Which mistake, from 0.
    focus: int = 0
    #: How many hints about it are shown.
    hints: int = 0
    #: What fills the screen: ``mistake``, ``list`` or ``all``.
    page: str = "mistake"

    @property
    def mistakes(self) -> list[Cause]:
        """What is wrong, in the order of attention."""
        return mistakes(self.report, self.order)


def pressed(view: View, key: str) -> View:
    """Return what is looked at after a key; any key that has no meaning leads back to the mistake."""
    replace = msgspec.structs.replace
    if key == "h":
        return replace(view, page="mistake", hints=min(view.hints + 1, _MOST_HINTS))
    if key == "n":
        return replace(view, page="mistake", hints=0, focus=(view.focus + 1) % max(len(view.mistakes), 1))
    return replace(view, page={"l": "list", "c": "all"}.get(key, "mistake"))
