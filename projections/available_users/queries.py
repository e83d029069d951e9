"""Pages of people to pick from: one statement, in the order of lower-case usernames."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.available_users.search import conditions
from projections.users.search import UserSearch

_PAGE: LiteralString = """
SELECT a.id, a.username, a.name, a.avatar_url
FROM available_users a
WHERE {conditions}
ORDER BY a.username_key
LIMIT %(limit)s
OFFSET %(offset)s
"""


async def available_users(
    connection: AsyncConnection[Any], wanted: UserSearch, *, limit: int = 0, offset: int = 0, after_id: str = ""
) -> list[dict[str, str]]:
    """`{id, username, name?, avatar_url?}` each: nothing else of a person is shown here (contract/authorization.md 1.3).

    `limit` 0 is no limit; only those after the person `after_id`, if it is given.
    """
    restricted = conditions(wanted, after_id)
    parameters = {**restricted.parameters, "limit": limit or None, "offset": offset}
    cursor = await connection.execute(sql.SQL(_PAGE).format(conditions=restricted.text), parameters)
    return [_minimal_user(*row) for row in await cursor.fetchall()]


def _minimal_user(id: str, username: str, name: str, avatar_url: str) -> dict[str, str]:
    document = {"id": id, "username": username}
    if name:
        document["name"] = name
    if avatar_url:
        document["avatar_url"] = avatar_url
    return document
