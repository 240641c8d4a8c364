"""Where the token for a service is kept: ``DOUT_TOKEN``, or a file that only its owner can read."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["keep_token", "token_for", "token_path"]


def token_path(environment: Mapping[str, str]) -> Path:
    """Return the file with the tokens, in the user's folder for settings."""
    if sys.platform == "win32" and (folder := environment.get("APPDATA")):
        return Path(folder) / "dout" / "tokens.json"
    folder = environment.get("XDG_CONFIG_HOME", "")
    # A relative path there is to be ignored (XDG Base Directory Specification).
    return (Path(folder) if os.path.isabs(folder) else Path.home() / ".config") / "dout" / "tokens.json"


def token_for(server: str, environment: Mapping[str, str]) -> str:
    """Return the token for ``server``.

    Raises:
        UsageError: there is none, or others could read it.
    """
    if token := environment.get("DOUT_TOKEN", "").strip():
        return _checked(token)
    path = token_path(environment)
    token = _read(path).get(server, "")
    if not token:
        raise UsageError(
            Sentence("there is no token for {server}", server=server),
            Sentence("make one on the page of your account, and run `dout submit --login --server URL`"),
        )
    return _checked(token)


def keep_token(server: str, token: str, environment: Mapping[str, str]) -> Path:
    """Keep a token for ``server``, and return the file that it is in.

    Raises:
        UsageError: it is none, or cannot be written.
    """
    path = token_path(environment)
    known = {**_read(path), server: _checked(token)}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".new")
        part.unlink(missing_ok=True)
        # Nobody else can read it, from its first byte on.
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "w", encoding="utf-8") as file:
            json.dump(known, file)
        part.replace(path)
    except OSError as error:
        raise UsageError(Sentence("{file} cannot be written: {error}", file=path, error=error.strerror)) from None
    return path


def _read(path: Path) -> dict[str, str]:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise UsageError(
                Sentence("others can read the tokens in {file}", file=path),
                Sentence("run: {command}", command=f"chmod 600 {path}"),
            )
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=path, error=getattr(error, "strerror", None) or error),
            Sentence("delete it, and log in again"),
        ) from None
    return {name: one for name, one in found.items() if isinstance(one, str)} if isinstance(found, dict) else {}


def _checked(token: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise UsageError(
            Sentence("this is no token"), Sentence("copy it again from the page of your account, without a blank")
        )
    return token
