"""What a webhook is, as far as decisions need to know, folded from its stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.webhooks.events import WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookUpdated


@dataclass(frozen=True, slots=True)
class Settings:
    """What people set; no `event_types` stands for all."""

    url: str = ""
    description: str = ""
    event_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Webhook:
    """`is_live` from its creation to its deletion, enabled or not."""

    is_live: bool = False
    is_enabled: bool = False
    settings: Settings = Settings()


def evolve(state: Webhook, recorded: Recorded) -> Webhook:
    """Fold one event of a webhook's stream."""
    match recorded.event:
        case WebhookCreated() as e:
            return Webhook(True, e.enabled, Settings(e.url, e.description, tuple(e.event_types)))
        case WebhookUpdated() as e:
            return replace(state, settings=Settings(e.url, e.description, tuple(e.event_types)))
        case WebhookEnabled():
            return replace(state, is_enabled=True)
        case WebhookDisabled():
            return replace(state, is_enabled=False)
        case WebhookDeleted():
            return replace(state, is_live=False, is_enabled=False)
    return state


WEBHOOK: Decider[Webhook] = Decider("webhook", Webhook(), evolve)
