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
