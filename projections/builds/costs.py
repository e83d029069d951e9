"""What somebody's workspaces cost a day, as their latest builds say. Reads `workspaces`. Source: contract/workspaces.md 8."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection

_COSTS: LiteralString = """
    SELECT coalesce(sum(b.daily_cost), 0)::bigint
    FROM workspaces w
    JOIN builds b ON b.id = w.latest_build_id
    WHERE w.owner_id = %s::uuid AND w.organization_id = %s::uuid AND NOT w.deleted
"""


async def daily_costs(connection: AsyncConnection[Any], owner_id: str, organization_id: str) -> int:
    """The sum over the owner's workspaces in an organization, in the credits that templates count with."""
    cursor = await connection.execute(_COSTS, (owner_id, organization_id))
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])
