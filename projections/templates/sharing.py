"""The people on a template's access list. Reads `users` and `members`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from projections.users.queries import USER_COLUMNS
from projections.users.render import UserRow

_USERS: LiteralString = (
    "SELECT " + USER_COLUMNS + " FROM users u WHERE u.id = ANY(%s::uuid[]) AND NOT u.deleted ORDER BY lower(u.username), u.id"
)


async def people_on_list(connection: AsyncConnection[Any], user_ids: Sequence[str]) -> list[UserRow]:
    """Those of the people who still exist, by username."""
    if not user_ids:
        return []
    cursor = await connection.execute(_USERS, (list(user_ids),))
    return [UserRow(*row) for row in await cursor.fetchall()]
