"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

AUDIT_LOG = Table(
    "audit_log",
    key=("change_id", "resource_type", "subject_id"),
    columns={
        "change_id": "uuid",
        "subject_id": "uuid",
        "id": "uuid",
        "position": "bigint",
        "time": "timestamptz",
        "request_id": "uuid",
        "ip": "text",
        "user_agent": "text",
        "user_id": "uuid",
        "resource_type": "text",
        "resource_id": "uuid",
        "organization_id": "uuid",
        "target": "text",
        "icon": "text",
        "action": "text",
        "status_code": "integer",
        "diff": "jsonb",
        "additional_fields": "jsonb",
        "build_reason": "text",
    },
)

AUDIT_SUBJECTS = Table(
    "audit_subjects",
    key=("type", "id"),
    columns={
        "type": "text",
        "id": "uuid",
        "organization_id": "uuid",
        "name": "text",
        "icon": "text",
        "fields": "jsonb",
        "deleted": "boolean",
    },
)
