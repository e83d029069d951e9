"""What the history of a session or token amounts to for decisions about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyExpirySet, ApiKeyUsed, LoginFailed
from domain.kernel.decider import Decider
from domain.kernel.events import Recorded


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`user_id` is "" for a key that never was."""

    user_id: str = ""
    login_type: str = ""
    token_name: str = ""
    password_revision: int = 0
    lifetime_seconds: int = 0
    expires_at: datetime | None = None
    used_at: datetime | None = None
    is_deleted: bool = False


def evolve(state: ApiKey, recorded: Recorded) -> ApiKey:
    """Fold one event of a key's stream."""
    match recorded.event:
        case ApiKeyCreated() as created:
            return ApiKey(
                created.user_id,
                created.login_type,
                created.token_name,
                created.password_revision,
                created.lifetime_seconds,
                created.expires_at,
            )
        case ApiKeyUsed(expires_at=expires_at):
            return replace(state, used_at=recorded.time, expires_at=expires_at)
        case ApiKeyExpirySet(expires_at=expires_at):
            return replace(state, expires_at=expires_at)
        case ApiKeyDeleted():
            return replace(state, is_deleted=True)
    return state


API_KEY: Decider[ApiKey] = Decider("api_key", ApiKey(), evolve)


def _count(state: int, recorded: Recorded) -> int:
    return state + isinstance(recorded.event, LoginFailed)


#: Failed logins of one account or address on one day: only their number matters.
FAILED_LOGINS: Decider[int] = Decider("audit", 0, _count)
