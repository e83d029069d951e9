"""Takes away deliveries that nobody will look at any more, a few thousand at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import AsyncConnection

#: How long those that have ended can be inspected.
DELIVERED_LIFETIME = timedelta(days=3)
FAILED_LIFETIME = timedelta(days=30)
_AT_ONCE = 5000

_ENDED: LiteralString = """
    DELETE FROM webhook_deliveries
    WHERE (webhook_id, position) IN (
      SELECT webhook_id, position
      FROM webhook_deliveries
      WHERE state <> 'pending' AND attempted_at < %(delivered)s AND (state <> 'failed' OR attempted_at < %(failed)s)
      LIMIT %(limit)s
    )
"""
# A webhook without a secret was deleted; its cursor goes last, because what it leaves is found by it.
_OF_DELETED: LiteralString = """
    DELETE FROM webhook_deliveries
    WHERE (webhook_id, position) IN (
      SELECT d.webhook_id, d.position
      FROM webhook_cursors c
      JOIN webhook_deliveries d ON d.webhook_id = c.webhook_id
      WHERE NOT EXISTS (SELECT FROM webhook_secrets s WHERE s.webhook_id = c.webhook_id)
      LIMIT %(limit)s
    )
"""
_DELETED: tuple[LiteralString, ...] = (
    "DELETE FROM webhook_replays r WHERE NOT EXISTS (SELECT FROM webhook_secrets s WHERE s.webhook_id = r.webhook_id)",
    """
    DELETE FROM webhook_cursors c
    WHERE NOT EXISTS (SELECT FROM webhook_secrets s WHERE s.webhook_id = c.webhook_id)
      AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = c.webhook_id)
    """,
)


async def sweep(connection: AsyncConnection[Any], now: datetime, *, at_once: int = _AT_ONCE) -> bool:
    """One small round of each kind; returns whether there may be more."""
    parameters = {"delivered": now - DELIVERED_LIFETIME, "failed": now - FAILED_LIFETIME, "limit": at_once}
    removed = [(await connection.execute(statement, parameters)).rowcount for statement in (_ENDED, _OF_DELETED)]
    for statement in _DELETED:
        await connection.execute(statement)
    return max(removed) == at_once
