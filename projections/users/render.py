"""A person's row as the API's documents (contract/identity.md 5.1; key order of contract/schemas.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.roles.builtin import display_name
from projections.documents import rfc3339, rfc3339_or_zero, without_empty


@dataclass(frozen=True, slots=True)
class UserRow:
    """What the documents show; `organization_ids` are those the person is a member of."""

    id: str
    username: str
    email: str
    name: str
    avatar_url: str
    status: str
    login_type: str
    is_service_account: bool
    is_system: bool
    deleted: bool
    roles: Sequence[str]
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None
    organization_ids: Sequence[str]


def user_document(user: UserRow) -> dict[str, Any]:
    """The schema `User`."""
    return {
        **reduced_user(user),
        "organization_ids": list(user.organization_ids),
        "roles": [{"name": role, "display_name": display_name(role)} for role in user.roles],
        "has_ai_seat": False,
    }


def reduced_user(user: UserRow) -> dict[str, Any]:
    """The schema `ReducedUser`: what other documents hold of a person."""
    document = {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "avatar_url": user.avatar_url,
        "email": user.email,
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
        "last_seen_at": rfc3339_or_zero(user.last_seen_at),
        "status": user.status,
        "login_type": user.login_type,
        "is_service_account": user.is_service_account,
    }
    return without_empty(document, "name", "avatar_url", "is_service_account")


def unreadable_user(user: UserRow) -> dict[str, Any]:
    """A `User` that tells no more than whom one may make a workspace for must: no address, roles, organizations or habits
    (contract/authorization.md 1.1)."""
    document = {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "avatar_url": user.avatar_url,
        "email": "",
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339_or_zero(None),
        "last_seen_at": rfc3339_or_zero(None),
        "status": user.status,
        "login_type": "",
        "organization_ids": [],
        "roles": [],
        "has_ai_seat": False,
    }
    return without_empty(document, "name", "avatar_url")


def ssh_key_document(user_id: str, created_at: datetime, updated_at: datetime | None, public_key: str) -> dict[str, Any]:
    """The schema `GitSSHKey`."""
    return {
        "user_id": user_id,
        "created_at": rfc3339(created_at),
        "updated_at": rfc3339(updated_at or created_at),
        "public_key": public_key,
    }
