"""Tables of this read model; `schema.sql` creates them. What rendering writes is not among the columns that folds own."""

from __future__ import annotations

from projections.engine import spans
from projections.engine.tables import Table
from projections.workspaces.past import DERIVED

_LISTED = "NOT deleted AND latest_build_id IS NOT NULL"
#: Whatever a list filters and sorts by and a version holds itself, but for access lists, which may be long.
_FILTERED = ", ".join((
    *("id", "owner_id", "organization_id", "template_id", "template_version_id", "latest_build_id", "name", "status", "transition"),
    *("favorite", "is_shared", "has_ai_task", "has_external_agent", "last_used_at", "dormant_at", "parameters_digest"),
))  # fmt: skip

WORKSPACES = Table(
    "workspaces",
    key=("id",),
    columns={
        "id": "uuid",
        "owner_id": "uuid",
        "organization_id": "uuid",
        "template_id": "uuid",
        "name": "text",
        "autostart_schedule": "text",
        "ttl_ms": "bigint",
        "automatic_updates": "text",
        "favorite": "boolean",
        "deleted": "boolean",
        "user_acl": "jsonb",
        "group_acl": "jsonb",
        "latest_build_id": "uuid",
        "initiator_id": "uuid",
        "template_version_id": "uuid",
        "parameters": "jsonb",
        "status": "text",
        "transition": "text",
        "has_ai_task": "boolean",
        "has_external_agent": "boolean",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "last_used_at": "timestamptz",
        "dormant_at": "timestamptz",
        "deleting_at": "timestamptz",
        "next_start_at": "timestamptz",
    },
    remembered=(
        *("owner_id", "organization_id", "template_id", "name", "autostart_schedule", "ttl_ms", "automatic_updates", "favorite"),
        *("deleted", "user_acl", "group_acl", "latest_build_id", "initiator_id", "template_version_id", "parameters", "created_at"),
        *("status", "transition", "has_ai_task", "has_external_agent", "updated_at", "last_used_at", "dormant_at", "deleting_at"),
        "next_start_at",
    ),
    derived=DERIVED,
    past_indexes=(
        # The past of a person's list; a name of that time.
        "(owner_id, until, position)",
        # The past of everybody's: whatever is counted and filtered by, so that nothing but the index is read.
        spans.index(_FILTERED, _LISTED),
        # What was shared at all, which is little: with whom, its versions say.
        spans.index("id", f"{_LISTED} AND is_shared"),
        # Which sets of parameters there have been.
        "(parameters_digest)",
    ),
)
