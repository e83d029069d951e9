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
    remembered=("organization_id", "name", "display_name", "avatar_url", "quota_allowance", "source", "created_at", "updated_at"),
    past_indexes=("(organization_id)",),
)

GROUP_MEMBERS = Table(
    "group_members",
    key=("group_id", "user_id"),
    columns={
        "group_id": "uuid",
        "user_id": "uuid",
        "organization_id": "uuid",
    },
    remembered=("group_id", "user_id", "organization_id"),
    past_indexes=("(user_id)", "(organization_id)"),
)
