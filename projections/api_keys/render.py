"""A key's row as the API's document (contract/identity.md 2.6; key order of contract/schemas.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.roles.scopes import legacy_summary
from projections.documents import rfc3339, rfc3339_or_zero


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """`username` is the holder's; times are UTC, `last_used_at` None for a key that was never used."""

    id: str
    user_id: str
    login_type: str
    scopes: Sequence[str]
    allow_list: Sequence[str]
    token_name: str
    lifetime_seconds: int
    expires_at: datetime
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    username: str


def api_key_document(key: ApiKeyRow) -> dict[str, Any]:
    """The schema `APIKey`."""
    return {
        "id": key.id,
        "user_id": key.user_id,
        "last_used": rfc3339_or_zero(key.last_used_at),
        "expires_at": rfc3339(key.expires_at),
        "created_at": rfc3339(key.created_at),
        "updated_at": rfc3339(key.updated_at),
        "login_type": key.login_type,
        "scope": legacy_summary(key.scopes),
        "scopes": list(key.scopes),
        "token_name": key.token_name,
        "lifetime_seconds": key.lifetime_seconds,
        "allow_list": list(key.allow_list),
    }


def owned_api_key_document(key: ApiKeyRow, *, shows_owner: bool) -> dict[str, Any]:
    """The schema `APIKeyWithOwner`; the name is empty for whoever may not read the owner."""
    return {**api_key_document(key), "username": key.username if shows_owner else ""}
