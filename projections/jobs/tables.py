"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine import spans
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
    remembered=(
        *("type", "organization_id", "initiator_id", "file_id", "tags", "template_version_id", "build_id", "worker_id", "created_at"),
        *("started_at", "canceled_at", "completed_at", "error", "error_code", "logs_overflowed"),
    ),
    derived=spans.DERIVED,
    # The queue of that time: all that was ever in it was so for a while.
    past_indexes=(spans.index("id", "started_at IS NULL AND completed_at IS NULL"),),
)
