"""The assignments that are installed on this server: those that ship with dout, and folders of the operator's.

Reference layers are code that runs in the grader itself, so only who runs the server installs them. Instructors choose
among them, and set dates and limits.
"""

from pathlib import Path

from harness.assignment import Assignment, built_in
from harness.assignment.reading import BUILT_IN, read_assignment
from harness.errors import AssignmentError
from harness.sentence import Sentence

__all__ = ["Installed"]


class Installed:
    """Reads assignments by name, each once."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "assignments"
        self._read: dict[str, Assignment] = {}

    def names(self) -> list[str]:
        """Return what there is to choose from, in order."""
        shipped = {path.parent.name.replace("_", "-") for path in BUILT_IN.glob("*/assignment.toml")}
        own = {path.parent.name for path in self._folder.glob("*/assignment.toml")}
        return sorted(shipped | own)

    def get(self, name: str, sha256: str | None = None) -> Assignment:
        """Return an assignment, read again where it is not the one that is wanted.

        Args:
            name: Of :meth:`names`.
            sha256: Which one is wanted; None for the one that is there.

        Raises:
            AssignmentError: there is none, it makes no sense, or it is another one by now.
        """
        if name not in self.names():
            # Before it becomes a path: a name may not lead out of the folder.
            raise AssignmentError(
                Sentence("there is no assignment {name} on this server", name=repr(name)),
                Sentence("install it in {folder}", folder=self._folder),
            )
        known = self._read.get(name)
        if known is None or (sha256 is not None and known.sha256 != sha256):
            own = self._folder / name / "assignment.toml"
            known = self._read[name] = read_assignment(own) if own.is_file() else built_in(name)
        if sha256 is not None and known.sha256 != sha256:
            raise AssignmentError(
                Sentence("the assignment {name} was changed on the server", name=repr(name)),
                Sentence("save the assignment of the course again, so that it has a new revision"),
            )
        return known

    def path(self, name: str) -> Path:
        """Return the file of an installed assignment."""
        own = self._folder / name / "assignment.toml"
        return own if own.is_file() else BUILT_IN / name.replace("-", "_") / "assignment.toml"
