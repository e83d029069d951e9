"""Webhooks as they are set now."""

from __future__ import annotations

from domain.kernel.events import Recorded
from domain.webhooks.events import (
    WebhookCreated,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEnabled,
    WebhookReplayRequested,
    WebhookSecretRotated,
    WebhookUpdated,
)
from domain.webhooks.values import REQUESTED
from projections.engine.model import ReadModel, nothing
from projections.engine.tables import Row, Rows
from projections.webhooks.tables import WEBHOOKS

MODEL = ReadModel("webhooks", (WEBHOOKS,))


@MODEL.on(WebhookCreated, reads=nothing)
def on_webhook_created(rows: Rows, event: WebhookCreated, recorded: Recorded) -> None:
    """A new one."""
    rows.put(
        WEBHOOKS,
        {
            "id": recorded.stream.id,
            "url": event.url,
            "description": event.description,
            "event_types": event.event_types,
            "enabled": event.enabled,
            "disabled_reason": None if event.enabled else REQUESTED,
            "created_by": recorded.metadata.actor.id,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(WebhookUpdated)
def on_webhook_updated(rows: Rows, event: WebhookUpdated, recorded: Recorded) -> None:
    """Other settings."""
    row = _changed(rows, recorded)
    if row is not None:
        row["url"], row["description"], row["event_types"] = event.url, event.description, event.event_types


@MODEL.on(WebhookEnabled)
def on_webhook_enabled(rows: Rows, _event: WebhookEnabled, recorded: Recorded) -> None:
    """It is told again."""
    row = _changed(rows, recorded)
    if row is not None:
        row["enabled"], row["disabled_reason"] = True, None


@MODEL.on(WebhookDisabled)
def on_webhook_disabled(rows: Rows, event: WebhookDisabled, recorded: Recorded) -> None:
    """It is told of nothing for now."""
    row = _changed(rows, recorded)
    if row is not None:
        row["enabled"], row["disabled_reason"] = False, event.reason


@MODEL.on(WebhookSecretRotated, WebhookReplayRequested)
def on_webhook_touched(rows: Rows, _event: WebhookSecretRotated | WebhookReplayRequested, recorded: Recorded) -> None:
    """What changed lies beside the log."""
    _changed(rows, recorded)


@MODEL.on(WebhookDeleted, reads=nothing)
def on_webhook_deleted(rows: Rows, _event: WebhookDeleted, recorded: Recorded) -> None:
    """It is gone."""
    rows.delete(WEBHOOKS, recorded.stream.id)


def _changed(rows: Rows, recorded: Recorded) -> Row | None:
    row = rows.edit(WEBHOOKS, recorded.stream.id)
    if row is not None:
        row["updated_at"] = recorded.time
    return row
