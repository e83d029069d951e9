"""Words of agents and apps (contract/lifecycle.md D2, D3, D6)."""

from __future__ import annotations

LIFECYCLE_STATES = (
    "created",
    "starting",
    "start_timeout",
    "start_error",
    "ready",
    "shutting_down",
    "shutdown_timeout",
    "shutdown_error",
    "off",
)
APP_HEALTH = ("initializing", "healthy", "unhealthy")
APP_STATES = ("working", "idle", "complete", "failure")
SCRIPT_STAGES = ("start", "stop", "cron")
SCRIPT_STATUSES = ("ok", "exit_failure", "timed_out", "pipes_left_open")
LOG_LEVELS = ("trace", "debug", "info", "warn", "error")

#: Longest message of an app status, in bytes.
MAX_STATUS_MESSAGE_BYTES = 160
