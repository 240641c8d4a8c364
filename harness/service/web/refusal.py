"""Why a request gets no answer of its own: raised anywhere, and told by :mod:`harness.service.web.errors`."""

from collections.abc import Mapping

from harness.errors import DoutError
from harness.sentence import Sentence

__all__ = ["Forbidden", "NotFound", "Refusal", "TooLarge", "TooMany", "TooOld", "Unauthenticated"]


class Refusal(DoutError):  # noqa: N818 - the client is refused; nothing went wrong here
    """The request is refused with an HTTP status; ``headers`` go with it.

    ``code`` is what programs know the reason by (docs/api.md); empty where the status says all.
    """

    status = 400
    code = ""
    #: What somebody wrote and sent, which the page gives back: else it would be lost.
    kept = ""

    def __init__(
        self, message: str, hint: str = "", *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint)
        self.status = status or self.status
        self.headers = dict(headers or {})


class Unauthenticated(Refusal):
    """It is not known who asks. A page sends them to the login, the API says 401."""

    status = 401
    code = "not-authenticated"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or Sentence("log in first"), headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Refusal):
    """Who asks may see that it is there, and not do this."""

    status = 403
    code = "forbidden"

    def __init__(self, message: str = "", hint: str = "") -> None:
        super().__init__(
            message or Sentence("you may not do this"), hint or Sentence("ask your instructor if you need to")
        )


class TooOld(Forbidden):
    """A form comes from a page of another session; ``kept`` is the text in it."""

    def __init__(self, kept: str) -> None:
        super().__init__(
            Sentence("this form is too old"),
            Sentence("you have logged in again since: open the page anew, and send it"),
        )
        self.kept = kept


class NotFound(Refusal):
    """It is not there, or who asks is not to know that it is."""

    status = 404
    code = "not-found"

    def __init__(self) -> None:
        super().__init__(Sentence("there is no such page"), Sentence("look at the address again"))


class TooLarge(Refusal):
    """The body has more bytes than are taken."""

    status = 413
    code = "too-large"

    def __init__(self, most: int) -> None:
        super().__init__(
            Sentence("what was sent is larger than {most} bytes", most=most),
            Sentence("go back, and choose a smaller file"),
        )


class TooMany(Refusal):
    """It was asked for too often; ``retry_after`` seconds until it may be again."""

    status = 429
    code = "too-often"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            Sentence("that was too often"),
            Sentence("try again in {seconds} s", seconds=retry_after),
            headers={"Retry-After": str(retry_after)},
        )
