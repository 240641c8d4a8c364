"""Ids that sort by the time at which they were made, and secrets that nobody guesses."""

import hashlib
import os
import secrets
import time
import uuid

__all__ = ["SECRETS", "digest", "first_id", "new_id", "new_secret"]

#: What each secret begins with: tokens, keys of webhooks, the first administrator's link, invitations, sessions. Logs
#: mask what begins so.
SECRETS = ("dout", "dout_hook", "dout_join", "join", "session")


def new_id() -> str:
    """Return a UUID of version 7: 48 bits of milliseconds, 12 of their fraction, then chance.

    RFC 9562, section 5.7, and method 3 of section 6.2: two lines of a log are often written in one millisecond.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return str(uuid.UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | chance))


def first_id(seconds: float) -> str:
    """Return what no id is below that is made ``seconds`` after 1970 or later."""
    return str(uuid.UUID(int=max(0, min(int(seconds * 1000), (1 << 48) - 1)) << 80))


def new_secret(prefix: str) -> str:
    """Return 256 random bits to be shown once, behind one of ``SECRETS``: scanners for lost secrets know it by that."""
    assert prefix in SECRETS
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """Return what is stored of a secret.

    One round of SHA-256 is enough for 256 random bits, which no list of guesses holds; and a database looks for the
    digest by an index, so that no comparison takes longer for a secret that is nearly right.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
