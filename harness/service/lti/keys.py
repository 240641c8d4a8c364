"""Our own key, by which platforms know us: made once, kept in the database, and its public half shown to all."""

import secrets
from typing import Any

import msgspec
import sqlalchemy as sa
from joserfc.jwk import RSAKey

from harness.service.database import Database
from harness.service.schema import service_key

__all__ = ["own_key", "published"]

_NAME = "lti"
#: Bits, as many as RFC 7518 (section 3.3) asks for at least.
_SIZE = 2048


def own_key(database: Database) -> RSAKey:
    """Return the key of the service, and make it when there is none yet: one for all processes, on all machines."""
    known = sa.select(service_key.c.jwk).where(service_key.c.name == _NAME)
    with database.reading() as connection:
        found = connection.execute(known).scalar()
    if found is None:
        made = RSAKey.generate_key(_SIZE, {"kid": secrets.token_urlsafe(12)})
        row = {
            "name": _NAME,
            "jwk": msgspec.json.encode(made.as_dict(private=True)).decode(),
            "created_at": database.clock,
        }
        with database.writing() as connection:
            # Another process may be first: then its key is the one.
            connection.execute(database.insert_new(service_key, row))
            found = connection.execute(known).scalar_one()
    return RSAKey.import_key(msgspec.json.decode(found))


def published(key: RSAKey) -> dict[str, Any]:
    """Return the key set (RFC 7517) in which platforms find the public half."""
    return {"keys": [{**key.as_dict(private=False), "alg": "RS256", "use": "sig"}]}
