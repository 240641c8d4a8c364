"""Our own key, by which platforms know us: made once, kept in the data folder, and its public half shown to all."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["FILE_NAME", "own_key", "published"]

FILE_NAME = "lti-key.json"


def own_key(folder: Path) -> RSAKey:
    """Return the key of the service, and make it when there is none yet.

    Several processes may ask at once, the first time: all get the same.

    Raises:
        UsageError: the file cannot be read or written, or holds no key.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        key = RSAKey.import_key(json.loads(path.read_bytes()))
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read or written: {error}", file=str(path), error=error.strerror)
        ) from None
    except (ValueError, TypeError, JoseError):
        key = None
    if key is None or not key.is_private:
        raise UsageError(
            Sentence("{file} holds no key", file=str(path)),
            Sentence("put it back from a copy; without the file a new key is made, which every LMS has to fetch again"),
        )
    return key


def published(key: RSAKey) -> dict[str, Any]:
    """Return the key set (RFC 7517) in which platforms find the public half."""
    return {"keys": [{**key.as_dict(private=False), "alg": "RS256", "use": "sig"}]}


def _make(path: Path) -> None:
    key = RSAKey.generate_key(2048, {"kid": secrets.token_urlsafe(12)})
    draft = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
    # Nobody else may read it, from the first byte on.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        # A link is made whole or not at all, and never in place of another process's.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
