"""What happens to a session or token. The stream id derives from the public key id; the secret's digest lies beside the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("ApiKeyCreated", category="api_key")
@dataclass(frozen=True, slots=True)
class ApiKeyCreated(Event):
    """`login_type` is password (sessions) or token; `lifetime_seconds` also drives sliding sessions."""

    key_id: str
    user_id: str
    login_type: str
    scopes: list[str]
    allow_list: list[str]
    token_name: str
    lifetime_seconds: int
    expires_at: datetime


@event("ApiKeyUsed", category="api_key")
@dataclass(frozen=True, slots=True)
class ApiKeyUsed(Event):
    """Used after at least an hour without use; `expires_at` slides for sessions."""

    key_id: str
    user_id: str
    expires_at: datetime


@event("ApiKeyExpirySet", category="api_key")
@dataclass(frozen=True, slots=True)
class ApiKeyExpirySet(Event):
    """Expired by hand, or by a deadline moved."""

    key_id: str
    user_id: str
    expires_at: datetime


@event("ApiKeyDeleted", category="api_key")
@dataclass(frozen=True, slots=True)
class ApiKeyDeleted(Event):
    """Revoked: from this position on nobody gets in with it."""

    key_id: str
    user_id: str
