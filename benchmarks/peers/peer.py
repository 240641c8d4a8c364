"""What the benchmark has to know about a peer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Peer"]

#: A program and its arguments, run in the folder of an assignment.
Command = Sequence[str]


class Peer(ABC):
    """Another grader: its assignment, its command, and where it leaves the points.

    A folder is made for each run as a copy of the assignment's, so that a run can spoil no other.
    """

    title: str
    #: What is installed; the first is the peer itself.
    packages: tuple[str, ...]
    #: How many submissions one command grades when a class is graded.
    class_size = 1
    #: Whether one submission takes seconds: then fewer are tried.
    slow = False

    @abstractmethod
    def write_assignment(self, folder: Path) -> None:
        """Write the twelve checks into an empty folder."""

    def preparation(self, bin_folder: Path) -> list[Command]:
        """Return what an instructor runs once, before the first submission comes in."""
        del bin_folder
        return []

    def hand_in(self, folder: Path, submissions: Sequence[str]) -> None:
        """Put texts of layers.py where the peer looks for them."""
        (submission,) = submissions
        (folder / "layers.py").write_text(submission, encoding="utf-8")

    @abstractmethod
    def command(self, bin_folder: Path, patience: int | None) -> Command:
        """Return what grades the submissions; ``patience`` in seconds, where a peer has a time limit of its own."""

    def collecting(self, bin_folder: Path) -> list[Command]:
        """Return what an instructor runs to get the points out of the peer, if they are not in a file already."""
        del bin_folder
        return []

    @abstractmethod
    def points(self, folder: Path, count: int) -> list[float | None]:
        """Return the official points of each of ``count`` submissions, None where there is no result.

        Raises:
            ValueError, KeyError, OSError: what the peer left cannot be read; then there is no result either.
        """
