"""What the names in an export say: a learner's name, number, lateness and attempt. Nothing is opened here."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

__all__ = ["CanvasName", "MoodleName", "canvas_name", "is_canvas", "moodle_name"]

_CODE = frozenset({".py", ".ipynb", ".zip"})

# Moodle, mod/assign/classes/downloader.php: the full name with its underscores made spaces, the participant's
# number, the plugin; then a folder, or in a flat export the file's name. Versions differ in the last underscore.
_MOODLE = re.compile(
    r"(?P<name>.*)_(?P<number>[0-9]{1,18})_assign(?P<what>submission|feedback)_(?P<plugin>[a-z0-9]+)(?:_(?P<file>.*))?"
)
# Canvas, lib/content_zipper.rb: the sortable name in small letters without spaces and punctuation, LATE, the user's
# number, the attachment's number, the file's name. An anonymous assignment has anon_ and a short random id instead.
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<number>[0-9]{1,18})_(?:(?P<attachment>[0-9]{1,18})_(?P<file>.+)|(?:text|link)\.html)"
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<number>[0-9A-Za-z]{5})_(?:(?P<attachment>[0-9]{1,18})_(?P<file>.+)|(?:text|link)\.html)"
)


class MoodleName(NamedTuple):
    """A folder or file of Moodle's "Download all submissions"."""

    name: str
    #: Of the participant in this assignment; the grading worksheet has it as "Participant 123".
    number: str
    #: Whether a learner handed it in: online text and feedback files are not.
    handed_in: bool
    #: The learner's own name of it in a flat export; None for a folder.
    file: str | None


class CanvasName(NamedTuple):
    """A file of Canvas's "Download Submissions"."""

    #: As Canvas squeezes it; empty when the assignment is anonymous.
    name: str
    #: Of the user; the gradebook has it in its column "ID".
    number: str
    late: bool
    #: Counted through the whole installation, so a later upload has a larger one. None for a text entry or a link.
    attachment: int | None
    #: The learner's own name of the file; empty for a text entry or a link.
    file: str


def moodle_name(name: str) -> MoodleName | None:
    """Return what a name of Moodle says; None for another name."""
    match = _MOODLE.fullmatch(name)
    if match is None:
        return None
    handed_in = match["what"] == "submission" and match["plugin"] == "file"
    return MoodleName(match["name"], match["number"], handed_in, match["file"] or None)


def canvas_name(name: str) -> CanvasName | None:
    """Return what a name of Canvas says; None for another name."""
    anonymous = _CANVAS_ANONYMOUS.fullmatch(name)
    match = anonymous or _CANVAS.fullmatch(name)
    if match is None:
        return None
    attachment = None if match["attachment"] is None else int(match["attachment"])
    shown = "" if anonymous else match["name"]
    return CanvasName(shown, match["number"], bool(match["late"]), attachment, match["file"] or "")


def is_canvas(names: Mapping[str, bool]) -> bool:
    """Return whether these are the names of an export of Canvas.

    Args:
        names: Of the entries, without those of the system; whether each is a folder.

    A name such as ``kim_3_1_layers.py`` could mean anything, so all of the names must agree: no folder, every file
    to grade of this form, no attachment twice, and one name for one user's number.
    """
    attachments: set[int] = set()
    owners: dict[str, str] = {}
    for name, is_folder in names.items():
        said = canvas_name(name)
        if is_folder or (said is None and _is_code(name)):
            return False
        if said is None or said.attachment is None:
            continue
        if said.attachment in attachments or owners.setdefault(said.number, said.name) != said.name:
            return False
        attachments.add(said.attachment)
    return bool(attachments)


def _is_code(name: str) -> bool:
    """Return whether a file of this name can be or hold a submission."""
    return PurePosixPath(name).suffix.lower() in _CODE
