"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

JOBS = Table(
    "jobs",
    key=("id",),
    columns={
        "id": "uuid",
        "type": "text",
        "organization_id": "uuid",
        "initiator_id": "uuid",
        "file_id": "uuid",
        "provisioner": "text",
        "tags": "jsonb",
        "template_version_id": "uuid",
        "build_id": "uuid",
        "workspace_id": "uuid",
        "dry_run_id": "uuid",
        "worker_id": "uuid",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "started_at": "timestamptz",
        "canceled_at": "timestamptz",
        "completed_at": "timestamptz",
        "error": "text",
        "error_code": "text",
        "logs_overflowed": "boolean",
        "correlation_id": "uuid",
        "causation_id": "uuid",
    },
)
