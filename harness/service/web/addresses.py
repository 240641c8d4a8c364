"""Addresses and names out of requests: what may be redirected to, who asks, and how a file is called in a header."""

import re
from urllib.parse import quote, urlsplit

from starlette.requests import Request

__all__ = ["asked_for", "attachment", "client_address", "local_path"]


def asked_for(request: Request) -> str:
    """Return the path that was asked for, with its query."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def local_path(text: str, default: str = "/") -> str:
    r"""Return ``text`` where it is a path on this site, and ``default`` where it leads anywhere else.

    A browser takes ``//host``, ``/\host`` and a path with a tab or a line feed in it for another site's address.
    """
    if not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", text):
        return default
    parts = urlsplit(text)
    return default if parts.scheme or parts.netloc else text


def client_address(request: Request) -> str | None:
    """Return the client's network address; a proxy's word is taken by the server, where it is trusted."""
    return request.client.host[:64] if request.client else None


def attachment(name: str) -> str:
    """Return the value of ``Content-Disposition`` for a file that is saved as ``name`` (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
