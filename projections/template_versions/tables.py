"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

TEMPLATE_VERSIONS = Table(
    "template_versions",
    key=("id",),
    columns={
        "id": "uuid",
        "template_id": "uuid",
        "organization_id": "uuid",
        "name": "text",
        "message": "text",
        "readme": "text",
        "archived": "boolean",
        "file_id": "uuid",
        "job_id": "uuid",
        "provisioner": "text",
        "plan": "jsonb",
        "created_by": "uuid",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    # Plans and readmes are large, and no document shows them.
    remembered=("template_id", "organization_id", "name", "message", "archived", "file_id", "job_id", "created_by", "created_at"),
)

DRY_RUNS = Table(
    "dry_runs",
    key=("id",),
    columns={
        "id": "uuid",
        "template_version_id": "uuid",
        "job_id": "uuid",
        "resources": "jsonb",
        "parameters": "jsonb",
    },
)
