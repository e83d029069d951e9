"""Organizations, members and roles as the API's documents (contract/identity.md 6, 7; key order of contract/schemas.json)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.documents import rfc3339, rfc3339_or_zero, without_empty

#: How a built-in role is shown to people.
DisplayName = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """A living organization with its settings; `everyone_…` are those of the implicit group of all members."""

    id: str
    name: str
    display_name: str
    description: str
    icon: str
    is_default: bool
    shareable_workspace_owners: str
    default_org_member_roles: Sequence[str]
    everyone_avatar_url: str
    everyone_quota_allowance: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CustomRoleRow:
    """A role that an organization defined; `permissions` are `{negate, resource_type, action}`."""

    name: str
    display_name: str
    permissions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A membership and the person behind it; `custom_roles` maps those of the roles that are custom to how they are shown."""

    user_id: str
    organization_id: str
    created_at: datetime
    updated_at: datetime
    roles: Sequence[str]
    custom_roles: Mapping[str, str]
    username: str
    name: str
    avatar_url: str
    email: str
    status: str
    login_type: str
    is_service_account: bool
    global_roles: Sequence[str]
    last_seen_at: datetime | None
    user_created_at: datetime
    user_updated_at: datetime


def organization_document(row: OrganizationRow) -> dict[str, Any]:
    """The schema `Organization`."""
    return {
        "id": row.id,
        "name": row.name,
        "display_name": row.display_name,
        "icon": row.icon,
        "description": row.description,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "is_default": row.is_default,
        "default_org_member_roles": list(row.default_org_member_roles),
    }


def sharing_document(row: OrganizationRow) -> dict[str, Any]:
    """The schema `WorkspaceSharingSettings`. No setting of this service disables sharing everywhere."""
    owners = row.shareable_workspace_owners
    return {"sharing_globally_disabled": False, "sharing_disabled": owners == "none", "shareable_workspace_owners": owners}


def member_document(row: MemberRow, display_name: DisplayName) -> dict[str, Any]:
    """The schema `OrganizationMember`: stored roles only."""
    return {
        "user_id": row.user_id,
        "organization_id": row.organization_id,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "roles": [
            {
                "name": role,
                "display_name": row.custom_roles[role] if role in row.custom_roles else display_name(role),
                "organization_id": row.organization_id,
            }
            for role in row.roles
        ],
    }


def member_with_user_document(row: MemberRow, display_name: DisplayName) -> dict[str, Any]:
    """The schema `OrganizationMemberWithUserData`."""
    document = {
        "username": row.username,
        "name": row.name,
        "avatar_url": row.avatar_url,
        "email": row.email,
        "status": row.status,
        "login_type": row.login_type,
        "last_seen_at": rfc3339_or_zero(row.last_seen_at),
        "user_created_at": rfc3339(row.user_created_at),
        "user_updated_at": rfc3339(row.user_updated_at),
        "is_service_account": row.is_service_account,
        "global_roles": [{"name": role, "display_name": display_name(role)} for role in row.global_roles],
        "has_ai_seat": False,
        **member_document(row, display_name),
    }
    return without_empty(document, "name", "avatar_url", "is_service_account")
