"""One session of watching: takes events in order, grades the file when it has changed, and shows what is known."""

import queue
import time
from pathlib import Path
from typing import Protocol

from harness.assignment import Assignment
from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.feedback import Feedback, with_feedback
from harness.grader import grade, ungradable_report
from harness.language import Language
from harness.records import Outcome
from harness.sandbox.runner import Sandbox
from harness.submission import Submission, read_submission
from harness.watching.attention import ranked
from harness.watching.events import Event, Events, Pressed, Quit, Resumed, Saved
from harness.watching.screen import goodbye, screen, waiting
from harness.watching.view import View, pressed

__all__ = ["Display", "Session"]

#: Seconds for an editor to put back what it has emptied or taken away, before the learner is told.
_PATIENCE = 0.15
#: Seconds to wait at a time: a signal that the system hands to another thread does not wake this one, and Windows'
#: Ctrl-C wakes none.
_PIECE = 0.5


class Display(Protocol):
    """Where a session is shown."""

    def grading(self, name: str) -> None:
        """Say that ``name`` is being graded."""

    def show(self, text: str) -> None:
        """Show ``text``, which ends in a newline."""

    def leave(self, text: str) -> None:
        """Show the last words."""


class Session:
    """Watches one file.

    Args:
        path: The file; it need not be there.
        assignment: What it is graded against.
        seed: Which bank of cases; the assignment's own when None.
        sandbox: Runs the learner's code, all the time that the session lasts.
        display: Where it is shown.
        language: Of what is shown.
    """

    def __init__(
        self,
        path: Path,
        assignment: Assignment,
        seed: int | None,
        *,
        sandbox: Sandbox,
        display: Display,
        language: Language,
    ) -> None:
        self.events: Events = queue.SimpleQueue()
        self._path, self._assignment, self._sandbox = path, assignment, sandbox
        self._seed = assignment.default_seed if seed is None else seed
        self._display, self._language = display, language
        self._name = plain(path.name)
        self._order = ranked(assignment)
        self._view: View | None = None
        #: What was shown last, to be shown again.
        self._shown = ""
        #: Digest of what was graded last; empty when that was not there or no text.
        self._graded = ""
        self._saves = 0
        #: Point on time.monotonic at which a file that is empty or gone is believed to be so.
        self._doubt: float | None = None

    def run(self) -> None:
        """Grade the file as it is, then whenever it is saved, until the learner quits.

        Raises:
            UsageError: the file cannot be read at all: it is a device, or not the learner's to read.
        """
        self._look(patient=False)
        while True:
            event = self._next_event()
            if event is None or event == Saved():
                self._look(patient=event is not None)
            elif isinstance(event, Quit) or event == Pressed("q"):
                break
            elif isinstance(event, Resumed):
                self._display.show(self._shown)
            elif isinstance(event, Pressed):
                self._press(event.key)
        self._display.leave(goodbye(self._name, self._view.report if self._view else None, self._language))

    def _next_event(self) -> Event | None:
        """Wait for an event; None when the time of doubt is over."""
        while True:
            left = _PIECE if self._doubt is None else self._doubt - time.monotonic()
            try:
                return self.events.get(timeout=min(max(left, 0.0), _PIECE))
            except queue.Empty:
                if self._doubt is not None and time.monotonic() >= self._doubt:
                    return None

    def _look(self, *, patient: bool, again: bool = False) -> None:
        """Read the file and grade it if it is another than before.

        Args:
            patient: Whether to wait a moment when it is empty or gone, because an editor may be about to write it.
            again: Whether the learner has asked, without having saved; the caller shows what came of it.
        """
        self._doubt = None
        try:
            found: Submission | SubmissionError = self._read()
        except FileNotFoundError:
            self._nothing(patient=patient, empty=False)
            return
        except SubmissionError as error:
            if error.code == "EMPTY":
                self._nothing(patient=patient, empty=True)
                return
            found = error
        if isinstance(found, SubmissionError) or found.sha256 != self._graded:
            self._grade(found, again=again)
            if not again:
                self._show_view()

    def _read(self) -> Submission:
        """Return the file's text.

        Raises:
            FileNotFoundError: it is not there.
            SubmissionError: it is no text to grade.
            UsageError: it cannot be read.
        """
        words, limit = self._assignment.words, self._assignment.limits.size_kib * 1024
        try:
            return read_submission(self._path, size_limit=limit, words=words)
        except UsageError:
            if self._path.exists():
                raise
            raise FileNotFoundError from None

    def _nothing(self, *, patient: bool, empty: bool) -> None:
        if patient:
            self._doubt = time.monotonic() + _PATIENCE
            return
        self._graded, self._view = "", None
        self._show(waiting(self._name, self._language, empty=empty))

    def _grade(self, found: Submission | SubmissionError, *, again: bool) -> None:
        self._saves += not again
        self._display.grading(self._name)
        if isinstance(found, SubmissionError):
            report = ungradable_report(found, self._name, "", self._assignment, self._seed)
        else:
            graded = grade(found, self._assignment, self._seed, sandbox=self._sandbox)
            report = with_feedback(graded, Feedback(self._assignment.feedback))
        # A fault of ours is no verdict on this text: the same text is graded again at the next save.
        is_done = isinstance(found, Submission) and report.outcome is not Outcome.GRADER_FAULT
        self._graded = report.submission.sha256 if is_done else ""
        before = self._view.report if self._view else None
        self._view = View(report=report, before=before, order=self._order, save=self._saves)

    def _press(self, key: str) -> None:
        if key == "c":
            # All of it, as it is on the disk now.
            self._graded = ""
            self._look(patient=False, again=True)
        if self._view is not None:
            self._view = pressed(self._view, key)
            self._show_view()

    def _show_view(self) -> None:
        assert self._view is not None
        self._show(screen(self._view, self._language))

    def _show(self, text: str) -> None:
        self._shown = text
        self._display.show(text)
