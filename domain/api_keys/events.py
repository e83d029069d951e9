"""What happens to a session or token, and who was not let in. A key's stream id derives from its public id; digests of secrets lie beside
the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("ApiKeyCreated", category="api_key")
@dataclass(frozen=True, slots=True)
class ApiKeyCreated(Event):
    """`login_type` is password (sessions) or token; `lifetime_seconds` also drives sliding sessions.

    `password_revision` counts the person's password changes before: the next one ends this key. `signed_in` tells the key of
    somebody who gave a password from one that was asked for within a session.
    """

    key_id: str
    user_id: str
    login_type: str
    scopes: list[str]
    allow_list: list[str]
    token_name: str
    lifetime_seconds: int
    expires_at: datetime
    password_revision: int = 0
    signed_in: bool = False


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
    """Revoked: from this position on nobody gets in with it. `signed_out` is of the key with which its owner signed out."""

    key_id: str
    user_id: str
    signed_out: bool = False


@event("LoginFailed", category="audit")
@dataclass(frozen=True, slots=True)
class LoginFailed(Event):
    """Somebody did not get in; `user_id` is None when no account has that address. Where from, the metadata says."""

    user_id: str | None
    reason: str


@event("PasscodeRequested", category="audit")
@dataclass(frozen=True, slots=True)
class PasscodeRequested(Event):
    """Whoever forgot a password asked for a one-time passcode; it need not be the person. `user_id` is None when no account has that
    address."""

    user_id: str | None
