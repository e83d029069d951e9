"""What happens to a webhook. What it delivers, and how often it had to try, is not history; its secret is in no event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("WebhookCreated", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookCreated(Event):
    """It is told of what follows this event. No `event_types`: of every type."""

    url: str
    description: str
    event_types: list[str]
    enabled: bool


@event("WebhookUpdated", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookUpdated(Event):
    """All settings as they are from now on."""

    url: str
    description: str
    event_types: list[str]


@event("WebhookEnabled", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookEnabled(Event):
    """It goes on where it was left."""


@event("WebhookDisabled", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookDisabled(Event):
    """Nothing goes out. `reason` is requested or gone (the receiver's 410)."""

    reason: str


@event("WebhookSecretRotated", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookSecretRotated(Event):
    """Another secret signs; the one before signs too until `previous_until`."""

    previous_until: datetime


@event("WebhookReplayRequested", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookReplayRequested(Event):
    """Everything after that position goes out again."""

    after: int


@event("WebhookDeleted", category="webhook")
@dataclass(frozen=True, slots=True)
class WebhookDeleted(Event):
    """Nothing goes out any more; its secret is gone."""
