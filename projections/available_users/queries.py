"""Pages of people to pick from: one statement, in the order of lower-case usernames."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.available_users.pages import Selection, everybody

_PAGE: LiteralString = """
SELECT a.id, a.username, a.name, a.avatar_url
FROM ({page}) p
JOIN available_users a ON a.id = p.id
ORDER BY p.username_key, p.id
"""


async def available_users(connection: AsyncConnection[Any], wanted: Selection) -> list[dict[str, str]]:
    """`{id, username, name?, avatar_url?}` each: nothing else of a person is shown here (contract/authorization.md 1.3)."""
    people = everybody(wanted)
    cursor = await connection.execute(sql.SQL(_PAGE).format(page=people.page), people.parameters)
    return [_minimal_user(*row) for row in await cursor.fetchall()]


def _minimal_user(id: str, username: str, name: str, avatar_url: str) -> dict[str, str]:
    document = {"id": id, "username": username}
    if name:
        document["name"] = name
    if avatar_url:
        document["avatar_url"] = avatar_url
    return document
