"""Why somebody is not let in, for those who log in with the help of another system."""

from harness.errors import DoutError
from harness.sentence import Sentence

__all__ = ["LoginRefused", "refused"]


class LoginRefused(DoutError):  # noqa: N818 - somebody is refused; nothing went wrong here
    """Somebody is not let in, and nothing was changed.

    ``code`` is a stable name of the reason, like ``bad-signature``; ``status`` the status of the answer.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, status: int = 403) -> None:
        super().__init__(message, hint)
        self.code = code
        self.status = status


def refused(code: str) -> LoginRefused:
    """Return the refusal of what cannot be believed, of which the reader can do nothing but tell its name."""
    return LoginRefused(
        code,
        Sentence("this login could not be checked"),
        Sentence("go back and open it again; if that does not help, tell your instructor the word {code}", code=code),
        status=400,
    )
