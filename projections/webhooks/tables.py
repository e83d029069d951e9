"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

WEBHOOKS = Table(
    "webhooks",
    key=("id",),
    columns={
        "id": "uuid",
        "url": "text",
        "description": "text",
        "event_types": "jsonb",
        "enabled": "boolean",
        "disabled_reason": "text",
        "created_by": "uuid",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
)
