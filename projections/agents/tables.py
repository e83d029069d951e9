"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from typing import LiteralString

from projections.engine import spans
from projections.engine.tables import Table

#: Whether an agent is gone: SQL over its row, whose alias comes first.
IS_GONE: LiteralString = "({0}disconnected_at >= {0}last_connected_at)"
_STATES = "build_id, first_connected_at, timed_out, disconnected_at, last_connected_at"

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
    remembered=(
        *("workspace_id", "build_id", "resource_id", "parent_id", "name", "connection_timeout_seconds", "spec", "app_health"),
        *("script_results", "log_sources", "lifecycle_state", "version", "api_version", "expanded_directory", "subsystems", "timed_out"),
        *("logs_started", "logs_overflowed", "deleted", "created_at", "updated_at", "first_connected_at", "last_connected_at"),
        *("disconnected_at", "started_at", "ready_at"),
    ),
    derived=spans.DERIVED,
    past_indexes=(
        "(build_id)",
        # What states the agents of all workspaces were in; of most that ever were, no other than that they are gone.
        spans.index(_STATES, "NOT deleted"),
        spans.index(_STATES, f"NOT deleted AND {IS_GONE.format('')} IS NOT TRUE"),
    ),
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
    remembered=("workspace_id", "build_id", "agent_id", "app_id", "state", "message", "uri", "created_at"),
    past_indexes=("(workspace_id, created_at DESC)",),
)
