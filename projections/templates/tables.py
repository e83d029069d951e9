"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

TEMPLATES = Table(
    "templates",
    key=("id",),
    columns={
        "id": "uuid",
        "organization_id": "uuid",
        "name": "text",
        "display_name": "text",
        "description": "text",
        "icon": "text",
        "provisioner": "text",
        "active_version_id": "uuid",
        "created_by": "uuid",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "deleted": "boolean",
        "settings": "jsonb",
        "user_acl": "jsonb",
        "group_acl": "jsonb",
        "rollout": "bigint",
        "rollout_at": "timestamptz",
        "rollout_position": "bigint",
    },
    remembered=(
        *("organization_id", "name", "display_name", "description", "icon", "provisioner", "active_version_id", "created_by"),
        *("created_at", "updated_at", "deleted", "settings", "user_acl", "group_acl"),
    ),
)
