"""Reads of sessions and tokens. Every function takes a connection that sees the read models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from projections.api_keys.render import ApiKeyRow

_SELECT: LiteralString = """
    SELECT k.id, k.user_id, k.login_type, k.scopes, k.allow_list, k.token_name, k.lifetime_seconds, k.expires_at, k.last_used_at,
      k.created_at, k.updated_at, coalesce(u.username, '')
    FROM api_keys k
    LEFT JOIN users u ON u.id = k.user_id
"""


async def key_by_id(connection: AsyncConnection[Any], key_id: str) -> ApiKeyRow | None:
    """The key with that public id."""
    cursor = await connection.execute(_SELECT + "WHERE k.id = %s", (key_id,), prepare=True)
    row = await cursor.fetchone()
    return ApiKeyRow(*row) if row else None


async def token_by_name(connection: AsyncConnection[Any], user_id: str, name: str) -> ApiKeyRow | None:
    """The person's token of that name, in this spelling."""
    cursor = await connection.execute(_SELECT + "WHERE k.user_id = %s AND k.token_name = %s AND k.login_type = 'token'", (user_id, name))
    row = await cursor.fetchone()
    return ApiKeyRow(*row) if row else None


async def tokens(connection: AsyncConnection[Any], user_id: str | None, *, alive_at: datetime | None) -> Sequence[ApiKeyRow]:
    """The tokens of a person, or of everybody; `alive_at` leaves out those that ended before."""
    cursor = await connection.execute(
        _SELECT
        + """WHERE k.login_type = 'token'
          AND (%(user_id)s::uuid IS NULL OR k.user_id = %(user_id)s)
          AND (%(alive_at)s::timestamptz IS NULL OR k.expires_at > %(alive_at)s)
        ORDER BY k.created_at DESC, k.id""",
        {"user_id": user_id, "alive_at": alive_at},
    )
    return [ApiKeyRow(*row) for row in await cursor.fetchall()]


async def application_keys(connection: AsyncConnection[Any], user_id: str) -> Sequence[str]:
    """Ids of the person's keys that only open applications."""
    cursor = await connection.execute("SELECT id FROM api_keys WHERE user_id = %s AND scopes ? 'coder:application_connect'", (user_id,))
    return [row[0] for row in await cursor.fetchall()]
