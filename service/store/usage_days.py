"""On which days people used their workspaces, counted from the log: no read model keeps more than the last use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, LiteralString

from psycopg import AsyncConnection

# Streams are found by the primary key of the log; the read model says whose they are. A use is at most one event a minute.
_DAYS: LiteralString = """
    SELECT used.day, count(DISTINCT used.owner_id)
    FROM (
      SELECT w.owner_id,
        ((convert_from(e.state, 'UTF8')::json ->> 'time')::timestamptz AT TIME ZONE 'UTC' + make_interval(hours => %(hours)s))::date AS day
      FROM workspaces w
      JOIN ledger_events e ON e.originator_id = w.id
      WHERE w.template_id = %(template_id)s::uuid AND e.topic LIKE 'WorkspaceUsed/%%'
    ) AS used
    GROUP BY used.day
    ORDER BY used.day
"""


async def active_people(connection: AsyncConnection[Any], template_id: str, hours_from_utc: int) -> Sequence[tuple[date, int]]:
    """How many owners used workspaces of a template on each day that saw any use; a day begins at midnight of that offset."""
    cursor = await connection.execute(_DAYS, {"template_id": template_id, "hours": hours_from_utc})
    return [(row[0], row[1]) for row in await cursor.fetchall()]
