"""What is written beside the log in the transaction of a webhook's events: its secret, where it begins, replays,
its end; and the secrets, read again to sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from domain.webhooks.events import WebhookCreated
from service.store.append import SideWrite


def webhook_begun(id: str, secret: bytes) -> tuple[SideWrite, ...]:
    """Everything after the webhook's creation is for it, signed with `secret`."""
    return (
        SideWrite("INSERT INTO webhook_secrets (webhook_id, secret) VALUES (%s, %s)", (id, secret)),
        SideWrite(
            "INSERT INTO webhook_cursors (webhook_id, position) SELECT originator_id, notification_id FROM ledger_events"
            " WHERE originator_id = %s AND originator_version = 1 AND topic = %s",
            (id, f"{WebhookCreated.NAME}/{WebhookCreated.VERSION}"),
        ),
    )


def secret_rotated(id: str, secret: bytes, previous_until: datetime) -> tuple[SideWrite, ...]:
    """Another secret; the one before signs too until that time.

    A webhook that came here by its events alone, without secret and place in the log, is given both: it begins now.
    """
    return (
        SideWrite(
            "INSERT INTO webhook_secrets AS s (webhook_id, secret) VALUES (%s, %s)"
            " ON CONFLICT (webhook_id) DO UPDATE SET secret = EXCLUDED.secret, previous = s.secret, previous_until = %s",
            (id, secret, previous_until),
        ),
        SideWrite(
            "INSERT INTO webhook_cursors (webhook_id, position) SELECT %s, max(notification_id) FROM ledger_events ON CONFLICT DO NOTHING",
            (id,),
        ),
    )


def replay_asked(id: str, after: int) -> SideWrite:
    """Whoever delivers goes back to that position as soon as nothing is on its way."""
    return SideWrite("INSERT INTO webhook_replays (webhook_id, after) VALUES (%s, %s)", (id, after))


def webhook_ended(id: str) -> SideWrite:
    """Without a secret nothing goes out; the rest is swept when nobody waits for it."""
    return SideWrite("DELETE FROM webhook_secrets WHERE webhook_id = %s", (id,))


async def signing_keys(connection: AsyncConnection[Any], id: str, now: datetime) -> Sequence[bytes]:
    """The webhook's secrets that sign at that time, the newest first; none for one that came here by its events alone."""
    cursor = await connection.execute(
        "SELECT secret, CASE WHEN previous_until > %s THEN previous END FROM webhook_secrets WHERE webhook_id = %s::uuid", (now, id)
    )
    row = await cursor.fetchone()
    return [secret for secret in row or () if secret is not None]
