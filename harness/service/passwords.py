"""Passwords: stored as argon2id, and checked in the same time whether or not there is somebody of that name."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["LEAST", "check_password", "hash_password"]

#: Characters; NIST SP 800-63B asks for at least 8, and two more cost an attacker a thousandfold.
LEAST = 10
#: Characters: hashing more than anybody types would only keep the server busy.
_MOST = 1000
# OWASP, "Password Storage Cheat Sheet": argon2id with 19 MiB, 2 passes and 1 lane is the least, and enough.
# A class that logs in at once is 30 ms of one core and 19 MiB for each learner.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked in place of a password that is not there. Nobody knows what it was made of, nor does it matter.
_NOBODYS = _HASHER.hash("nobody's password")


def hash_password(password: str, *, email: str = "") -> str:
    """Return what is stored of a new password.

    Raises:
        UsageError: it is too short or too long, or the e-mail address itself.
    """
    written = _normal(password)
    if not LEAST <= len(written) <= _MOST:
        raise UsageError(
            Sentence("a password has {least} to {most} characters", least=LEAST, most=_MOST),
            Sentence("three or four words that do not belong together are a good one"),
        )
    if written.casefold() == email.casefold():
        raise UsageError(Sentence("your e-mail address is no password"), Sentence("choose another one"))
    return _HASHER.hash(written)


def check_password(stored: str | None, password: str) -> tuple[bool, str | None]:
    """Tell whether ``password`` is the one of ``stored``; it takes as long where there is none.

    Returns:
        Whether it is, and what is to be stored from now on: a new hash where the parameters have changed since.
    """
    written = _normal(password[: _MOST + 1])
    try:
        _HASHER.verify(stored or _NOBODYS, written)
    except (VerificationError, InvalidHashError):
        return False, None
    if stored is None:
        return False, None
    return True, _HASHER.hash(written) if _HASHER.check_needs_rehash(stored) else None


def _normal(password: str) -> str:
    # NIST SP 800-63B: Hangul and accents are typed as one character or several, depending on the keyboard.
    return unicodedata.normalize("NFKC", password)
