"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

BUILDS = Table(
    "builds",
    key=("id",),
    columns={
        "id": "uuid",
        "workspace_id": "uuid",
        "number": "integer",
        "transition": "text",
        "reason": "text",
        "initiator_id": "uuid",
        "template_version_id": "uuid",
        "preset_id": "uuid",
        "job_id": "uuid",
        "parameters": "jsonb",
        "resources": "jsonb",
        "timings": "jsonb",
        "daily_cost": "integer",
        "deadline": "timestamptz",
        "max_deadline": "timestamptz",
        "has_ai_task": "boolean",
        "has_external_agent": "boolean",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    remembered=(
        *("workspace_id", "number", "transition", "reason", "initiator_id", "template_version_id", "preset_id", "job_id", "resources"),
        *("daily_cost", "deadline", "max_deadline", "has_ai_task", "has_external_agent", "created_at", "updated_at"),
    ),
)
