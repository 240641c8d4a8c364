"""Why somebody is not let in, for those who log in with the help of another system."""

from harness.errors import DoutError

__all__ = ["LoginRefused"]


class LoginRefused(DoutError):  # noqa: N818 - somebody is refused; nothing went wrong here
    """Somebody is not let in, and nothing was changed.

    ``code`` is a stable name of the reason, like ``bad-signature``; ``status`` the status of the answer.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, status: int = 403) -> None:
        super().__init__(message, hint)
        self.code = code
        self.status = status
