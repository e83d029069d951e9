"""Reads of webhooks and of what they delivered. Reads `webhook_cursors`, `webhook_secrets` (times only) and
`webhook_deliveries`, which lie beside the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from projections.webhooks.render import DeliveryRow, WebhookRow

_WEBHOOKS: LiteralString = """
    SELECT w.id, w.url, w.description, w.event_types, w.enabled, w.disabled_reason, w.created_by, w.created_at, w.updated_at,
      c.position, CASE WHEN s.previous_until > now() THEN s.previous_until END
    FROM webhooks w
    LEFT JOIN webhook_secrets s ON s.webhook_id = w.id
    LEFT JOIN webhook_cursors c ON c.webhook_id = s.webhook_id
"""
_ALL: LiteralString = _WEBHOOKS + " ORDER BY w.created_at, w.id"
_ONE: LiteralString = _WEBHOOKS + " WHERE w.id = %s::uuid"
_DELIVERIES: LiteralString = """
    SELECT message_id, position, type, state, attempts, status_code, error, queued_at, attempted_at, due_at
    FROM webhook_deliveries
    WHERE webhook_id = %(id)s::uuid AND position < %(before)s AND (%(state)s = '' OR state = %(state)s)
    ORDER BY position DESC
    LIMIT %(limit)s
"""


async def all_webhooks(connection: AsyncConnection[Any]) -> Sequence[WebhookRow]:
    """Every webhook, oldest first."""
    return [WebhookRow(*row) for row in await (await connection.execute(_ALL)).fetchall()]


async def webhook_by_id(connection: AsyncConnection[Any], id: str) -> WebhookRow | None:
    """The webhook with that id (UUID text)."""
    row = await (await connection.execute(_ONE, (id,))).fetchone()
    return WebhookRow(*row) if row else None


async def deliveries(connection: AsyncConnection[Any], id: str, *, before: int, state: str, limit: int) -> list[DeliveryRow]:
    """At most `limit` deliveries of a webhook below a position, newest first; `state` "" is every state."""
    cursor = await connection.execute(_DELIVERIES, {"id": id, "before": before, "state": state, "limit": limit})
    return [DeliveryRow(*row) for row in await cursor.fetchall()]
