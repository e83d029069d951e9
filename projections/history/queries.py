"""Where the events of a workspace lie, and who their actors are today."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded

_PAGE: LiteralString = """
    SELECT position
    FROM history
    WHERE workspace_id = %(workspace_id)s::uuid AND position < %(before)s AND position > %(after)s
      AND (%(type)s = '' OR type = %(type)s)
    ORDER BY position DESC
    LIMIT %(limit)s
"""
_NAMES: LiteralString = "SELECT id, nullif(username, '') FROM users WHERE id = ANY(%s::uuid[])"


async def positions_of(connection: AsyncConnection[Any], workspace_id: str, *, before: int, after: int, type: str, limit: int) -> list[int]:
    """At most `limit` positions between both bounds, exclusive, newest first; `type` "" is every type."""
    parameters = {"workspace_id": workspace_id, "before": before, "after": after, "type": type, "limit": limit}
    cursor = await connection.execute(_PAGE, parameters)
    return [row[0] for row in await cursor.fetchall()]


async def actor_names(connection: AsyncConnection[Any], events: Iterable[Recorded]) -> dict[str, str | None]:
    """Today's usernames of the people who caused the events, by id; None for somebody who was erased. One statement at most."""
    return await usernames(connection, {e.metadata.actor.id for e in events if e.metadata.actor.kind == "user" and e.metadata.actor.id})


async def usernames(connection: AsyncConnection[Any], people: Collection[str]) -> dict[str, str | None]:
    """The same for people by their ids."""
    if not people:
        return {}
    cursor = await connection.execute(_NAMES, (list(people),))
    return dict(await cursor.fetchall())
