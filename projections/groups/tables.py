"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

GROUPS = Table(
    "groups",
    key=("id",),
    columns={
        "id": "uuid",
        "organization_id": "uuid",
        "name": "text",
        "display_name": "text",
        "avatar_url": "text",
        "quota_allowance": "bigint",
        "source": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
)

GROUP_MEMBERS = Table(
    "group_members",
    key=("group_id", "user_id"),
    columns={
        "group_id": "uuid",
        "user_id": "uuid",
        "organization_id": "uuid",
    },
)
