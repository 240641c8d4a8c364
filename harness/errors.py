"""Whose fault it is: one class per owner, each with a message and the next step to take."""

__all__ = ["AssignmentError", "DoutError", "SandboxError", "SubmissionError", "UsageError"]


class DoutError(Exception):
    """Base of all faults that dout reports; ``hint`` says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DoutError):
    """The command was called with something that cannot be done. Exit status 2."""


class AssignmentError(DoutError):
    """The instructor's assignment is wrong; ``message`` begins with ``path:line`` where known. Exit status 2."""


class SubmissionError(DoutError):
    """Nothing in the learner's file can be judged: outcome ``not_gradable``, which costs no attempt.

    ``code`` is a stable upper-case name of the reason, for example ``EMPTY``.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class SandboxError(DoutError):
    """The grader itself could not do its work: outcome ``grader_fault``, never a zero. Exit status 3."""
