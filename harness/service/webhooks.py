"""The signature by which a receiver knows that a webhook is ours, and not an old one sent again."""

import hashlib
import hmac

__all__ = ["SIGNATURE", "signed"]

SIGNATURE = "Dout-Signature"


def signed(secret: str, body: bytes, now: float) -> str:
    """Return the header's value: ``t=SECONDS,v1=HEX``.

    HEX is the HMAC-SHA256 of the seconds, a full stop and the body, with the webhook's secret as the key.
    """
    seconds = str(int(now))
    mac = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"
