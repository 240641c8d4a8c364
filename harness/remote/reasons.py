"""Why a service could not grade a submission, in words for whoever handed it in."""

from harness.sentence import Sentence

__all__ = ["FAILED"]

#: By what the service calls it.
FAILED = {
    "grader_crash": Sentence("the grader ended each time that it ran this file"),
    "grader_fault": Sentence("the grader failed"),
    "assignment_changed": Sentence("the assignment was changed on the server"),
}
