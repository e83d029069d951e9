"""Provisioners of other processes prove who they are by a key of their organization, sent as a bearer token."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from domain.kernel.errors import Unauthenticated
from service.store.provisioner_keys import ProvisionerKey, key_by_digest

if TYPE_CHECKING:
    from service.http.call import Call

_BEARER = "bearer "
_REFUSED = "A provisioner must prove who it is."


def new_secret() -> str:
    """The secret of a new key, drawn at random; shown once."""
    return secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret: it has 256 random bits, so a plain digest cannot be guessed back."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


async def calling_key(call: Call) -> ProvisionerKey:
    """The key that the request carries. Raises `Unauthenticated` for none, or one that does not exist."""
    header = call.request.headers.get("Authorization", "")
    if header[: len(_BEARER)].lower() != _BEARER:
        raise Unauthenticated(_REFUSED, "The request carries no provisioner key.")
    async with call.pool.connection() as connection:
        key = await key_by_digest(connection, secret_digest(header[len(_BEARER) :].strip()))
    if key is None:
        raise Unauthenticated(_REFUSED, "There is no such provisioner key.")
    return key
