"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

AGENTS = Table(
    "agents",
    key=("id",),
    columns={
        "id": "uuid",
        "workspace_id": "uuid",
        "build_id": "uuid",
        "resource_id": "uuid",
        "parent_id": "uuid",
        "name": "text",
        "connection_timeout_seconds": "integer",
        "spec": "jsonb",
        "app_health": "jsonb",
        "script_results": "jsonb",
        "log_sources": "jsonb",
        "lifecycle_state": "text",
        "version": "text",
        "api_version": "text",
        "expanded_directory": "text",
        "subsystems": "jsonb",
        "timed_out": "boolean",
        "logs_started": "boolean",
        "logs_overflowed": "boolean",
        "deleted": "boolean",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "first_connected_at": "timestamptz",
        "last_connected_at": "timestamptz",
        "disconnected_at": "timestamptz",
        "started_at": "timestamptz",
        "ready_at": "timestamptz",
        "correlation_id": "uuid",
        "is_simulated": "boolean",
        "plays_at": "timestamptz",
    },
)

APP_STATUSES = Table(
    "app_statuses",
    key=("id",),
    columns={
        "id": "uuid",
        "workspace_id": "uuid",
        "build_id": "uuid",
        "agent_id": "uuid",
        "app_id": "uuid",
        "state": "text",
        "message": "text",
        "uri": "text",
        "created_at": "timestamptz",
    },
)
