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

#: Lifecycle states that end the start, well or badly (contract/lifecycle.md D3).
STARTED_STATES = ("ready", "start_timeout", "start_error")
#: Who plays an agent: the provisioner itself (contract/template-archive.md, `run`).
SIMULATED = "simulated"
