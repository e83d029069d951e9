"""Table of this read model; `schema.sql` creates it."""

from __future__ import annotations

from projections.engine.tables import Table

LIFECYCLE = "lifecycle"
NEXT_START = "next_start"
AGENT_CONNECTION = "agent_connection"
USER_DORMANCY = "user_dormancy"

TIMERS = Table(
    "timers",
    key=("kind", "subject_id"),
    columns={"kind": "text", "subject_id": "uuid", "due_at": "timestamptz", "position": "bigint"},
)
