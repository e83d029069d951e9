"""What can be asked of webhooks. Ids are UUID text and drawn by the caller; secrets travel beside the command, never in it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.roles.policy import Subject


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    """`event_types` as sent, not yet checked; `private_allowed`: the deployment lets targets be on private addresses."""

    id: str
    url: str
    description: str
    event_types: tuple[str, ...]
    enabled: bool
    private_allowed: bool
    subject: Subject


@dataclass(frozen=True, slots=True)
class UpdateWebhook:
    """None leaves a setting as it is. `rotates_secret`: another secret is stored beside the events."""

    id: str
    url: str | None
    description: str | None
    event_types: tuple[str, ...] | None
    enabled: bool | None
    rotates_secret: bool
    private_allowed: bool
    subject: Subject


@dataclass(frozen=True, slots=True)
class ReplayWebhook:
    """Deliver everything after a position again. `head` is the furthest position that may be named."""

    id: str
    after: int
    head: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class DeleteWebhook:
    """Nothing goes out any more."""

    id: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class RetireWebhook:
    """Its receiver has answered that it is gone for good. Asked by the service itself."""

    id: str
