"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

ORGANIZATIONS = Table(
    "organizations",
    key=("id",),
    columns={
        "id": "uuid",
        "name": "text",
        "display_name": "text",
        "description": "text",
        "icon": "text",
        "is_default": "boolean",
        "deleted": "boolean",
        "shareable_workspace_owners": "text",
        "default_org_member_roles": "jsonb",
        "everyone_avatar_url": "text",
        "everyone_quota_allowance": "bigint",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    remembered=(
        *("name", "display_name", "description", "icon", "is_default", "deleted", "shareable_workspace_owners"),
        *("default_org_member_roles", "everyone_avatar_url", "everyone_quota_allowance", "created_at", "updated_at"),
    ),
)

MEMBERS = Table(
    "members",
    key=("organization_id", "user_id"),
    columns={
        "organization_id": "uuid",
        "user_id": "uuid",
        "roles": "jsonb",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    # Who was a member, not what they might do: rights are today's.
    remembered=("organization_id", "user_id"),
    past_indexes=("(user_id)",),
)

CUSTOM_ROLES = Table(
    "custom_roles",
    key=("organization_id", "name"),
    columns={
        "organization_id": "uuid",
        "name": "text",
        "display_name": "text",
        "permissions": "jsonb",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
)
