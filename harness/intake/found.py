"""What the intake finds: submissions, whose they are as far as their names say, and what went to nobody and why."""

import enum
import unicodedata

from harness.escape import plain
from harness.language import Language, marked
from harness.records import Record

__all__ = ["Entry", "Export", "Learner", "Reason", "Unassigned", "displayed", "fold"]

# Characters: more than the longest real name or e-mail address, so that a hostile one cannot fill a screen.
_SHOWN_LIMIT = 255


class Export(enum.StrEnum):
    """What wrote the names of the entries."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    GRADESCOPE = "gradescope"
    #: A file or folder per learner, named by a person or by git-classroom.
    PLAIN = "plain"


class Learner(Record, frozen=True, gc=False):
    """Who handed in; text is escaped for display, and empty where nothing says it."""

    #: Unlike that of every other learner: the id; else the e-mail, the user name or the name.
    key: str
    name: str = ""
    id: str = ""
    email: str = ""
    section: str = ""
    github: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.key})" if self.name not in {"", self.key} else self.key


class Entry(Record, frozen=True, gc=False):
    """One submission as its container names it; its content is read by ``Intake.read`` alone."""

    #: The name of the folder, or of the first of the files, escaped for display.
    name: str
    export: Export
    #: As far as the names say it: all that is known without a roster.
    learner: Learner
    #: Of a flat export: the name in the container and the learner's own name of the file. Of a folder: that folder.
    files: tuple[tuple[str, str], ...]
    is_folder: bool
    #: None where the export does not say.
    late: bool | None = None
    #: The larger, the later; numbers of the platform, not 1, 2, 3. None where the export has none.
    attempt: int | None = None
    #: The platform's own number of the learner (Moodle's participant, Canvas's user); it is no student number.
    number: str = ""


class Reason(enum.StrEnum):
    """Why something was not assigned."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    SEVERAL = "several"
    MISSING = "missing"
    OLDER = "older"
    UNLISTED = "unlisted"
    ABSENT = "absent"
    NOT_CODE = "not_code"
    FEEDBACK = "feedback"
    UNSAFE = "unsafe"
    SYSTEM = "system"


_SENTENCES = {
    Reason.UNKNOWN: marked("{entry}: no learner of the roster has this id, e-mail, user name or name"),
    Reason.AMBIGUOUS: marked("{entry}: more than one learner could be meant: {learners}"),
    Reason.SEVERAL: marked("{entry}: {learners} handed in more than once, and nothing says which is the latest"),
    Reason.MISSING: marked("no submission: {learners}"),
    Reason.OLDER: marked("{entry}: an earlier attempt; the latest counts: {learners}"),
    Reason.UNLISTED: marked("{entry}: it is not named in submission_metadata.yml"),
    Reason.ABSENT: marked("{entry}: submission_metadata.yml names it, but it is not there"),
    Reason.NOT_CODE: marked("{entry}: not a file to grade (.py, .ipynb or .zip; tests do not count)"),
    Reason.FEEDBACK: marked("{entry}: text of the platform, not a file that a learner handed in"),
    Reason.UNSAFE: marked("{entry}: a link, a device, or a name that leads out of the folder; it is not read"),
    Reason.SYSTEM: marked("{entry}: made by a program, not handed in"),
}


class Unassigned(Record, frozen=True, gc=False):
    """Something that goes to no learner, or a learner who gets nothing."""

    reason: Reason
    #: The name in the container, escaped for display; empty for ``MISSING``.
    entry: str = ""
    #: Whom it concerns: those who could be meant, or the one who handed in too often or nothing.
    learners: tuple[Learner, ...] = ()

    def text(self, language: Language) -> str:
        """Return the reason as one line."""
        return language.text(_SENTENCES[self.reason], entry=self.entry, learners=", ".join(map(str, self.learners)))


def fold(text: str) -> str:
    """Return ``text`` as it is compared: Unicode NFC, single spaces, no case. Nothing else makes two names equal."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def displayed(text: str) -> str:
    """Return ``text`` from outside as it is shown: NFC, single spaces, escaped, at most 255 characters."""
    shown = plain(" ".join(unicodedata.normalize("NFC", text).split()), _SHOWN_LIMIT)
    # A class has many names: those that are equal are one string.
    return text if shown == text else shown
