"""Secrets and signatures after the Standard Webhooks specification 1.0: symmetric, HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

_PREFIX = "whsec_"
#: Bounds of the specification, in bytes.
_SHORTEST, _LONGEST, _OURS = 24, 64, 32


def new_secret() -> bytes:
    """256 bits from the system's source."""
    return secrets.token_bytes(_OURS)


def secret_text(secret: bytes) -> str:
    """How people are shown a secret: `whsec_<base64>`."""
    return _PREFIX + base64.b64encode(secret).decode()


def parse_secret(text: str) -> bytes:
    """The secret that `secret_text` shows. Raises `ValueError`, whose message does not repeat it."""
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(_PREFIX) or not _SHORTEST <= len(secret) <= _LONGEST:
        raise ValueError(f"must be {_PREFIX} and the base64 text of {_SHORTEST} to {_LONGEST} random bytes")
    return secret


def signed_headers(keys: Sequence[bytes], message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """What goes out with `body`: one signature for each key, so that a receiver who knows one of them can tell who sent it."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = [f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}" for key in keys]
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}
