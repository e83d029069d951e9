"""Webhooks and their deliveries as documents of the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.documents import rfc3339, rfc3339_or_none


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """How it is set, and how far it has come: `position` is up to where the log was read for it, None for one that was brought
    here without its secret. `previous_secret_until` is None unless a replaced secret still signs."""

    id: str
    url: str
    description: str
    event_types: Sequence[str]
    enabled: bool
    disabled_reason: str | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    position: int | None
    previous_secret_until: datetime | None


def webhook_document(row: WebhookRow, secret: str = "") -> dict[str, Any]:
    """The schema `Webhook`; with `secret`, where it is shown this once."""
    document: dict[str, Any] = {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "event_types": list(row.event_types),
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "position": row.position,
        "previous_secret_until": rfc3339_or_none(row.previous_secret_until),
        "created_by": row.created_by,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }
    return {**document, "secret": secret} if secret else document


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One event on its way to one webhook. `due_at` is None for one that has ended, or that waits behind another."""

    message_id: str
    position: int
    type: str
    state: str
    attempts: int
    status_code: int | None
    error: str
    queued_at: datetime
    attempted_at: datetime | None
    due_at: datetime | None


def delivery_document(row: DeliveryRow) -> dict[str, Any]:
    """The schema `WebhookDelivery`."""
    return {
        "id": row.message_id,
        "position": row.position,
        "type": row.type,
        "state": row.state,
        "attempts": row.attempts,
        "status_code": row.status_code,
        "error": row.error,
        "queued_at": rfc3339(row.queued_at),
        "attempted_at": rfc3339_or_none(row.attempted_at),
        "next_attempt_at": rfc3339_or_none(row.due_at),
    }
