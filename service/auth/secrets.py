"""Hashes, digests and private keys beside the log: written in the transaction of the events that speak of them, never in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from service.auth.ssh_keys import KeyPair
from service.auth.tokens import Token
from service.store.append import SideWrite


def password_hash_written(user_id: str, hash: str, revision: int = 0) -> SideWrite:
    """The person's password is the one behind `hash` from now on; `revision` counts the changes before and with this one."""
    statement = (
        "INSERT INTO password_hashes (user_id, hash, revision) VALUES (%s, %s, %s)"
        " ON CONFLICT (user_id) DO UPDATE SET hash = EXCLUDED.hash, revision = EXCLUDED.revision"
    )
    return SideWrite(statement, (user_id, hash, revision))


def digest_written(user_id: str, token: Token) -> SideWrite:
    """The digest of a new token's secret."""
    return SideWrite("INSERT INTO api_key_digests (key_id, user_id, digest) VALUES (%s, %s, %s)", (token.id, user_id, token.digest))


def private_key_written(user_id: str, pair: KeyPair) -> SideWrite:
    """The private half of the person's git key."""
    statement = (
        "INSERT INTO ssh_private_keys (user_id, private_key) VALUES (%s, %s)"
        " ON CONFLICT (user_id) DO UPDATE SET private_key = EXCLUDED.private_key"
    )
    return SideWrite(statement, (user_id, pair.private))


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """What a password is compared with; "" never matches. `revision` counts the changes up to this hash."""

    hash: str = ""
    revision: int = 0


async def stored_password(connection: AsyncConnection[Any], user_id: str) -> StoredPassword:
    """The person's, or one that never matches."""
    cursor = await connection.execute("SELECT hash, revision FROM password_hashes WHERE user_id = %s", (user_id,), prepare=True)
    row = await cursor.fetchone()
    return StoredPassword(row[0], row[1]) if row else StoredPassword()
